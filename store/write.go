package store

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// groupSize is how many writes share a transaction at most: beyond it there is
// little to gain, and the last would wait for all.
const groupSize = 250

// writer is the one goroutine that writes. Writes that come while it waits for
// the disk form its next group. It waits for no timer to be joined by others,
// only lets those who are about to write do so (see linger).
type writer struct {
	store      *Store
	db         *sql.DB
	conn       *sql.Conn  // the only one of db
	statements statements // of conn
	wiper      *wiper
	numbers    numbers
	answers    *answers
	wake       chan struct{} // has room for one
	ended      chan struct{}

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

func newWriter(ctx context.Context, s *Store, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := limitLog(ctx, conn); err != nil {
		return nil, err
	}
	w := &writer{
		store: s, db: db, conn: conn, wiper: &wiper{conn: conn, log: s.log, limit: wipeLimit}, answers: newAnswers(),
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go w.run()
	return w, nil
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

// Erase is Update, and wipes what do removed from the store's files.
func (s *Store) Erase(ctx context.Context, do func(*Tx) error) error {
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
	return errors.Join(w.statements.close(), w.conn.Close(), w.db.Close())
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		w.linger()
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

// linger lets other goroutines run as long as they bring writes: those who got
// their answers a moment ago often have the next. Without it they would always
// miss the group they could be in.
func (w *writer) linger() {
	for n := 0; ; {
		before := n
		if n = w.waiting(); n == before || n >= groupSize {
			return
		}
		runtime.Gosched()
	}
}

func (w *writer) waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
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
	w.queue = slices.Delete(w.queue, 0, n)
	return group, !w.closed || len(w.queue) > 0
}
