package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
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
