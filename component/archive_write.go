package component

import (
	"context"
	"errors"
	"slices"

	"wherry/store"
)

// linesAtOnce is how many lines are handed to the store at once.
const linesAtOnce = 256

// write writes a group. What belongs to an account that is gone is passed over.
func (ar *archive) write(ctx context.Context, group []part) error {
	update := ar.store.Update
	if slices.ContainsFunc(group, part.wipes) {
		update = ar.store.Erase
	}
	return update(ctx, func(t *store.Tx) error {
		w := lineWriter{Tx: t}
		for i := range group {
			if err := ar.writePart(&w, &group[i]); err != nil {
				return err
			}
		}
		return w.flush()
	})
}

// writePart writes what is of one log. It may be run again.
func (ar *archive) writePart(w *lineWriter, p *part) error {
	row, missing := ar.rowOf(w.Tx, p.log)
	if missing != nil && !errors.Is(missing, errNoAccount) {
		return missing
	}
	p.row, p.later = row, nil
	for i := range p.records {
		err := missing
		if row != 0 {
			err = p.records[i].write(w, row)
		}
		switch {
		case errors.Is(err, errNoAccount):
			p.later = append(p.later, i)
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	return nil
}

// write writes a record to the log of a number.
func (r *record) write(w *lineWriter, row int64) error {
	switch {
	case r.change != nil:
		if err := w.flush(); err != nil {
			return err
		}
		return r.change.do(w.Tx, row)
	case r.line.ID == 0:
		return nil
	}
	l := r.line
	l.Log = row
	if r.only != nil {
		if l.Account = r.only.Load(); l.Account == 0 {
			return errNoAccount
		}
	}
	return w.add(l)
}

// lineWriter hands lines to the store, many at once.
type lineWriter struct {
	*store.Tx
	lines []store.Line
}

func (w *lineWriter) add(l store.Line) error {
	w.lines = append(w.lines, l)
	if len(w.lines) < linesAtOnce {
		return nil
	}
	return w.flush()
}

func (w *lineWriter) flush() error {
	err := w.AddLines(w.lines)
	w.lines = w.lines[:0]
	return err
}

func (p part) wipes() bool {
	return slices.ContainsFunc(p.records, func(r record) bool { return r.change != nil && r.change.gone != 0 })
}

var errNoAccount = errors.New("the account has no number yet")

// rowOf returns the number of a log, which begins to exist; 0 where its account is
// gone.
func (ar *archive) rowOf(t *store.Tx, l *roomLog) (int64, error) {
	name := l.key.name(ar.domain)
	if l.key.owner != nil && name.Account == 0 {
		return 0, errNoAccount
	}
	row, err := t.Log(name)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return row, err
}
