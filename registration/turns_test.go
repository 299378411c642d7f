package registration_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wherry/registration"
)

// One has a turn at a time, others wait; whoever gives up has none.
func TestTurns(t *testing.T) {
	var turns registration.Turns
	done, err := turns.Take(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	other, err := turns.Take(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	other()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.Take(gone, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	var wg sync.WaitGroup
	var inside, most atomic.Int32
	for range 50 {
		wg.Go(func() {
			done, err := turns.Take(t.Context(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			most.Store(max(most.Load(), inside.Add(1)))
			inside.Add(-1)
			done()
		})
	}
	done()
	wg.Wait()
	if most.Load() != 1 {
		t.Errorf("%d had the turn at once", most.Load())
	}
	if !turns.Idle() {
		t.Error("a slot is left over")
	}
}

// What waits is taken once, for a while, and bounded.
func TestWaiting(t *testing.T) {
	now := time.Unix(0, 0)
	w := registration.NewWaiting(func() time.Time { return now })
	for i := range registration.MaxWaiting {
		if !w.Put(i, "x") {
			t.Fatalf("no room for %d", i)
		}
	}
	if w.Put(-1, "x") {
		t.Error("no bound")
	}
	if !w.Put(7, "y") {
		t.Error("no place for what is there already")
	}
	if v, ok := w.Take(7); !ok || v != "y" {
		t.Errorf("got %q, %v", v, ok)
	}
	if _, ok := w.Take(7); ok {
		t.Error("taken twice")
	}
	if !w.Put(-1, "x") {
		t.Error("no room after taking")
	}
	now = now.Add(registration.Unclaimed + 1)
	if _, ok := w.Take(3); ok {
		t.Error("it waits for ever")
	}
	if !w.Put(-2, "x") {
		t.Error("what is over takes room")
	}
}
