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
	mu      sync.Mutex // guards what follows
	free    int
	waiting []*waiter
}

type waiter struct {
	here *atomic.Bool  // whether the user is there
	let  chan struct{} // closed when it may go
}

func newTurnstile(atOne int) *turnstile { return &turnstile{free: atOne} }

// enter returns when a session may connect, or with ctx's error. Who has entered
// calls leave once.
func (t *turnstile) enter(ctx context.Context, here *atomic.Bool) error {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return nil
	}
	w := &waiter{here, make(chan struct{})}
	t.waiting = append(t.waiting, w)
	t.mu.Unlock()
	select {
	case <-w.let:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting, w); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
	} else {
		t.next() // it was let in at the same moment
	}
	return ctx.Err()
}

// leave gives the place to the next one.
func (t *turnstile) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next()
}

// next lets one in. It is called with mu held.
func (t *turnstile) next() {
	if len(t.waiting) == 0 {
		t.waiting = nil
		t.free++
		return
	}
	i := max(0, slices.IndexFunc(t.waiting, func(w *waiter) bool { return w.here.Load() }))
	w := t.waiting[i]
	t.waiting = slices.Delete(t.waiting, i, i+1)
	close(w.let)
}
