package store_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"wherry/store"
)

// A store that takes writes says so, each time by a write.
func TestWritable(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	check(t, s.Writable(ctx))
	commits, err := s.CountCommits()
	check(t, err)
	check(t, s.Writable(ctx))
	if commits.Load() != 2 {
		t.Errorf("%d commits", commits.Load())
	}
	left, err := s.IncomingUsers(ctx, "")
	same(t, nil, left, err)
	r, err := store.OpenReadOnly(ctx, store.Config{URL: cfg.URL})
	check(t, err)
	defer r.Close()
	if err := r.Writable(ctx); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("opened for reading: %v", err)
	}
	check(t, s.Close())
	if err := s.Writable(ctx); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// One that takes no message for want of room says so, although small changes go
// on, and says when there is room again.
func TestWritableFull(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	limitFiles(t, 1<<20)
	if _, err := flood(s, account); !store.Full(err) {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.Writable(ctx); !store.Full(err) {
			t.Errorf("full: %v", err)
		}
	}
	liftFiles(t)
	check(t, s.Writable(ctx))
}

// One that hangs is not waited for.
func TestWritableHangs(t *testing.T) {
	cfg := config(t)
	s := open(t, cfg)
	other, err := sql.Open("sqlite3", "file:"+strings.TrimPrefix(cfg.URL, "sqlite:")+"?_txlock=immediate")
	check(t, err)
	defer other.Close()
	tx, err := other.Begin()
	check(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Writable(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("held by another: %v", err)
	}
	check(t, tx.Rollback())
	check(t, s.Writable(context.Background()))
}
