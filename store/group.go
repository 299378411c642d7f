package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime/debug"
)

// errApart says that the writes of a group cannot be told apart in the
// transaction, and one of them is to be undone.
var errApart = errors.New("a write of the group failed")

// errBegin says that no transaction could be begun, which is no write's fault.
var errBegin = errors.New("begin a transaction")

// commit makes the writes of a group and answers each.
func (w *writer) commit(group []*write) {
	errs, err := w.try(group, plain)
	if Full(err) && w.moveLog() == nil {
		errs, err = w.try(group, plain)
	}
	w.settle(group, errs, err)
}

// settle answers the writes of a group after a plain try, or makes them
// otherwise where that failed.
func (w *writer) settle(group []*write, errs []error, err error) {
	if errors.Is(err, errApart) {
		errs, err = w.try(group, apart)
	}
	if err != nil && len(group) > 1 && !errors.Is(err, errBegin) {
		// The whole group is undone, perhaps by the fault of one: each for itself.
		for i := range group {
			one := group[i : i+1]
			errs, err := w.try(one, plain)
			w.settle(one, errs, err)
		}
		return
	}
	var wipes []*write
	var when wipe
	for i, op := range group {
		switch {
		case err != nil:
			w.answer(op, err)
		case errs[i] == nil && op.wipe != wipeNever:
			wipes = append(wipes, op)
			when = max(when, op.wipe)
		default:
			w.answer(op, errs[i])
		}
	}
	if len(wipes) == 0 {
		return
	}
	w.wiper.wipe(when)
	for _, op := range wipes {
		w.answer(op, nil)
	}
}

// moveLog makes room in SQLite's log file where the disk has none: what only
// changes or removes rows can go on then.
func (w *writer) moveLog() error {
	_, err := w.conn.ExecContext(context.Background(), `PRAGMA wal_checkpoint(PASSIVE)`)
	return err
}

func (w *writer) answer(op *write, err error) {
	if op.done != nil {
		w.answers.add(op.done, err)
		return
	}
	op.err <- err
}

// attempt makes one write in t. The second error says that t itself is lost.
type attempt func(t *Tx, op *write, alone bool) (error, error)

// try makes the writes of a group in one transaction. It returns the error of
// each, or the one that undid them all.
func (w *writer) try(group []*write, do attempt) (errs []error, err error) {
	broken := w.conn.Raw(func(conn any) error {
		errs, err = w.tryOn(conn.(driver.Conn), group, do)
		return nil
	})
	if err == nil {
		err = broken
	}
	return errs, err
}

func (w *writer) tryOn(conn driver.Conn, group []*write, do attempt) (_ []error, err error) {
	driverTx, err := conn.(driver.ConnBeginTx).BeginTx(context.Background(), driver.TxOptions{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBegin, err)
	}
	defer func() {
		if err != nil {
			w.numbers.forget()
		}
	}()
	errs := make([]error, len(group))
	for i, op := range group {
		t := &Tx{store: w.store, conn: conn}
		if errs[i], err = do(t, op, len(group) == 1); err != nil {
			_ = driverTx.Rollback() // SQLite may have done it itself
			return nil, err
		}
	}
	return errs, driverTx.Commit()
}

// plain makes a write without a mark to go back to: most do not fail, and of
// those that do most had changed nothing yet.
func plain(t *Tx, op *write, alone bool) (error, error) {
	failed := op.run(t)
	switch {
	case !t.fault && (failed == nil || !t.trace):
		return failed, nil
	case failed != nil && alone:
		return failed, failed
	case Full(t.lost):
		return failed, t.lost
	}
	return failed, errApart
}

// apart makes a write so that it leaves no trace in t where it fails.
func apart(t *Tx, op *write, _ bool) (error, error) {
	if err := t.mark(`SAVEPOINT one`); err != nil {
		return nil, err
	}
	failed := op.run(t)
	if failed == nil {
		failed = t.lost
	}
	if failed != nil {
		t.store.writer.numbers.forget()
		if err := t.mark(`ROLLBACK TO SAVEPOINT one`); err != nil {
			return nil, errors.Join(failed, err)
		}
	}
	return failed, t.mark(`RELEASE SAVEPOINT one`)
}

func (t *Tx) mark(query string) error {
	_, err := t.statements().exec(t.conn, query, nil)
	return err
}

// run calls the write's function. Its panic is the fault of one write only.
func (op *write) run(t *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.fault = true
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return op.do(t)
}
