package sms

import (
	"slices"
	"sync"
	"time"

	"wherry/transports"
)

// memory is what is known of an account as long as the program runs, whatever
// becomes of its sessions. It is bounded, and safe for concurrent use.
type memory struct {
	mu      sync.Mutex           // guards what follows but wake
	called  time.Time            // when the provider last called
	own     recent[ownSend]      // by the ids of what was sent
	tries   recent[time.Time]    // when a message was last tried, by our ids
	noticed recent[struct{}]     // messages of which the user was told something
	sent    recent[[]repetition] // what was sent lately, by whom to and text
	notes   []note               // for the user
	wake    chan struct{}        // holds something where there are notes
}

// ownSend is what is known of a message of ours.
type ownSend struct {
	files bool
}

// note is something to tell the user, in Run's next batch. One with a name is
// told once for the same text.
type note struct {
	name string
	told transports.Told
}

// Bounds of a memory.
const (
	ownMost     = 1000
	triesMost   = 200
	noticedMost = 500
	sentMost    = 200
	notesMost   = 20
)

func newMemory() *memory {
	return &memory{
		own:     newRecent[ownSend](ownMost),
		tries:   newRecent[time.Time](triesMost),
		noticed: newRecent[struct{}](noticedMost),
		sent:    newRecent[[]repetition](sentMost),
		wake:    make(chan struct{}, 1),
	}
}

// call notes that the provider called.
func (m *memory) call(now time.Time) {
	m.mu.Lock()
	m.called = now
	m.mu.Unlock()
}

// lastCall returns when the provider last called; zero is never.
func (m *memory) lastCall() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.called
}

// tell has Run tell the user something. Where too much waits, it is left out.
func (m *memory) tell(n note) {
	m.mu.Lock()
	if len(m.notes) < notesMost {
		m.notes = append(m.notes, n)
	}
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take returns what waits to be told.
func (m *memory) take() []note {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.notes
	m.notes = nil
	return all
}

// first tells whether a message was not noticed before, and notes it.
func (m *memory) first(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, before := m.noticed.get(id)
	m.noticed.put(id, struct{}{})
	return !before
}

// try notes when a message is tried.
func (m *memory) try(id string, now time.Time) {
	m.mu.Lock()
	m.tries.put(id, now)
	m.mu.Unlock()
}

// lastTry returns when a message was last tried, where that is known.
func (m *memory) lastTry(id string) (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tries.get(id)
}

// sentIDs notes the ids of a message of ours.
func (m *memory) sentIDs(ids []string, files bool) {
	m.mu.Lock()
	for _, id := range ids {
		m.own.put(id, ownSend{files})
	}
	m.mu.Unlock()
}

// ownID returns what is known of a message, if it is ours.
func (m *memory) ownID(id string) (ownSend, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.own.get(id)
}

// recent is a map that forgets what was put in first.
type recent[V any] struct {
	most   int
	values map[string]V
	order  []string
}

func newRecent[V any](most int) recent[V] {
	return recent[V]{most: most, values: make(map[string]V)}
}

func (r *recent[V]) get(key string) (V, bool) {
	v, ok := r.values[key]
	return v, ok
}

func (r *recent[V]) put(key string, v V) {
	if _, ok := r.values[key]; !ok {
		if len(r.order) == r.most {
			delete(r.values, r.order[0])
			r.order = append(r.order[:0], r.order[1:]...)
		}
		r.order = append(r.order, key)
	}
	r.values[key] = v
}

// ownSaved is how many ids of messages of ours are kept over a restart.
const ownSaved = 100

// ownIDs returns the ids of the last messages of ours, oldest first.
func (m *memory) ownIDs() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	order := m.own.order
	return slices.Clone(order[max(0, len(order)-ownSaved):])
}
