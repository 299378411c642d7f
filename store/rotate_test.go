package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"wherry/store"
)

func TestRotateKey(t *testing.T) {
	ctx := context.Background()
	cfg := thaw(t, latest)
	old, err := os.ReadFile(cfg.KeyFile)
	check(t, err)
	s := open(t, cfg)
	instance := s.InstanceKey()
	sealed := sealedValues(t, cfg, 1)
	check(t, s.RotateKey(ctx))
	checkFrozen(t, s)
	text := files(t, cfg)
	for _, value := range sealed {
		if bytes.Contains(text, value) {
			t.Error("a value sealed with the old key stands in the files")
		}
	}
	check(t, s.Close())

	if n := keys(t, cfg); n != 1 {
		t.Errorf("%d keys", n)
	}
	info, err := os.Stat(cfg.KeyFile)
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o", info.Mode().Perm())
	}
	s = open(t, cfg)
	checkFrozen(t, s)
	if !bytes.Equal(instance, s.InstanceKey()) {
		t.Error("the instance key is another")
	}
	check(t, s.Close())
	check(t, os.WriteFile(cfg.KeyFile, old, 0o600))
	var fault *store.KeyFileError
	if _, err := store.Open(ctx, cfg); !errors.As(err, &fault) {
		t.Errorf("with the old key: %v", err)
	}
}

// TestRotationEndsAnywhere opens the store as a rotation leaves it that ended
// at each of its steps, and rotates again.
func TestRotationEndsAnywhere(t *testing.T) {
	const extra = "01234567 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	for _, test := range []struct {
		name  string
		leave func(cfg store.Config, old, rotated string) error
	}{
		{"a draft", func(cfg store.Config, _, _ string) error {
			return os.WriteFile(cfg.KeyFile+".new", []byte("half a l"), 0o400)
		}},
		{"new key written", func(cfg store.Config, _, rotated string) error {
			return os.WriteFile(cfg.KeyFile, []byte(extra+rotated), 0o600)
		}},
		{"all sealed", func(cfg store.Config, old, rotated string) error {
			return os.WriteFile(cfg.KeyFile, []byte(rotated+old), 0o600)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := thaw(t, latest)
			old, err := os.ReadFile(cfg.KeyFile)
			check(t, err)
			s := open(t, cfg)
			check(t, s.RotateKey(context.Background()))
			check(t, s.Close())
			rotated, err := os.ReadFile(cfg.KeyFile)
			check(t, err)
			check(t, test.leave(cfg, string(old), string(rotated)))

			s = open(t, cfg)
			checkFrozen(t, s)
			check(t, s.RotateKey(context.Background()))
			checkFrozen(t, s)
			check(t, s.Close())
			if n := keys(t, cfg); n != 1 {
				t.Errorf("%d keys", n)
			}
			checkFrozen(t, open(t, cfg))
		})
	}
}

func TestRotationBesideOthers(t *testing.T) {
	ctx := context.Background()
	cfg := thaw(t, latest)
	s := open(t, cfg)
	var all sync.WaitGroup
	stop := make(chan struct{})
	for side := range 4 {
		all.Go(func() {
			for i := side; ; i += 4 {
				select {
				case <-stop:
					return
				default:
				}
				a := marked(i, 0)
				if err := s.SaveAccount(ctx, &a); err != nil {
					t.Error(err)
				}
				if _, err := s.Accounts(ctx, "irc.example.org"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 10 {
		check(t, s.RotateKey(ctx))
	}
	close(stop)
	all.Wait()
	check(t, s.Close())
	s = open(t, cfg)
	checkFrozen(t, s)
	_, err := s.Accounts(ctx, wiped)
	check(t, err)
}

// TestFailedRotationKeepsTheOldKey: a value that does not open stops it.
func TestFailedRotationKeepsTheOldKey(t *testing.T) {
	ctx := context.Background()
	cfg := thaw(t, latest)
	_, err := raw(t, cfg).Exec(`INSERT INTO secret (account, field, value) VALUES (2, 'pass', X'0102')`)
	check(t, err)
	s := open(t, cfg)
	if err := s.RotateKey(ctx); err == nil || !strings.Contains(err.Error(), `secret "pass" of account 2`) {
		t.Errorf("got %v", err)
	}
	check(t, s.Close())
	_, err = raw(t, cfg).Exec(`DELETE FROM secret WHERE account = 2`)
	check(t, err)
	s = open(t, cfg)
	checkFrozen(t, s)
	check(t, s.RotateKey(ctx))
	checkFrozen(t, s)
	if n := keys(t, cfg); n != 1 {
		t.Errorf("%d keys", n)
	}
}

func TestKeyFileThatCannotBeWritten(t *testing.T) {
	cfg := thaw(t, latest)
	s := open(t, cfg)
	check(t, os.Mkdir(cfg.KeyFile+".new", 0o700))
	check(t, os.WriteFile(cfg.KeyFile+".new/in-the-way", nil, 0o600))
	var fault *store.KeyFileError
	if err := s.RotateKey(context.Background()); !errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
	checkFrozen(t, s)
}

// TestRootLeavesFilesToTheirOwner: a command that root runs must not shut the
// service's user out. Only root can try it.
func TestRootLeavesFilesToTheirOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		return
	}
	const service = 12345
	cfg := thaw(t, latest)
	path := databaseFile(cfg)
	check(t, os.Chown(path, service, service))
	check(t, os.Chown(cfg.KeyFile, service, service))
	s, err := store.OpenWith(context.Background(), cfg, nextStep)
	check(t, err)
	check(t, s.RotateKey(context.Background()))
	for _, name := range append(copies(t, cfg), path, path+"-wal", path+"-shm", path+".lock", cfg.KeyFile) {
		info, err := os.Stat(name)
		check(t, err)
		if owner := info.Sys().(*syscall.Stat_t).Uid; owner != service {
			t.Errorf("%s belongs to %d", name, owner)
		}
	}
	check(t, s.Close())
}
