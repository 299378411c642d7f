package component

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// turnstile lets sessions connect, some at a time. Of those that wait, they go first
// whose users are there; then it is in the order in which they came.
type turnstile struct {
	mu          sync.Mutex // guards what follows
	free        int
	first, rest []*waiter // whose users are there, and the others
}

type waiter struct {
	here *atomic.Bool  // whether the user is there
	let  chan struct{} // closed when it may go
}

func newTurnstile(atOne int) *turnstile { return &turnstile{free: atOne} }

// enter returns when a session may connect, or with ctx's error. Who has entered
// calls leave once. Whoever sets here calls came.
func (t *turnstile) enter(ctx context.Context, here *atomic.Bool) error {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return nil
	}
	w := &waiter{here, make(chan struct{})}
	if here.Load() {
		t.first = append(t.first, w)
	} else {
		t.rest = append(t.rest, w)
	}
	t.mu.Unlock()
	select {
	case <-w.let:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, queue := range []*[]*waiter{&t.first, &t.rest} {
		if i := slices.Index(*queue, w); i >= 0 {
			*queue = slices.Delete(*queue, i, i+1)
			return ctx.Err()
		}
	}
	t.next() // it was let in at the same moment
	return ctx.Err()
}

// came has those who wait for a user go first: the user is there now.
func (t *turnstile) came(here *atomic.Bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest = slices.DeleteFunc(t.rest, func(w *waiter) bool {
		if w.here == here {
			t.first = append(t.first, w)
		}
		return w.here == here
	})
}

// leave gives the place to the next one.
func (t *turnstile) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next()
}

// next lets one in. It is called with mu held.
func (t *turnstile) next() {
	for _, queue := range []*[]*waiter{&t.first, &t.rest} {
		if len(*queue) > 0 {
			close((*queue)[0].let)
			(*queue)[0] = nil
			*queue = (*queue)[1:]
			return
		}
		*queue = nil
	}
	t.free++
}
