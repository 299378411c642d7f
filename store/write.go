package store

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// groupSize is how many writes share a transaction at most: beyond it there is
// little to gain, and the last would wait for all.
const groupSize = 100

// writer is the one goroutine that writes. Writes that come while it waits for
// the disk form its next group; nothing waits to be joined by others.
type writer struct {
	store   *Store
	db      *sql.DB // one connection
	wiper   *wiper
	numbers numbers
	answers *answers
	wake    chan struct{} // has room for one
	ended   chan struct{}

	mu     sync.Mutex // guards what follows
	queue  []*write
	closed bool
}

// write is one caller's write, all of it or nothing.
type write struct {
	do    func(*Tx) error // may run more than once; only the last run counts
	wipe  wipe            // when what it removes is to be gone from the files, too
	taken atomic.Bool     // by the writer, or by its caller's giving up
	err   chan error      // has room for one; nil where there is done
	done  func(error)
}

func newWriter(s *Store, db *sql.DB) *writer {
	w := &writer{
		store: s, db: db, wiper: &wiper{db: db, log: s.log, limit: wipeLimit}, answers: newAnswers(),
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go w.run()
	return w
}

// Update makes one write: all that do does in its transaction, or nothing,
// where do returns an error. The transaction is shared with other writes, and
// do may run more than once, so that it must change nothing outside that a
// second run does not set right. Writes of one goroutine, one after the other,
// are made in that order. A nil error means that it is on disk.
func (s *Store) Update(ctx context.Context, do func(*Tx) error) error {
	return s.submit(ctx, &write{do: do})
}

// UpdateAsync is an Update that nobody waits for: done gets its outcome, once,
// in another goroutine, after those of the writes queued before it. As it
// keeps the outcomes of later writes waiting, done must be quick; and it must
// not close the store, which waits for it.
func (s *Store) UpdateAsync(do func(*Tx) error, done func(error)) {
	if s.writer == nil {
		go done(ErrReadOnly)
		return
	}
	if err := s.writer.add(&write{do: do, done: done}); err != nil {
		go done(err)
	}
}

// updateAndWipe is Update, and wipes what do removed from the store's files.
func (s *Store) updateAndWipe(ctx context.Context, do func(*Tx) error) error {
	return s.submit(ctx, &write{do: do, wipe: wipeSoon})
}

func (s *Store) submit(ctx context.Context, op *write) error {
	if s.writer == nil {
		return ErrReadOnly
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	op.err = make(chan error, 1)
	if err := s.writer.add(op); err != nil {
		return err
	}
	select {
	case err := <-op.err:
		return err
	case <-ctx.Done():
		if op.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-op.err
	}
}

func (w *writer) add(op *write) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	w.queue = append(w.queue, op)
	rouse(w.wake)
	return nil
}

// close finishes what was added before it.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	rouse(w.wake)
	<-w.ended
	w.answers.close()
	return w.db.Close()
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		group, more := w.next()
		switch {
		case len(group) > 0:
			w.commit(group)
		case !more:
			w.wiper.finish()
			return
		default:
			select {
			case <-w.wake:
			case <-w.wiper.due():
				w.wiper.wipe(wipeSoon)
			}
		}
	}
}

// next returns the writes that go into one transaction, and whether others may
// follow when there is none.
func (w *writer) next() ([]*write, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.queue), groupSize)
	var group []*write
	for _, op := range w.queue[:n] {
		if op.taken.CompareAndSwap(false, true) {
			group = append(group, op)
		}
	}
	w.queue = w.queue[n:]
	return group, !w.closed || len(w.queue) > 0
}
