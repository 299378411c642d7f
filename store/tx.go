package store

import (
	"context"
	"database/sql"
	"errors"
)

// Tx is the transaction a write runs in. It serves its write's function, while
// that runs and in its goroutine only. The context of the write's caller does
// not reach its statements: with an interrupted one SQLite would take back the
// neighbours' writes, too.
type Tx struct {
	store *Store
	sql   *sql.Tx
	trace bool // the write has left something in the transaction, or may have
	fault bool // a statement failed; the transaction may be gone with it
}

func (t *Tx) exec(query string, args ...any) error {
	t.trace = true
	_, err := t.sql.Exec(bound(query), args...)
	return t.failed(err)
}

// execCount returns how many rows the statement changed.
func (t *Tx) execCount(query string, args ...any) (int64, error) {
	result, err := t.sql.Exec(bound(query), args...)
	if err != nil {
		return 0, t.failed(err)
	}
	n, err := result.RowsAffected()
	t.trace = t.trace || n > 0
	return n, t.failed(err)
}

// find reads the one row of a query, or returns ErrNotFound.
func (t *Tx) find(query string, args, dest []any) error {
	err := t.sql.QueryRow(bound(query), args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return t.failed(err)
}

// failed notes the fault of a statement.
func (t *Tx) failed(err error) error {
	if err != nil {
		t.fault = true
	}
	return constraint(err)
}

// gather returns what scan makes of each row of a query.
func gather[T any](t *Tx, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	all, err := collect(context.Background(), t.sql, scan, query, args...)
	return all, t.failed(err)
}
