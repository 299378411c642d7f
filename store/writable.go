package store

import (
	"context"
	"fmt"
	"time"
)

// Writable makes a small write, and returns nil when that is on disk: the store
// takes writes. Unlike that of other writes its wait ends with ctx, whatever
// the disk does.
func (s *Store) Writable(ctx context.Context) error {
	outcome := make(chan error, 1)
	s.UpdateAsync(func(t *Tx) error {
		// What changes nothing would not reach the disk.
		return t.exec(`INSERT INTO counter (name, value) VALUES ('tried', $1) ON CONFLICT (name) DO UPDATE SET value = $1`,
			time.Now().UnixMicro())
	}, func(err error) { outcome <- err })
	select {
	case err := <-outcome:
		if err != nil {
			return fmt.Errorf("try a write: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("try a write: %w", ctx.Err())
	}
}
