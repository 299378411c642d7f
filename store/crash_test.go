package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"wherry/store"
)

// writeForever writes from several sides, and prints what is written.
func writeForever(s *store.Store) error {
	ctx := context.Background()
	errs := make([]error, 8)
	var all sync.WaitGroup
	for side := range errs {
		all.Go(func() {
			for i := side; errs[side] == nil; i += len(errs) {
				a := marked(i, i%2000)
				if errs[side] = s.SaveAccount(ctx, &a); errs[side] != nil {
					return
				}
				errs[side] = s.PutSaves(ctx, a.ID, []store.Save{
					{Name: "a", Value: []byte(mark(i))}, {Name: "b", Value: []byte(mark(i)), Secret: true},
				})
				if errs[side] == nil {
					fmt.Println(a.User)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func TestKilledWhileWriting(t *testing.T) {
	cfg := config(t)
	for range 5 {
		p := start(t, "write", cfg)
		p.line() // open
		written := make([]string, 40)
		for i := range written {
			written[i] = p.line()
		}
		p.kill()
		s := open(t, cfg)
		checkWritten(t, s, written)
		users, err := s.Users(context.Background(), wiped)
		check(t, err)
		for _, user := range users {
			check(t, s.RemoveUser(context.Background(), wiped, user.User))
		}
		check(t, s.Close())
	}
}

// checkWritten checks that what was said to be written is there, and that what
// is there is whole.
func checkWritten(t *testing.T, s *store.Store, written []string) {
	t.Helper()
	ctx := context.Background()
	accounts, err := s.Accounts(ctx, wiped)
	check(t, err)
	saved := map[string]bool{}
	for _, a := range accounts {
		saves, err := s.Saves(ctx, a.ID)
		if err != nil || len(saves) != 0 && len(saves) != 2 || len(a.Secrets) != 1 {
			t.Errorf("%s: %d secrets, %d saves, %v", a, len(a.Secrets), len(saves), err)
		}
		saved[a.User] = len(saves) == 2
	}
	for _, user := range written {
		if !saved[user] {
			t.Errorf("%s was written and is lost", user)
		}
	}
}

// fillForever adds messages and incoming rows from several sides, some of which
// wait for each, and prints what is written.
func fillForever(s *store.Store) error {
	account := store.Account{Domain: irc, User: "romeo@example.org"}
	if err := s.SaveAccount(context.Background(), &account); err != nil {
		return err
	}
	failed := make(chan error)
	for side := range 8 {
		var write func(i int)
		write = func(i int) {
			var number int64
			in := incoming(account.User, account.ID, strings.Repeat("x", i%5000))
			do := func(tx *store.Tx) (err error) {
				parts := message(account.ID, fmt.Sprintf("%d-%d", side, i), 2)
				if number, _, err = tx.AddOutgoing(parts); err != nil {
					return err
				}
				return errors.Join(tx.AddIncoming(&in), tx.AddNetworkIDs(account.ID, "#crypt", []string{fmt.Sprint(number)}, number, 1))
			}
			done := func(err error) {
				if err != nil {
					failed <- err
					return
				}
				fmt.Println(number, in.ID)
				go write(i + 1)
			}
			if side%2 == 0 {
				s.UpdateAsync(do, done)
			} else {
				done(s.Update(context.Background(), do))
			}
		}
		go write(0)
	}
	return <-failed
}

func TestKilledWhileFilling(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	var last int64
	for range 5 {
		p := start(t, "boxes", cfg)
		p.line() // open
		written := make([]string, 60)
		for i := range written {
			written[i] = p.line()
		}
		p.kill()
		s := open(t, cfg)
		accounts, err := s.Accounts(ctx, irc)
		check(t, err)
		in, err := s.Incoming(ctx, irc, accounts[0].User, 0, 1_000_000)
		check(t, err)
		kept := map[int64]bool{}
		for _, row := range in {
			kept[row.ID] = true
		}
		for _, line := range written {
			var number, id int64
			_, err := fmt.Sscan(line, &number, &id)
			check(t, err)
			parts, err := s.OutgoingOf(ctx, number)
			check(t, err)
			known, err := s.KnownNetworkID(ctx, accounts[0].ID, "#crypt", fmt.Sprint(number))
			check(t, err)
			if len(parts) != 2 || !known || !kept[id] {
				t.Errorf("message %d: %d parts, id known %t; incoming %d: %t", number, len(parts), known, id, kept[id])
			}
			if number <= last || id <= last {
				t.Errorf("numbers %d and %d are not above %d of the process before", number, id, last)
			}
		}
		// All rows are of whole writes: as many of one box as of the other.
		out, err := s.QueuedOutgoing(ctx, accounts[0].ID, 0, 1_000_000)
		check(t, err)
		if len(out) != 2*len(in) {
			t.Errorf("%d parts, %d incoming", len(out), len(in))
		}
		last = max(out[len(out)-1].Message, in[len(in)-1].ID)
		check(t, s.RemoveUser(ctx, irc, accounts[0].User))
		check(t, s.Close())
	}
}

func rotateForever(s *store.Store) error {
	for {
		if err := s.RotateKey(context.Background()); err != nil {
			return err
		}
		fmt.Println("rotated")
	}
}

func TestKilledWhileRotating(t *testing.T) {
	cfg := thaw(t, latest)
	for round := range 12 {
		p := start(t, "rotate", cfg)
		for range 2 + round%3 {
			p.line()
		}
		p.kill()
		s := open(t, cfg)
		checkFrozen(t, s)
		check(t, s.Close())
	}
}

func keys(t *testing.T, cfg store.Config) int {
	t.Helper()
	text, err := os.ReadFile(cfg.KeyFile)
	check(t, err)
	n, err := store.ParseKeys(text)
	check(t, err)
	return n
}
