package metrics

import (
	"context"
	"time"
)

// sample is a value that is read at most once in a while, and by one at a time,
// however many ask for it.
type sample[T any] struct {
	every time.Duration
	read  func(context.Context) (T, error)
	last  chan taken[T] // has one: who takes it out may read anew, and puts it back
}

type taken[T any] struct {
	value T
	err   error
	at    time.Time
}

func newSample[T any](every time.Duration, read func(context.Context) (T, error)) *sample[T] {
	s := &sample[T]{every: every, read: read, last: make(chan taken[T], 1)}
	s.last <- taken[T]{}
	return s
}

// get returns the value, or an error where that cannot be had before ctx ends.
func (s *sample[T]) get(ctx context.Context) (T, error) {
	select {
	case last := <-s.last:
		if last.at.IsZero() || time.Since(last.at) >= s.every {
			last.value, last.err = s.read(ctx)
			last.at = time.Now()
		}
		s.last <- last
		return last.value, last.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
