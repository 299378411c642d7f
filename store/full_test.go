package store_test

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"
	"testing"

	"wherry/store"
)

func TestFull(t *testing.T) {
	for _, err := range []error{nil, store.ErrClosed, store.ErrNotFound, errOwn} {
		if store.Full(err) {
			t.Errorf("%v", err)
		}
	}
}

// flood adds rows until the store takes no more, and returns how many it took
// and why it stopped.
func flood(s *store.Store, account int64) (int, error) {
	for n := 0; ; n++ {
		in := incoming("romeo@example.org", account, "line")
		in.Content = make([]byte, 10_000)
		if err := s.Update(context.Background(), func(tx *store.Tx) error { return tx.AddIncoming(&in) }); err != nil {
			return n, err
		}
	}
}

// TestDiskThatIsFullForATime lets a store meet its end in several ways, and go
// on when there is room again.
func TestDiskThatIsFullForATime(t *testing.T) {
	for _, test := range []struct {
		name        string
		limit, lift func(t *testing.T, s *store.Store)
	}{
		{"no page left",
			func(t *testing.T, s *store.Store) { check(t, s.LimitPages(200)) },
			func(t *testing.T, s *store.Store) { check(t, s.LimitPages(100_000)) }},
		{"no file may grow",
			func(t *testing.T, _ *store.Store) { limitFiles(t, 1<<20) },
			func(t *testing.T, _ *store.Store) { liftFiles(t) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx := context.Background()
			cfg := config(t)
			s := open(t, cfg)
			account := addAccount(t, s, "romeo@example.org")
			test.limit(t, s)
			kept, err := flood(s, account)
			if !store.Full(err) || kept == 0 {
				t.Errorf("kept %d, then %v", kept, err)
			}
			// All of a group fail, each with its own error.
			release := hold(t, s)
			results := queue(s, 5, func(i int) error {
				_, err := flood(s, account)
				return err
			})
			release()
			for _, err := range results() {
				if !store.Full(err) {
					t.Errorf("got %v", err)
				}
			}
			before, _, err := s.IncomingCount(ctx, irc, "romeo@example.org")
			check(t, err)
			test.lift(t, s)
			in := incoming("romeo@example.org", account, "line")
			addIncoming(t, s, &in)
			check(t, s.Close())

			after, _, err := open(t, cfg).IncomingCount(ctx, irc, "romeo@example.org")
			same(t, before+1, after, err)
			if before < kept {
				t.Errorf("%d rows were kept, %d are there", kept, before)
			}
		})
	}
}

// limitFiles lets no file of this process grow beyond so many bytes.
func limitFiles(t *testing.T, bytes uint64) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { liftFiles(t); signal.Reset(syscall.SIGXFSZ) })
	setFileLimit(t, func(limit *syscall.Rlimit) { limit.Cur = bytes })
}

func liftFiles(t *testing.T) {
	t.Helper()
	setFileLimit(t, func(limit *syscall.Rlimit) { limit.Cur = limit.Max })
}

func setFileLimit(t *testing.T, set func(*syscall.Rlimit)) {
	t.Helper()
	var limit syscall.Rlimit
	check(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	set(&limit)
	check(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
}

// TestFaultedTransactionTakesNothingMore: SQLite ends a transaction that finds
// the disk full. What a write goes on to do in it must not be made outside.
func TestFaultedTransactionTakesNothingMore(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	check(t, s.LimitPages(1))
	for _, neighbours := range []int{0, 3} {
		release := hold(t, s)
		results := queue(s, 1+neighbours, func(i int) error {
			if i > 0 {
				return s.SaveContact(ctx, numbered(i))
			}
			return s.Update(ctx, func(tx *store.Tx) error {
				big := store.Save{Name: "big", Value: make([]byte, 100_000)}
				_ = tx.PutSaves(account, []store.Save{big})
				_ = tx.PutSaves(account, []store.Save{{Name: "small", Value: []byte{1}}})
				return nil
			})
		})
		release()
		for i, err := range results() {
			if store.Full(err) != (i == 0) || i > 0 && err != nil {
				t.Errorf("write %d: %v", i, err)
			}
		}
		saves, err := s.Saves(ctx, account)
		same(t, map[string][]byte{}, saves, err)
	}
}

// TestFaultThatIsTakenLightly: a write that goes on after a constraint's fault
// is made.
func TestFaultThatIsTakenLightly(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	for _, neighbours := range []int{0, 3} {
		name := fmt.Sprint(neighbours)
		release := hold(t, s)
		results := queue(s, 1+neighbours, func(i int) error {
			return s.Update(ctx, func(tx *store.Tx) error {
				if err := tx.PutSaves(99, []store.Save{{Name: name, Value: []byte{1}}}); !errors.Is(err, store.ErrNotFound) {
					return fmt.Errorf("no such account: %w", err)
				}
				return tx.PutSaves(account, []store.Save{{Name: name, Value: []byte{1}}})
			})
		})
		release()
		for _, err := range results() {
			check(t, err)
		}
		saves, err := s.Saves(ctx, account)
		same(t, []byte{1}, saves[name], err)
	}
}

// TestChangesGoOn: what is in the boxes already can come to its end while
// nothing may grow, in the room there is.
func TestChangesGoOn(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	parts := message(addAccount(t, s, "romeo@example.org"), "s1", 1)
	number := add(t, s, parts)
	limitFiles(t, 500_000)
	for i := range 1000 { // some pages each
		parts[0].Attempts = i
		check(t, s.Update(ctx, func(tx *store.Tx) error { return tx.SetOutgoing(parts[0]) }))
	}
	check(t, s.Update(ctx, func(tx *store.Tx) error { return tx.RemoveOutgoing(number) }))
}
