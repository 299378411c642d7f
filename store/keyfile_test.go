package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wherry/store"
)

const goodKey = "74ba7c2f uKh9QUzL3SzTASarbt9eWbCo/jN1t2FHlk9wNvL/7MM="

func TestParseKeys(t *testing.T) {
	for _, test := range []struct {
		name, text string
		keys       int // 0: refused
	}{
		{"one", goodKey + "\n", 1},
		{"no end of line", goodKey, 1},
		{"Windows lines", "# keys\r\n" + goodKey + "\r\n", 1},
		{"two", goodKey + "\n\n0" + goodKey[1:], 2},
		{"empty", "", 0},
		{"only a comment", "# " + goodKey, 0},
		{"the same twice", goodKey + "\n" + goodKey, 0},
		{"no id", goodKey[9:], 0},
		{"short id", goodKey[2:], 0},
		{"id not hexadecimal", "x" + goodKey[1:], 0},
		{"short key", "74ba7c2f aaaa", 0},
		{"not base64", goodKey[:20] + "*" + goodKey[21:], 0},
		{"three fields", goodKey + " more", 0},
	} {
		n, err := store.ParseKeys([]byte(test.text))
		if n != test.keys || (err == nil) != (test.keys > 0) {
			t.Errorf("%s: %d keys, %v", test.name, n, err)
		}
		if err != nil && strings.Contains(err.Error(), goodKey[20:30]) {
			t.Errorf("%s: the error shows the key: %v", test.name, err)
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte("# keys\n" + goodKey + "\n"))
	f.Add([]byte(goodKey + "\r\n0" + goodKey[1:]))
	f.Fuzz(func(t *testing.T, text []byte) {
		printed, err := store.FormatKeys(text)
		if err != nil {
			return
		}
		again, err := store.FormatKeys(printed)
		if err != nil || string(again) != string(printed) {
			t.Errorf("%q is printed as %q, then as %q, %v", text, printed, again, err)
		}
	})
}

func TestFilesAreTheOwnersOnly(t *testing.T) {
	cfg := config(t)
	s := open(t, cfg)
	if err := s.SetLanguage(context.Background(), "d", "u", "de"); err != nil {
		t.Fatal(err)
	}
	path := databaseFile(cfg)
	for _, name := range []string{cfg.KeyFile, path, path + "-wal", path + "-shm", path + ".lock"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", name, info.Mode().Perm())
		}
	}
}

// TestKeyFileFaults spoils the key file of a store that has secrets.
func TestKeyFileFaults(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(path string) error
		says  string
	}{
		{"missing", os.Remove, "is missing"},
		{"open to the group", func(p string) error { return os.Chmod(p, 0o640) }, "mode 0640"},
		{"open to the world", func(p string) error { return os.Chmod(p, 0o604) }, "mode 0604"},
		{"empty", func(p string) error { return os.Truncate(p, 0) }, "no key in it"},
		{"cut short", func(p string) error { return os.Truncate(p, 130) }, "damaged"},
		{"a folder", func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }, "not a file"},
		{"another store's", func(p string) error { return os.WriteFile(p, []byte("0"+goodKey[1:]), 0o600) }, "does not belong"},
		{"another key of that id", func(p string) error {
			return os.WriteFile(p, []byte(strings.Replace(goodKey, "uKh9", "uKh8", 1)), 0o600)
		}, "does not belong"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := thaw(t, latest)
			if err := test.spoil(cfg.KeyFile); err != nil {
				t.Fatal(err)
			}
			for _, open := range openers {
				_, err := open(context.Background(), cfg)
				var fault *store.KeyFileError
				if !errors.As(err, &fault) || fault.Path != cfg.KeyFile || !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

var openers = []func(context.Context, store.Config) (*store.Store, error){store.Open, store.OpenReadOnly}

func TestUnreadableKeyFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("root reads every file; the other half of this test needs another user")
		return
	}
	cfg := thaw(t, latest)
	if err := os.Chmod(cfg.KeyFile, 0); err != nil {
		t.Fatal(err)
	}
	var fault *store.KeyFileError
	if _, err := store.Open(context.Background(), cfg); !errors.As(err, &fault) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func TestNoKeyFileGiven(t *testing.T) {
	cfg := config(t)
	cfg.KeyFile = ""
	var fault *store.KeyFileError
	if _, err := store.Open(context.Background(), cfg); !errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
}

// TestLostKeyIsNotReplaced: a new key in place of a lost one would hide the loss.
func TestLostKeyIsNotReplaced(t *testing.T) {
	cfg := thaw(t, latest)
	if err := os.Remove(cfg.KeyFile); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(context.Background(), cfg); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(cfg.KeyFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key file was made: %v", err)
	}
}

// TestKeyFileOfNewStore: a key file that is there before the store is used.
func TestKeyFileOfNewStore(t *testing.T) {
	cfg := config(t)
	if err := os.WriteFile(cfg.KeyFile, []byte(goodKey), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, cfg).Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(cfg.KeyFile)
	if err != nil || string(text) != goodKey {
		t.Errorf("the file is now %q, %v", text, err)
	}
	open(t, cfg)
}

// TestCredential: systemd shows its access list as the group's right to read.
func TestCredential(t *testing.T) {
	cfg := thaw(t, latest)
	if err := os.Chmod(cfg.KeyFile, 0o440); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", filepath.Dir(cfg.KeyFile))
	open(t, cfg)
	if err := os.Chmod(cfg.KeyFile, 0o444); err != nil {
		t.Fatal(err)
	}
	var fault *store.KeyFileError
	if _, err := store.OpenReadOnly(context.Background(), cfg); !errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
}
