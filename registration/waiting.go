package registration

import (
	"sync"
	"time"
)

// maxWaiting bounds what waits for users to go on.
const maxWaiting = 4096

// waiting holds what waits for its user to go on, for a while.
type waiting[K comparable, V any] struct {
	now func() time.Time

	mu    sync.Mutex // guards items
	items map[K]waitingItem[V]
}

type waitingItem[V any] struct {
	value V
	since time.Time
}

func newWaiting[K comparable, V any](now func() time.Time) *waiting[K, V] {
	return &waiting[K, V]{now: now, items: make(map[K]waitingItem[V])}
}

// put keeps a value. It reports whether there was room for it.
func (w *waiting[K, V]) put(key K, value V) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sweep()
	if _, there := w.items[key]; !there && len(w.items) >= maxWaiting {
		return false
	}
	w.items[key] = waitingItem[V]{value, w.now()}
	return true
}

// take returns what waits and forgets it.
func (w *waiting[K, V]) take(key K) (V, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sweep()
	item, ok := w.items[key]
	delete(w.items, key)
	return item.value, ok
}

func (w *waiting[K, V]) sweep() {
	old := w.now().Add(-unclaimed)
	for key, item := range w.items {
		if item.since.Before(old) {
			delete(w.items, key)
		}
	}
}
