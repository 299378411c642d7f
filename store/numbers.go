package store

import (
	"errors"
	"time"
)

// lease is how far ahead of the numbers given out the store notes that they
// were: about a minute of them.
const lease = 1 << 26

// numbers gives out numbers that rise and are never used twice: the time in
// Unix microseconds where that rises, else the next. It belongs to the writer's
// goroutine.
type numbers struct {
	last   int64
	leased int64 // up to it the store knows them as used; 0: to be noted again
}

// load begins above all numbers that were ever given out.
func (n *numbers) load(t *Tx) error {
	err := t.find(`SELECT value FROM counter WHERE name = $1`, []any{numbersName}, []any{&n.last})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

const numbersName = "message"

// forget is for a transaction that was taken back, perhaps with its lease.
func (n *numbers) forget() { n.leased = 0 }

// number returns the next number.
func (t *Tx) number() (int64, error) {
	n := &t.store.writer.numbers
	next := max(n.last+1, time.Now().UnixMicro())
	if next > n.leased {
		leased := next + lease
		err := t.exec(`INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2`,
			numbersName, leased)
		if err != nil {
			return 0, err
		}
		n.leased = leased
	}
	n.last = next
	return next, nil
}
