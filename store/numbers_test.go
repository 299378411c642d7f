package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"wherry/store"
)

// leased returns the number up to which the database file says that all may
// have been used.
func leased(t *testing.T, cfg store.Config) (n int64) {
	t.Helper()
	check(t, raw(t, cfg).QueryRow(`SELECT value FROM counter WHERE name = 'message'`).Scan(&n))
	return n
}

func TestNumbersRise(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	account := addAccount(t, s, "romeo@example.org")
	var last int64
	next := func() {
		t.Helper()
		number := add(t, s, message(account, "", 1))
		if number <= last {
			t.Errorf("number %d after %d", number, last)
		}
		if bound := leased(t, cfg); bound < number {
			t.Errorf("number %d is given out, the store knows of %d", number, bound)
		}
		in := incoming("romeo@example.org", account, "x")
		addIncoming(t, s, &in)
		if in.ID <= number {
			t.Errorf("ID %d after %d", in.ID, number)
		}
		last = in.ID
		// What is removed is not used again.
		check(t, s.Update(ctx, func(tx *store.Tx) error {
			return errors.Join(tx.RemoveOutgoing(number), tx.RemoveIncoming([]int64{in.ID}))
		}))
	}
	for range 3 {
		next()
		next()
		check(t, s.Close())
		s = open(t, cfg)
	}
	check(t, s.Close())

	// The clock goes back: then the numbers were given out in what is the future now.
	last = time.Now().Add(1000 * time.Hour).UnixMicro()
	_, err := raw(t, cfg).Exec(`UPDATE counter SET value = ? WHERE name = 'message'`, last)
	check(t, err)
	s = open(t, cfg)
	next()
	next()
}

// TestNumbersOfLostWrites: the number that a failed write took back with it
// must be known as used all the same when another uses it.
func TestNumbersOfLostWrites(t *testing.T) {
	cfg := config(t)
	s := open(t, cfg)
	account := addAccount(t, s, "romeo@example.org")
	release := hold(t, s)
	results := queue(s, 3, func(i int) error {
		return s.Update(context.Background(), func(tx *store.Tx) error {
			in := incoming("romeo@example.org", account, "x")
			if err := tx.AddIncoming(&in); err != nil {
				return err
			}
			return errOwn
		})
	})
	release()
	for _, err := range results() {
		if !errors.Is(err, errOwn) {
			t.Errorf("got %v", err)
		}
	}
	number := add(t, s, message(account, "s1", 1))
	if bound := leased(t, cfg); bound < number {
		t.Errorf("number %d is given out, the store knows of %d", number, bound)
	}
}
