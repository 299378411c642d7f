// Package heap gives the garbage collector room. By itself it runs whenever the
// heap has doubled; a gateway that keeps a few megabytes and makes many small
// things a second would spend a third of its time in it.
package heap

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

const (
	// Room is how many bytes the heap may grow between two collections though
	// less is in use.
	Room = 32 << 20
	// most bounds the percentage of a small heap.
	most = 1000
	// least is the percentage of a heap that grows, where that is more than some room.
	least = 25
	some  = Room / 4
	// lull is how long nothing is collected before what is left over is, or was kept
	// for more: it would stay until the next burst.
	lull = 20 * time.Second
	// worth is how many bytes are worth a collection for that, where that is more
	// than an eighth of what is in use.
	worth = Room / 16
)

// Grow lets the heap grow by Room, or double where that is more, until ctx is
// done. Where the environment says how the heap is to grow (GOGC, GOMEMLIMIT)
// that holds.
func Grow(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	t := &tuner{}
	t.tune()
	t.arm()
	go t.tidy(ctx)
}

// Percent returns what GOGC is to be with so much in use.
func Percent(live uint64) int {
	if live == 0 {
		return most
	}
	return int(min(max(Room*100/live, 100), most))
}

type tuner struct {
	percent atomic.Int64
	live    uint64 // what was in use the last time; tune's
}

// arm has tune called after the next collection, which finds that nobody needs
// the mark.
func (t *tuner) arm() {
	mark := new([16]byte)
	runtime.AddCleanup(mark, func(t *tuner) {
		t.tune()
		t.arm()
	}, t)
}

// tune follows how much is in use. There is little room while that grows, as when many
// log in: what is kept would lie scattered among what is not, for good; and more with
// each collection that finds it at rest. The percentage stays where it is about right,
// for to change it stops everything for a moment.
func (t *tuner) tune() {
	live := read("/gc/heap/live:bytes")
	little := int64(min(max(some*100/max(live, 1), least), most))
	wanted := min(int64(Percent(live)), max(2*t.percent.Load(), little))
	if live == 0 || live > t.live+t.live/8 {
		wanted = little
	}
	t.live = live
	if now := t.percent.Load(); now == 0 || wanted < now*9/10 || wanted > now*11/10 {
		t.percent.Store(wanted)
		debug.SetGCPercent(int(wanted))
	}
}

// tidy collects what a burst left, once it is over, and gives it back.
func (t *tuner) tidy(ctx context.Context) {
	tick := time.NewTicker(lull)
	defer tick.Stop()
	var last uint64
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		cycles := read("/gc/cycles/total:gc-cycles")
		live := read("/gc/heap/live:bytes")
		left := read("/memory/classes/heap/objects:bytes") - live + read("/memory/classes/heap/free:bytes")
		if cycles == last && int64(left) > int64(max(worth, live/8)) {
			runtime.GC() // each halves the stacks that are mostly empty
			debug.FreeOSMemory()
			cycles += 2
		}
		last = cycles
	}
}

// read returns one figure of the runtime.
func read(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
