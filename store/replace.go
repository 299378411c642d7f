package store

import (
	"errors"
	"fmt"
)

// ReplaceOutgoing puts parts in the place of all parts of a message: they get
// its number. The error is ErrNotFound where there is no such message, and
// ErrExists where the new key is another message's.
func (t *Tx) ReplaceOutgoing(message int64, parts []Outgoing) error {
	if len(parts) == 0 {
		return errors.New("replace a message by one of no parts")
	}
	n, err := t.execCount(`DELETE FROM outgoing WHERE message = $1`, message)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("replace message %d: %w", message, err)
	}
	added, err := t.insertParts(message, parts)
	if err == nil && !added {
		err = ErrExists
	}
	if err != nil {
		return fmt.Errorf("replace message %d: %w", message, err)
	}
	return nil
}
