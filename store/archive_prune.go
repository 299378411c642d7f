package store

import (
	"context"
	"fmt"
	"time"
)

// pruneLines is how many lines one write of PruneLogs removes.
const pruneLines = 500

// PruneLogs removes from each log of a domain the lines from before a time, and
// those beyond the last so many; memberships that ended before that time, and
// shared logs of which nothing is left. A zero time, or a count of 0, removes
// nothing.
func (s *Store) PruneLogs(ctx context.Context, domain string, before time.Time, count int) error {
	logs, err := collect(ctx, s.reads, scanNumber, `SELECT id FROM log WHERE domain = $1 ORDER BY id`, domain)
	for i := 0; i < len(logs) && err == nil; i++ {
		err = s.pruneLog(ctx, logs[i], before, count)
	}
	if err != nil {
		return fmt.Errorf("prune the logs of %s: %w", domain, err)
	}
	return nil
}

func (s *Store) pruneLog(ctx context.Context, log int64, before time.Time, count int) error {
	var first int64 // that stays
	if !before.IsZero() {
		first = Place(before)
	}
	if count > 0 {
		over, err := collect(ctx, s.reads, scanNumber, `SELECT id FROM line WHERE log = $1 ORDER BY id DESC LIMIT 1 OFFSET $2`, log, count)
		if err != nil {
			return err
		}
		if len(over) > 0 {
			first = max(first, over[0]+1)
		}
	}
	for {
		var n int64
		err := s.Update(ctx, func(t *Tx) (err error) {
			n, err = t.execCount(`DELETE FROM line WHERE log = $1 AND id IN
				(SELECT id FROM line WHERE log = $1 AND id < $2 ORDER BY id LIMIT $3)`, log, first, pruneLines)
			return err
		})
		if err != nil {
			return err
		}
		if n < pruneLines {
			break
		}
	}
	return s.Update(ctx, func(t *Tx) error {
		if !before.IsZero() {
			if err := t.exec(`DELETE FROM membership WHERE log = $1 AND until <> 0 AND until < $2`, log, Place(before)); err != nil {
				return err
			}
		}
		return t.exec(`DELETE FROM log WHERE id = $1 AND account IS NULL
			AND NOT EXISTS (SELECT 1 FROM line WHERE log = $1) AND NOT EXISTS (SELECT 1 FROM membership WHERE log = $1)`, log)
	})
}
