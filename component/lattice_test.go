package component

import (
	"testing"

	"pgregory.net/rapid"

	"wherry/store"
)

func genState(t *rapid.T, name string) store.OutState {
	return store.OutState(rapid.IntRange(int(store.Queued), int(store.Lost)).Draw(t, name))
}

// Whatever the network says, in whatever order: what is known only grows, good
// or bad news come at most once, and never both. SMS-D3
func TestAdvance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := make([]store.Outgoing, rapid.IntRange(1, 4).Draw(t, "parts"))
		for i := range parts {
			parts[i].Part = i
		}
		news := map[verdict]int{}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			before := append([]store.Outgoing(nil), parts...)
			part, to := rapid.IntRange(0, len(parts)).Draw(t, "part"), genState(t, "to")
			whole := summary(parts)
			changed, was, is := advance(parts, part, to)
			if was != whole || is != summary(parts) {
				t.Fatalf("told %v and %v of %v", was, is, parts)
			}
			if was != is {
				news[is]++
			}
			if was != is && (was > is || was != noNews && is == failed) {
				t.Fatalf("went from %v to %v", was, is)
			}
			for i := range parts {
				differs := parts[i].State != before[i].State
				told := false
				for _, j := range changed {
					told = told || j == i
				}
				if differs != told {
					t.Fatalf("part %d went from %v to %v, and changed is %v", i, before[i].State, parts[i].State, changed)
				}
				if differs && before[i].State.Final() && before[i].State != store.Delivered {
					t.Fatalf("part %d went from %v to %v", i, before[i].State, parts[i].State)
				}
				if differs && before[i].State == store.Delivered && parts[i].State != store.Read {
					t.Fatalf("part %d went from %v to %v", i, before[i].State, parts[i].State)
				}
			}
			if summary(parts) == failed {
				for _, p := range parts {
					if p.State == store.Queued {
						t.Fatal("a part of a message that failed still waits")
					}
				}
			}
		}
		for v, n := range news {
			if n > 1 {
				t.Fatalf("told %v %d times", v, n)
			}
		}
	})
}

func TestSays(t *testing.T) {
	for _, row := range []struct {
		known, now store.OutState
		want       bool
	}{
		{store.Queued, store.Sending, true},
		{store.Sending, store.Sent, true},
		{store.Delivered, store.Sent, false},
		{store.Delivered, store.Read, true},
		{store.Read, store.Delivered, false},
		{store.Sent, store.Failed, true},
		{store.Delivered, store.Failed, false},
		{store.Failed, store.Delivered, false},
		{store.Lost, store.Read, false},
		{store.Failed, store.Lost, false},
	} {
		if got := says(row.known, row.now); got != row.want {
			t.Errorf("says(%v, %v) = %v", row.known, row.now, got)
		}
	}
}
