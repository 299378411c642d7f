package store

import (
	"context"
	"fmt"
)

// trySize is the content of the row that Writable tries: more than most
// messages have.
const trySize = 16 << 10

// Writable adds a row as a message is, of nobody's, removes it, and returns nil
// when both are on disk: the store takes messages. To write less would show
// nothing: on a full disk small changes go on. Unlike that of other writes its
// wait ends with ctx, whatever the disk does.
func (s *Store) Writable(ctx context.Context) error {
	outcome := make(chan error, 1)
	s.UpdateAsync(func(t *Tx) error {
		if err := t.removeTried(); err != nil { // a crash may have left one
			return err
		}
		return t.AddIncoming(&Incoming{Content: make([]byte, trySize)})
	}, func(err error) {
		if err != nil {
			outcome <- err
			return
		}
		s.UpdateAsync((*Tx).removeTried, func(err error) { outcome <- err })
	})
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

func (t *Tx) removeTried() error { return t.exec(`DELETE FROM incoming WHERE domain = ''`) }
