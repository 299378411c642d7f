package world

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// received is what a scripted user got so far, in order. Things are taken out
// of it by what they are, so that a script need not know in which order
// independent things come.
type received[T any] struct {
	mu    sync.Mutex // guards what follows
	all   []T
	taken []bool
	grown chan struct{} // closed and replaced whenever something changed
	end   error         // why nothing more will come
}

func newReceived[T any]() *received[T] { return &received[T]{grown: make(chan struct{})} }

func (r *received[T]) add(item T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, item)
	r.taken = append(r.taken, false)
	r.wake()
}

// finish tells that nothing more will come.
func (r *received[T]) finish(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end == nil {
		r.end = err
		r.wake()
	}
}

func (r *received[T]) wake() {
	close(r.grown)
	r.grown = make(chan struct{})
}

// take waits for the first item that matches and was not taken before.
func (r *received[T]) take(ctx context.Context, match func(T) bool) (T, error) {
	next := 0
	for {
		r.mu.Lock()
		for ; next < len(r.all); next++ {
			if !r.taken[next] && match(r.all[next]) {
				r.taken[next] = true
				item := r.all[next]
				r.mu.Unlock()
				return item, nil
			}
		}
		grown, end := r.grown, r.end
		r.mu.Unlock()

		var none T
		if end != nil {
			return none, end
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
}

// snapshot returns everything that came so far, taken or not.
func (r *received[T]) snapshot() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]T(nil), r.all...)
}

// forget takes everything that came so far.
func (r *received[T]) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.taken {
		r.taken[i] = true
	}
}

// missed describes a wait in vain: what was wanted, and what came instead.
func (r *received[T]) missed(who, want string, err error) error {
	const last = 25
	r.mu.Lock()
	defer r.mu.Unlock()
	from := max(0, len(r.all)-last)
	var b strings.Builder
	for i, item := range r.all[from:] {
		mark := " "
		if r.taken[from+i] {
			mark = "✓"
		}
		fmt.Fprintf(&b, "\n  %s %v", mark, item)
	}
	return fmt.Errorf("%s waited in vain for %s: %w; the last of %d received (✓: was waited for):%s", who, want, err, len(r.all), b.String())
}
