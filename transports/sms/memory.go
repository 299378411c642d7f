package sms

import (
	"context"
	"slices"
	"sync"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// memory is what is known of an account as long as the program runs, whatever
// becomes of its sessions. It is bounded, and safe for concurrent use.
type memory struct {
	mu      sync.Mutex           // guards what follows but wake
	called  map[string]time.Time // when the provider last called with a message, by line
	own     recent[struct{}]     // by the ids of what was sent
	tries   recent[try]          // of messages whose outcome is not certain, by our ids
	refused recent[struct{}]     // ids of messages that failed at once
	fetches recent[int]          // how often the files of a message were not given out
	sent    recent[[]repetition] // what was sent lately, by whom to and text
	groups  recent[knownGroup]   // by the provider's ids
	notes   []note               // for the user
	wake    chan struct{}        // holds something where there are notes
	looked  chan struct{}        // closed when what was missed before this process was looked for
	once    sync.Once            // of looked
}

// try is one try of a message of ours.
type try struct {
	at       time.Time
	segments int // that it was counted as
}

// note is something to tell in Run's next batch. One with a name is told once
// for the same mark.
type note struct {
	name, mark string
	event      transports.Event
}

// knownGroup is who was in a group at a time.
type knownGroup struct {
	provider.Group
	at time.Time
}

// Bounds of a memory.
const (
	ownMost     = 1000
	triesMost   = 1000
	refusedMost = 200
	fetchesMost = 200
	sentMost    = 200
	knownMost   = 200
	notesMost   = 20
)

func newMemory() *memory {
	return &memory{
		own:     newRecent[struct{}](ownMost),
		called:  make(map[string]time.Time),
		tries:   newRecent[try](triesMost),
		refused: newRecent[struct{}](refusedMost),
		fetches: newRecent[int](fetchesMost),
		sent:    newRecent[[]repetition](sentMost),
		groups:  newRecent[knownGroup](knownMost),
		wake:    make(chan struct{}, 1),
		looked:  make(chan struct{}),
	}
}

// caughtUp notes that what was missed before this process has been looked for.
func (m *memory) caughtUp() { m.once.Do(func() { close(m.looked) }) }

// awaitLook returns when what was missed was looked for, or ctx is done.
func (m *memory) awaitLook(ctx context.Context) {
	select {
	case <-m.looked:
	case <-ctx.Done():
	}
}

// call notes that the provider called with a message to one of our lines.
func (m *memory) call(line string, now time.Time) {
	m.mu.Lock()
	m.called[line] = now
	m.mu.Unlock()
}

// lastCall returns when the provider last called for a line; zero is never.
func (m *memory) lastCall(line string) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.called[line]
}

// tell has Run tell the user something. Where too much waits, it is left out.
func (m *memory) tell(n note) {
	m.mu.Lock()
	if len(m.notes) < notesMost {
		m.notes = append(m.notes, n)
	}
	m.mu.Unlock()
	m.rouse()
}

// take returns what waits to be told.
func (m *memory) take() []note {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.notes
	m.notes = nil
	return all
}

// again puts notes back that could not be told, before those that came since.
func (m *memory) again(notes []note) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notes = append(notes, m.notes...)
	m.notes = m.notes[:min(len(m.notes), notesMost)]
	m.rouse()
}

// rouse has Run tell what waits.
func (m *memory) rouse() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// fetched counts how often the files of a message were not given out.
func (m *memory) fetched(id string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, _ := m.fetches.get(id)
	m.fetches.put(id, n+1)
	return n + 1
}

// refuse notes the ids of a message that failed at once.
func (m *memory) refuse(ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		m.refused.put(id, struct{}{})
	}
}

// wasRefused tells whether a message failed at once, of which Send told.
func (m *memory) wasRefused(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.refused.get(id)
	return ok
}

// know notes who is in a group.
func (m *memory) know(g provider.Group, now time.Time) {
	m.mu.Lock()
	m.groups.put(g.ID, knownGroup{g, now})
	m.mu.Unlock()
}

// known returns who is in a group, where that was seen lately: people come and
// go.
func (m *memory) known(id string, now time.Time) (provider.Group, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, ok := m.groups.get(id)
	return g.Group, ok && now.Sub(g.at) < knownFor
}

// knownFor is how long who is in a group is believed.
const knownFor = 10 * time.Minute

// try notes that a message is tried, with how many segments.
func (m *memory) try(id string, segments int, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tries.remove(id)
	m.tries.put(id, try{now, segments})
}

// settle notes that the outcome of a message is certain.
func (m *memory) settle(id string) {
	m.mu.Lock()
	m.tries.remove(id)
	m.mu.Unlock()
}

// lastTry returns the last try of a message whose outcome is not certain, where
// that is known.
func (m *memory) lastTry(id string) (try, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tries.get(id)
}

// sentIDs notes the ids of a message of ours.
func (m *memory) sentIDs(ids []string) {
	m.mu.Lock()
	for _, id := range ids {
		m.own.put(id, struct{}{})
	}
	m.mu.Unlock()
}

// isOwn tells whether a message is known to be ours.
func (m *memory) isOwn(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.own.get(id)
	return ok
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

// remove takes a key out.
func (r *recent[V]) remove(key string) {
	if _, ok := r.values[key]; !ok {
		return
	}
	delete(r.values, key)
	i := slices.Index(r.order, key)
	r.order = slices.Delete(r.order, i, i+1)
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
