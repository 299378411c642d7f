package biboumi

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// row is a row of a table, by the names of its columns. Which there are depends
// on the version that made the table, and any may hold anything.
type row map[string]any

func (d *DB) query(ctx context.Context, query string, args ...any) (all []row, err error) {
	err = d.each(ctx, func(r row) { all = append(all, r) }, query, args...)
	return all, err
}

// each calls do with each row of a query, as they come.
func (d *DB) each(ctx context.Context, do func(row), query string, args ...any) error {
	rows, err := d.db.QueryContext(ctx, strings.ReplaceAll(query, "$1", d.mark), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values, places := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return err
		}
		r := make(row, len(names))
		for i, name := range names {
			r[strings.ToLower(name)] = values[i]
		}
		do(r)
	}
	return rows.Err()
}

// text returns a column as text that XML can carry.
func (r row) text(name string) string {
	var s string
	switch v := r[name].(type) {
	case nil:
		return ""
	case string:
		s = v
	case []byte:
		s = string(v)
	default:
		s = fmt.Sprint(v)
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' || c == 0x7f || c == 0xfffe || c == 0xffff {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// or returns a column as text, or where there is none what stands for it.
func (r row) or(name, missing string) string {
	if r[name] == nil {
		return missing
	}
	return r.text(name)
}

// number returns a column as a number, or where there is none what stands for it.
func (r row) number(name string, missing int64) int64 {
	if v, ok := r[name].(int64); ok {
		return v
	}
	if n, err := strconv.ParseInt(strings.TrimSpace(r.text(name)), 10, 64); err == nil {
		return n
	}
	return missing
}

// flag returns a column as yes or no, or where there is none what stands for it.
func (r row) flag(name string, missing bool) bool {
	if v, ok := r[name].(bool); ok {
		return v
	}
	n := int64(0)
	if missing {
		n = 1
	}
	return r.number(name, n) != 0
}
