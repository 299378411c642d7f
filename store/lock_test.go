package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wherry/store"
)

func TestOneHolder(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	other := start(t, "hold", cfg)
	if line := other.line(); line != "open" {
		t.Fatalf("the other process says %q", line)
	}

	_, err := store.Open(ctx, cfg)
	if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("process %d:", other.pid())) {
		t.Errorf("got %v", err)
	}
	holder, err := store.Holder(cfg)
	same(t, other.pid(), holder, err)

	// Another name of the same file is the same store.
	link := filepath.Join(t.TempDir(), "link.db")
	check(t, os.Symlink(databaseFile(cfg), link))
	linked := cfg
	linked.URL = "sqlite:" + link
	if _, err := store.Open(ctx, linked); !errors.Is(err, store.ErrLocked) {
		t.Errorf("by a link: %v", err)
	}

	look, err := store.OpenReadOnly(ctx, cfg)
	check(t, err)
	check(t, look.Close())

	other.kill()
	holder, err = store.Holder(cfg)
	same(t, 0, holder, err)
	s := open(t, cfg)
	holder, err = store.Holder(cfg)
	same(t, os.Getpid(), holder, err)
	if _, err := store.Open(ctx, cfg); !errors.Is(err, store.ErrLocked) {
		t.Errorf("twice in a process: %v", err)
	}
	check(t, s.Close())
	holder, err = store.Holder(cfg)
	same(t, 0, holder, err)
}

func TestHolderOfNoStore(t *testing.T) {
	cfg := config(t)
	holder, err := store.Holder(cfg)
	same(t, 0, holder, err)
	if names, _ := filepath.Glob(databaseFile(cfg) + "*"); len(names) != 0 {
		t.Errorf("it made %q", names)
	}
}

// TestAskingIsNoHolding: who asks for the holder does not stop one who starts.
func TestAskingIsNoHolding(t *testing.T) {
	cfg := config(t)
	check(t, open(t, cfg).Close())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if _, err := store.Holder(cfg); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 20 {
		s, err := store.Open(ctx, cfg)
		check(t, err)
		check(t, s.Close())
	}
	cancel()
	<-done
}

func TestFailedOpenReleases(t *testing.T) {
	cfg := thaw(t, latest)
	check(t, os.Chmod(cfg.KeyFile, 0o644))
	if _, err := store.Open(context.Background(), cfg); err == nil {
		t.Fatal("it opened")
	}
	check(t, os.Chmod(cfg.KeyFile, 0o600))
	checkFrozen(t, open(t, cfg))
}
