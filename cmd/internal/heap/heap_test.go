package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// The heap may grow by the same number of bytes however small it is, and by half
// of itself at least.
func TestPercent(t *testing.T) {
	for live, want := range map[uint64]int{
		0: most, 1: most, Room / 10: most, Room / 4: 400, Room / 2: 200, Room: 100, 40 * Room: 100, 1 << 62: 100,
	} {
		if got := Percent(live); got != want {
			t.Errorf("with %d bytes in use: %d, want %d", live, got, want)
		}
	}
}

// The percentage follows what is in use from one collection to the next: it rises
// while that is at rest, and falls where it grows.
func TestFollows(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	runtime.GC()
	tu := &tuner{}
	tu.tune()
	tu.arm()
	rise := func() {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); tu.percent.Load() <= 100; {
			runtime.GC()
			if time.Now().After(deadline) {
				t.Fatalf("at %d where nothing grows", tu.percent.Load())
			}
		}
	}
	rise()
	kept := make([]byte, 4*Room)
	for deadline := time.Now().Add(10 * time.Second); tu.percent.Load() > 100; {
		runtime.GC()
		if time.Now().After(deadline) {
			t.Fatalf("at %d with %d bytes in use", tu.percent.Load(), len(kept))
		}
	}
	runtime.KeepAlive(kept)
	rise()
}

// Every figure that is read is one of the runtime's.
func TestRead(t *testing.T) {
	runtime.GC()
	for _, name := range []string{"/gc/heap/live:bytes", "/gc/cycles/total:gc-cycles", "/memory/classes/heap/objects:bytes"} {
		if read(name) == 0 {
			t.Errorf("%s is nothing", name)
		}
	}
	free := []metrics.Sample{{Name: "/memory/classes/heap/free:bytes"}} // may be nothing
	if metrics.Read(free); free[0].Value.Kind() != metrics.KindUint64 {
		t.Errorf("%v", free)
	}
}
