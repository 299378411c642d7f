package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"wherry/store"
)

// hold keeps the writer busy until release is called.
func hold(t *testing.T, s *store.Store) (release func()) {
	t.Helper()
	held, let := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var all sync.WaitGroup
	all.Go(func() {
		err := s.Write(context.Background(), func(func(string, ...any) error) error {
			once.Do(func() { close(held) })
			<-let
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	return func() { close(let); all.Wait() }
}

// queue starts n writes beside each other and returns when all wait.
func queue(s *store.Store, n int, write func(int) error) (results func() []error) {
	before := s.Waiting()
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = write(i) })
	}
	for s.Waiting() < before+n {
		runtime.Gosched()
	}
	return func() []error { all.Wait(); return errs }
}

func numbered(i int) store.Contact {
	return store.Contact{Domain: "d", User: "u", Name: fmt.Sprintf("%04d", i), Ours: 1}
}

func TestWritesShareTransactions(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	commits, err := s.CountCommits()
	if err != nil {
		t.Fatal(err)
	}
	release := hold(t, s)
	results := queue(s, 600, func(i int) error { return s.SaveContact(ctx, numbered(i)) })
	release()
	for _, err := range results() {
		if err != nil {
			t.Fatal(err)
		}
	}
	// The one that held, then 250, 250 and 100.
	if n := commits.Load(); n != 4 {
		t.Errorf("%d transactions", n)
	}
}

var errOwn = errors.New("own fault")

func TestFaultsAreTheirOwn(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault func(s *store.Store) error
		want  error
	}{
		{"no such room", func(s *store.Store) error { return s.AddResource(context.Background(), 1, "#nowhere", "phone") }, store.ErrNotFound},
		{"half a write", func(s *store.Store) error {
			return s.Write(context.Background(), func(exec func(string, ...any) error) error {
				if err := exec(`INSERT INTO language (domain, jid, tag) VALUES ('d', 'u', 'xx')`); err != nil {
					return err
				}
				return errOwn
			})
		}, errOwn},
		{"lost transaction", func(s *store.Store) error {
			return s.Write(context.Background(), func(exec func(string, ...any) error) error {
				if err := exec(`ROLLBACK`); err != nil {
					return err
				}
				return errOwn
			})
		}, errOwn},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx := context.Background()
			s := open(t, config(t))
			release := hold(t, s)
			results := queue(s, 9, func(i int) error {
				if i == 4 {
					return test.fault(s)
				}
				return s.SaveContact(ctx, numbered(i))
			})
			release()
			for i, err := range results() {
				if i == 4 && !errors.Is(err, test.want) || i != 4 && err != nil {
					t.Errorf("write %d: %v", i, err)
				}
			}
			contacts, err := s.Contacts(ctx, "d", "u")
			if err != nil || len(contacts) != 8 {
				t.Errorf("%d contacts, %v", len(contacts), err)
			}
			if tag, err := s.Language(ctx, "d", "u"); err != nil || tag != "" {
				t.Errorf("half a write stayed: %q, %v", tag, err)
			}
		})
	}
}

func TestContextEndsWaiting(t *testing.T) {
	s := open(t, config(t))
	ctx, cancel := context.WithCancel(context.Background())
	release := hold(t, s)
	results := queue(s, 1, func(int) error { return s.SaveContact(ctx, numbered(1)) })
	cancel()
	if err := results()[0]; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	if err := s.SaveContact(ctx, numbered(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	contacts, err := s.Contacts(context.Background(), "d", "u")
	if err != nil || len(contacts) != 0 {
		t.Errorf("%d contacts, %v", len(contacts), err)
	}
}

func TestCloseFinishesWrites(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	release := hold(t, s)
	results := queue(s, 150, func(i int) error { return s.SaveContact(ctx, numbered(i)) })
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	for !s.Closing() {
		runtime.Gosched()
	}
	if err := s.SaveContact(ctx, numbered(200)); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a write after Close: %v", err)
	}
	release()
	for i, err := range results() {
		if err != nil {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	contacts, err := open(t, cfg).Contacts(ctx, "d", "u")
	if err != nil || len(contacts) != 150 {
		t.Errorf("%d contacts, %v", len(contacts), err)
	}
}

func TestFullDisk(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	a := store.Account{Domain: "d", User: "u"}
	if err := s.SaveAccount(ctx, &a); err != nil {
		t.Fatal(err)
	}
	if err := s.LimitPages(1); err != nil {
		t.Fatal(err)
	}
	release := hold(t, s)
	results := queue(s, 3, func(i int) error {
		return s.PutSaves(ctx, a.ID, []store.Save{{Name: fmt.Sprint(i), Value: make([]byte, 1+i%2*100_000)}})
	})
	release()
	for i, err := range results() {
		if full := i == 1; full != (err != nil) {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if err := s.LimitPages(10_000); err != nil {
		t.Fatal(err)
	}
	if err := s.PutSaves(ctx, a.ID, []store.Save{{Name: "1", Value: make([]byte, 100_000)}}); err != nil {
		t.Error(err)
	}
	saves, err := s.Saves(ctx, a.ID)
	if err != nil || len(saves) != 3 {
		t.Errorf("%d saves, %v", len(saves), err)
	}
}
