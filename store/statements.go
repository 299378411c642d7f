package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// statements are those of the connection that writes, each prepared once. They
// speak with the driver itself: with database/sql each would cost nearly twice as
// much.
type statements struct {
	prepared map[string]driver.Stmt // by query
	args     []driver.NamedValue    // of the one that runs
}

// close must come before the connection is closed.
func (s *statements) close() error {
	var errs []error
	for _, stmt := range s.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(errs...)
}

func (s *statements) prepare(conn driver.Conn, query string) (driver.Stmt, error) {
	if stmt, ok := s.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := conn.Prepare(rebind(query))
	if err != nil {
		return nil, err
	}
	if s.prepared == nil {
		s.prepared = map[string]driver.Stmt{}
	}
	s.prepared[query] = stmt
	return stmt, nil
}

func (s *statements) exec(conn driver.Conn, query string, args []any) (driver.Result, error) {
	stmt, err := s.bind(conn, query, args)
	if err != nil {
		return nil, err
	}
	return stmt.(driver.StmtExecContext).ExecContext(context.Background(), s.args)
}

// execValues is exec with values that fill writes itself, as the driver takes
// them.
func (s *statements) execValues(conn driver.Conn, query string, n int, fill func([]driver.NamedValue)) error {
	stmt, err := s.prepare(conn, query)
	if err != nil {
		return err
	}
	for len(s.args) < n {
		s.args = append(s.args, driver.NamedValue{})
	}
	s.args = s.args[:n]
	for i := range s.args {
		s.args[i].Ordinal = i + 1
	}
	fill(s.args)
	_, err = stmt.(driver.StmtExecContext).ExecContext(context.Background(), s.args)
	return err
}

// each calls do with every row of a query, whose values are do's only until it
// returns.
func (s *statements) each(conn driver.Conn, query string, args []any, do func(values) error) (err error) {
	stmt, err := s.bind(conn, query, args)
	if err != nil {
		return err
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(context.Background(), s.args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make(values, len(rows.Columns()))
	for {
		err := rows.Next(row)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = do(row)
		}
		if err != nil {
			return err
		}
	}
}

func (s *statements) bind(conn driver.Conn, query string, args []any) (driver.Stmt, error) {
	stmt, err := s.prepare(conn, query)
	if err != nil {
		return nil, err
	}
	s.args = s.args[:0]
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return nil, fmt.Errorf("argument $%d: %w", i+1, err)
		}
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	if n := stmt.NumInput(); n != len(args) {
		return nil, fmt.Errorf("%d arguments for %d places", len(args), n)
	}
	return stmt, nil
}

// values are a row as the driver has it.
type values []driver.Value

// Scan is that of a *sql.Rows, for what the store's columns are.
func (v values) Scan(dest ...any) error {
	if len(dest) != len(v) {
		return fmt.Errorf("%d columns for %d values", len(v), len(dest))
	}
	for i := range dest {
		if !assign(dest[i], v[i]) {
			return fmt.Errorf("column %d: a %T for a %T", i+1, v[i], dest[i])
		}
	}
	return nil
}

func assign(dest any, value driver.Value) (ok bool) {
	switch dest := dest.(type) {
	case *int64:
		*dest, ok = value.(int64)
	case *int:
		var n int64
		n, ok = value.(int64)
		*dest = int(n)
	case *bool:
		*dest, ok = value.(bool)
	case *string:
		*dest, ok = value.(string)
	case *[]byte:
		*dest, ok = value.([]byte)
		ok = ok || value == nil
	}
	return ok
}
