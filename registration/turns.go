package registration

import (
	"context"
	"sync"
)

// turns gives out one turn at a time for each key.
type turns[K comparable] struct {
	mu    sync.Mutex // guards slots
	slots map[K]*slot
}

// slot is a key that somebody holds or waits for.
type slot struct {
	token chan struct{} // one: who put it in has the turn
	users int           // holders and waiters
}

// take waits for the turn of a key. The turn ends when done is called.
func (t *turns[K]) take(ctx context.Context, key K) (done func(), err error) {
	t.mu.Lock()
	if t.slots == nil {
		t.slots = make(map[K]*slot)
	}
	s := t.slots[key]
	if s == nil {
		s = &slot{token: make(chan struct{}, 1)}
		t.slots[key] = s
	}
	s.users++
	t.mu.Unlock()
	select {
	case s.token <- struct{}{}:
		return func() { <-s.token; t.leave(key, s) }, nil
	case <-ctx.Done():
		t.leave(key, s)
		return nil, ctx.Err()
	}
}

func (t *turns[K]) leave(key K, s *slot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.users--; s.users == 0 {
		delete(t.slots, key)
	}
}
