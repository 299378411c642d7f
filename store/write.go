package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
)

// groupSize is how many writes share a transaction at most: beyond it there is
// little to gain, and the last would wait for all.
const groupSize = 100

// writer is the one goroutine that writes. Writes that come while it waits for
// the disk form its next group; nothing waits to be joined by others.
type writer struct {
	db    *sql.DB // one connection
	wiper *wiper
	wake  chan struct{} // has room for one
	ended chan struct{}

	mu     sync.Mutex // guards what follows
	queue  []*write
	closed bool
}

// write is one caller's write, all of it or nothing.
type write struct {
	do    func(*tx) error // may run more than once; only the last run counts
	wipe  wipe            // when what it removes is to be gone from the files, too
	taken atomic.Bool     // by the writer, or by its caller's giving up
	err   chan error      // has room for one
}

// tx is the transaction a write runs in. The context of the write's caller does
// not reach its statements: with an interrupted one SQLite would take back the
// neighbours' writes, too.
type tx struct{ sql *sql.Tx }

func (t *tx) exec(query string, args ...any) error {
	_, err := t.sql.Exec(rebind(query), args...)
	return constraint(err)
}

// execCount returns how many rows the statement changed.
func (t *tx) execCount(query string, args ...any) (int64, error) {
	result, err := t.sql.Exec(rebind(query), args...)
	if err != nil {
		return 0, constraint(err)
	}
	return result.RowsAffected()
}

func (t *tx) query(query string, args ...any) (*sql.Rows, error) {
	return t.sql.Query(rebind(query), args...)
}

func (t *tx) queryRow(query string, args ...any) *sql.Row {
	return t.sql.QueryRow(rebind(query), args...)
}

func newWriter(db *sql.DB, log *slog.Logger) *writer {
	w := &writer{db: db, wiper: &wiper{db: db, log: log, limit: wipeLimit}, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go w.run()
	return w
}

// write runs do in a transaction and returns when that is on disk.
func (s *Store) write(ctx context.Context, do func(*tx) error) error {
	return s.submit(ctx, &write{do: do})
}

// writeAndWipe is write, and wipes what do removed from the store's files.
func (s *Store) writeAndWipe(ctx context.Context, do func(*tx) error) error {
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
	w.rouse()
	return nil
}

func (w *writer) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// close finishes what was added before it.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.rouse()
	<-w.ended
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

// commit makes the writes of a group and answers each.
func (w *writer) commit(group []*write) {
	errs, err := w.try(group)
	if err != nil && len(group) > 1 {
		// The whole group is undone, perhaps by the fault of one: each for itself.
		for _, op := range group {
			w.commit([]*write{op})
		}
		return
	}
	var wipes []*write
	var when wipe
	for i, op := range group {
		switch {
		case err != nil:
			op.err <- err
		case errs[i] == nil && op.wipe != wipeNever:
			wipes = append(wipes, op)
			when = max(when, op.wipe)
		default:
			op.err <- errs[i]
		}
	}
	if len(wipes) == 0 {
		return
	}
	w.wiper.wipe(when)
	for _, op := range wipes {
		op.err <- nil
	}
}

// try makes the writes of a group in one transaction. It returns the error of
// each, or the one that undid them all.
func (w *writer) try(group []*write) ([]error, error) {
	sqlTx, err := w.db.Begin()
	if err != nil {
		return nil, err
	}
	defer sqlTx.Rollback()
	errs := make([]error, len(group))
	for i, op := range group {
		if errs[i], err = attempt(&tx{sqlTx}, op); err != nil {
			return nil, err
		}
	}
	return errs, sqlTx.Commit()
}

// attempt makes one write. Where it fails it leaves no trace in t; the second
// error says that t itself is lost.
func attempt(t *tx, op *write) (error, error) {
	if err := t.exec(`SAVEPOINT one`); err != nil {
		return nil, err
	}
	failed := op.do(t)
	if failed != nil {
		// After some faults, like a full disk, SQLite has ended the transaction.
		if err := t.exec(`ROLLBACK TO SAVEPOINT one`); err != nil {
			return nil, errors.Join(failed, err)
		}
	}
	return failed, t.exec(`RELEASE SAVEPOINT one`)
}
