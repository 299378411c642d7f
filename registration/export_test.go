package registration

import (
	"context"
	"time"

	"wherry/transports"
)

// Internals for tests.
const (
	Unclaimed  = unclaimed
	MaxWaiting = maxWaiting
)

// Reply is reply.
func Reply(f transports.Field, said string) (string, error) { return reply(f, said) }

// Question is question.
func Question(f transports.Field, lang string) string { return question(f, lang) }

// SetPatience sets how long a client waits for its answer. It must be called
// before the component runs.
func (r *Registration) SetPatience(d time.Duration) { r.patience = d }

// SetClock has r take the time from now. It must be called before the
// component runs.
func (r *Registration) SetClock(now func() time.Time) { r.now = now }

// Turns is turns by string.
type Turns = turns[string]

// Idle tells that nobody holds or waits for a turn.
func (t *turns[K]) Idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.slots) == 0
}

// Waiting is waiting by number.
type Waiting = waiting[int, string]

// NewWaiting returns a Waiting.
func NewWaiting(now func() time.Time) *Waiting { return newWaiting[int, string](now) }

// Put is put.
func (w *waiting[K, V]) Put(key K, value V) bool { return w.put(key, value) }

// Take is take.
func (w *waiting[K, V]) Take(key K) (V, bool) { return w.take(key) }

// Take is take.
func (t *turns[K]) Take(ctx context.Context, key K) (func(), error) { return t.take(ctx, key) }
