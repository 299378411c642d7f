package component

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Of those that wait, they go first whose users are there; who gives up holds up
// nobody.
func TestTurnstile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ts := newTurnstile(1)
		let := make(chan string, 10)
		enter := func(ctx context.Context, name string, here *atomic.Bool) <-chan error {
			ended := make(chan error, 1)
			go func() {
				err := ts.enter(ctx, here)
				if err == nil {
					let <- name
				}
				ended <- err
			}()
			synctest.Wait()
			return ended
		}
		var away, here atomic.Bool
		enter(t.Context(), "the first", &away)
		if name := <-let; name != "the first" {
			t.Errorf("%s was let in", name)
		}
		enter(t.Context(), "the second", &away)
		ctx, cancel := context.WithCancel(t.Context())
		gone := enter(ctx, "who gives up", &away)
		enter(t.Context(), "the third", &away)
		enter(t.Context(), "who is there", &here)
		here.Store(true)
		ts.came(&here)
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up is told %v", err)
		}
		for _, want := range []string{"who is there", "the second", "the third"} {
			synctest.Wait()
			if len(let) != 0 {
				t.Fatalf("%s was let in beside another", <-let)
			}
			ts.leave()
			if got := <-let; got != want {
				t.Errorf("%s was let in, not %s", got, want)
			}
		}
		ts.leave()
		if ts.free != 1 || len(ts.first)+len(ts.rest) != 0 {
			t.Errorf("%d places, %d wait", ts.free, len(ts.first)+len(ts.rest))
		}
	})
}
