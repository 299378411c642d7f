package store

import (
	"context"
	"fmt"
	"time"
)

// pruneStep is how many of a kind one write of Prune removes.
const pruneStep = 200

// Prune removes messages that have ended before one time, or were taken by the
// network and have not changed since another, with their network ids; and
// events seen and early statuses from before a third. A message goes as a
// whole, when all of its parts may go. A zero time removes nothing.
func (s *Store) Prune(ctx context.Context, ended, sent, seen time.Time) error {
	for _, kind := range []func() error{
		func() error { return s.pruneOutgoing(ctx, ended.UnixMilli(), sent.UnixMilli()) },
		func() error { return s.pruneSeen(ctx, seen.UnixMilli()) },
		func() error { return s.pruneEarly(ctx, seen.UnixMilli()) },
	} {
		if err := kind(); err != nil {
			return fmt.Errorf("prune the store: %w", err)
		}
	}
	return nil
}

// mayGo is the condition under which Prune removes a row.
const mayGo = `(` + isFinal + ` AND changed < $1 OR ` + isTaken + ` AND changed < $2)`

func (s *Store) pruneOutgoing(ctx context.Context, ended, sent int64) error {
	var last int64
	read := func() ([]int64, error) {
		page, err := collect(ctx, s.reads, scanNumber, `SELECT message FROM outgoing WHERE message > $3 GROUP BY message
			HAVING COUNT(*) = COUNT(*) FILTER (WHERE `+mayGo+`) ORDER BY message LIMIT $4`, ended, sent, last, pruneStep)
		if len(page) > 0 {
			last = page[len(page)-1]
		}
		return page, err
	}
	return prune(ctx, s, read, func(t *Tx, message int64) error {
		// It may have changed since it was read.
		return t.exec(`DELETE FROM outgoing WHERE message = $3
			AND NOT EXISTS (SELECT 1 FROM outgoing WHERE message = $3 AND NOT `+mayGo+`)`, ended, sent, message)
	})
}

func scanNumber(rows scanner) (n int64, err error) { return n, rows.Scan(&n) }

type seenRow struct {
	account int64
	hash    []byte
}

func (s *Store) pruneSeen(ctx context.Context, before int64) error {
	scan := func(rows scanner) (r seenRow, err error) { return r, rows.Scan(&r.account, &r.hash) }
	read := func() ([]seenRow, error) {
		return collect(ctx, s.reads, scan, `SELECT account, hash FROM seen WHERE came < $1 LIMIT $2`, before, pruneStep)
	}
	return prune(ctx, s, read, func(t *Tx, r seenRow) error {
		return t.exec(`DELETE FROM seen WHERE account = $1 AND hash = $2`, r.account, r.hash)
	})
}

type earlyRow struct {
	account  int64
	chat, id string
	number   int64
}

func (s *Store) pruneEarly(ctx context.Context, before int64) error {
	scan := func(rows scanner) (r earlyRow, err error) {
		return r, rows.Scan(&r.account, &r.chat, &r.id, &r.number)
	}
	read := func() ([]earlyRow, error) {
		return collect(ctx, s.reads, scan, `SELECT account, chat, id, number FROM early_status WHERE came < $1 LIMIT $2`,
			before, pruneStep)
	}
	return prune(ctx, s, read, func(t *Tx, r earlyRow) error {
		return t.exec(`DELETE FROM early_status WHERE account = $1 AND chat = $2 AND id = $3 AND number = $4`,
			r.account, r.chat, r.id, r.number)
	})
}

// prune removes a page of rows with each write, until a page is not full.
func prune[T any](ctx context.Context, s *Store, read func() ([]T, error), remove func(*Tx, T) error) error {
	for {
		page, err := read()
		if err != nil || len(page) == 0 {
			return err
		}
		err = s.Update(ctx, func(t *Tx) error {
			for _, row := range page {
				if err := remove(t, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(page) < pruneStep {
			return err
		}
	}
}
