package store

import "database/sql/driver"

// Tx is the transaction a write runs in. It serves its write's function, while
// that runs and in its goroutine only. The context of the write's caller does
// not reach its statements: with an interrupted one SQLite would take back the
// neighbours' writes, too.
type Tx struct {
	store *Store
	conn  driver.Conn // in the transaction
	trace bool        // the write has left something in the transaction, or may have
	fault bool        // a statement failed
	lost  error       // of a statement that may have ended the transaction: none may follow
}

func (t *Tx) statements() *statements { return &t.store.writer.statements }

func (t *Tx) exec(query string, args ...any) error {
	_, err := t.run(query, args)
	t.trace = true
	return err
}

// execValues is exec for a statement with many arguments, so many, which fill
// writes as the driver takes them.
func (t *Tx) execValues(query string, n int, fill func([]driver.NamedValue)) error {
	if t.lost != nil {
		return t.lost
	}
	err := t.statements().execValues(t.conn, query, n, fill)
	t.trace = true
	return t.failed(err)
}

// execCount returns how many rows the statement changed.
func (t *Tx) execCount(query string, args ...any) (int64, error) {
	result, err := t.run(query, args)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	t.trace = t.trace || n > 0
	return n, t.failed(err)
}

func (t *Tx) run(query string, args []any) (driver.Result, error) {
	if t.lost != nil {
		return nil, t.lost
	}
	result, err := t.statements().exec(t.conn, query, args)
	return result, t.failed(err)
}

// find reads the one row of a query, or returns ErrNotFound.
func (t *Tx) find(query string, args, dest []any) error {
	if t.lost != nil {
		return t.lost
	}
	found := false
	err := t.statements().each(t.conn, query, args, func(row values) error {
		found = true
		return row.Scan(dest...)
	})
	if err == nil && !found {
		return ErrNotFound
	}
	return t.failed(err)
}

// gather returns what scan makes of each row of a query.
func gather[T any](t *Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	if t.lost != nil {
		return nil, t.lost
	}
	var all []T
	err := t.statements().each(t.conn, query, args, func(row values) error {
		one, err := scan(row)
		all = append(all, one)
		return err
	})
	if err != nil {
		return nil, t.failed(err)
	}
	return all, nil
}

// failed notes the fault of a statement. What breaks a constraint is undone
// alone; after other faults, like a full disk, SQLite may have ended the
// transaction, and what followed would be made outside of it.
func (t *Tx) failed(err error) error {
	if err == nil {
		return nil
	}
	t.fault = true
	broken := constraint(err)
	if broken == err {
		t.lost = err
	}
	return broken
}
