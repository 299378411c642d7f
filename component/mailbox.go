package component

import (
	"context"
	"math"
	"sync"
)

// mailbox is a serial queue of work. It borrows a goroutine while it has any
// and holds none while idle. Everybody may post; handle runs for one item at
// a time, in the order of posting.
type mailbox[T any] struct {
	handle func(T)
	// together, where set, is called instead with all that waits, which it may not
	// keep.
	together func([]T)
	// after, where set, is called each time all that waited was handled.
	after func()
	// idle, where set, is called in the borrowed goroutine each time the queue
	// ran empty, before the goroutine is given back.
	idle func()
	// broken, where set, is told of a panic of handle; the item is lost, the
	// queue goes on.
	broken func(any)
	// crew lends the goroutines; without one each is new.
	crew *crew

	next drainer // what after wants done next; the goroutine's that drains

	mu      sync.Mutex // guards what follows
	queue   []T
	spare   []T
	running bool
	space   chan struct{} // closed when the queue was taken; made by who waits
	quiet   chan struct{} // closed when nothing runs any more; made by who waits
}

// keep is the capacity up to which an idle mailbox holds on to its buffers.
const keep = 8

// post appends an item.
func (m *mailbox[T]) post(item T) { m.offer(item, math.MaxInt) }

// offer appends an item unless as many as bound wait. It reports whether it did.
func (m *mailbox[T]) offer(item T, bound int) bool {
	m.mu.Lock()
	if len(m.queue) >= bound {
		m.mu.Unlock()
		return false
	}
	m.push(item)
	start := !m.running
	m.running = true
	m.mu.Unlock()
	if start {
		m.crew.run(m)
	}
	return true
}

// add appends an item that is handled once somebody posts, or calls start.
func (m *mailbox[T]) add(item T) {
	m.mu.Lock()
	m.push(item)
	m.mu.Unlock()
}

func (m *mailbox[T]) push(item T) {
	if m.queue == nil {
		m.queue = make([]T, 0, keep/2)
	}
	m.queue = append(m.queue, item)
}

// start has what was added handled.
func (m *mailbox[T]) start() {
	if m.begin() {
		m.crew.run(m)
	}
}

// begin tells whether the caller has to have the mailbox drained.
func (m *mailbox[T]) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	start := !m.running && len(m.queue) > 0
	m.running = m.running || start
	return start
}

// then has d, of which begin was true, drained after what waits: by the same
// goroutine if nothing more came meanwhile, since what d needs is at hand in it.
// Only after calls it.
func (m *mailbox[T]) then(d drainer) {
	if m.next != nil {
		m.crew.run(m.next)
	}
	m.next = d
}

// len returns how many items wait.
func (m *mailbox[T]) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue)
}

// wait blocks while more than limit items wait, or until ctx is done.
func (m *mailbox[T]) wait(ctx context.Context, limit int) error {
	for {
		m.mu.Lock()
		if len(m.queue) <= limit {
			m.mu.Unlock()
			return nil
		}
		if m.space == nil {
			m.space = make(chan struct{})
		}
		space := m.space
		m.mu.Unlock()
		select {
		case <-space:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rest blocks until everything posted was handled, or ctx is done.
func (m *mailbox[T]) rest(ctx context.Context) error {
	m.mu.Lock()
	if !m.running {
		m.mu.Unlock()
		return nil
	}
	if m.quiet == nil {
		m.quiet = make(chan struct{})
	}
	quiet := m.quiet
	m.mu.Unlock()
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *mailbox[T]) drain() drainer {
	var next drainer
	for {
		batch := m.take()
		if batch == nil {
			return next
		}
		if next != nil {
			m.crew.run(next)
		}
		if m.together != nil {
			m.together(batch)
		} else {
			for i := range batch {
				m.one(batch[i])
			}
		}
		clear(batch)
		if m.after != nil {
			m.after()
		}
		next, m.next = m.next, nil
		m.mu.Lock()
		m.spare = batch[:0]
		m.mu.Unlock()
	}
}

// take returns what waits, or nil after giving the goroutine back.
func (m *mailbox[T]) take() []T {
	for calledIdle := false; ; calledIdle = true {
		m.mu.Lock()
		if len(m.queue) > 0 {
			batch := m.queue
			m.queue, m.spare = m.spare, nil
			if m.space != nil {
				close(m.space)
				m.space = nil
			}
			m.mu.Unlock()
			return batch
		}
		if calledIdle || m.idle == nil {
			m.running = false
			if m.quiet != nil {
				close(m.quiet)
				m.quiet = nil
			}
			if cap(m.queue) > keep {
				m.queue = nil
			}
			if cap(m.spare) > keep {
				m.spare = nil
			}
			m.mu.Unlock()
			return nil
		}
		m.mu.Unlock()
		m.idle()
	}
}

func (m *mailbox[T]) one(item T) {
	if m.broken != nil {
		defer func() {
			if p := recover(); p != nil {
				m.broken(p)
			}
		}()
	}
	m.handle(item)
}
