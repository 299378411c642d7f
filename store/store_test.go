package store_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wherry/store"
)

func config(t testing.TB) store.Config {
	dir := t.TempDir()
	return store.Config{URL: "sqlite:" + filepath.Join(dir, "wherry.db"), KeyFile: filepath.Join(dir, "wherry.key")}
}

func open(t testing.TB, cfg store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), cfg)
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

func TestURL(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	for _, test := range []struct{ url, says string }{
		{"", `"sqlite:"`},
		{"wherry.db", `"sqlite:"`},
		{"sqlite:", `"sqlite:"`},
		{"postgres://user@host/db", "SQLite only"},
		{"postgresql:", "SQLite only"},
		{"sqlite:" + dir + "/none/wherry.db", "make the folder first"},
		{"sqlite:" + dir, "is a directory"},
	} {
		_, err := store.Open(context.Background(), store.Config{URL: test.url, KeyFile: key})
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: %v", test.url, err)
		}
	}
}

func TestOddPaths(t *testing.T) {
	for _, name := range []string{"a b", "50%", "a%20b", "what?mode=ro", "#1", "☃", "a&b=c", "[x]*"} {
		dir := t.TempDir()
		cfg := store.Config{URL: "sqlite:" + filepath.Join(dir, name), KeyFile: filepath.Join(dir, "key")}
		open(t, cfg)
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestOthersFiles(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	_, err := raw(t, cfg).Exec(`CREATE TABLE places (id INTEGER)`)
	check(t, err)
	for _, open := range openers {
		if _, err := open(ctx, cfg); err == nil || !strings.Contains(err.Error(), "another program") {
			t.Errorf("another program's database: %v", err)
		}
	}
	cfg = config(t)
	check(t, os.WriteFile(databaseFile(cfg), bytes.Repeat([]byte("text "), 1000), 0o600))
	for _, open := range openers {
		if _, err := open(ctx, cfg); err == nil || !strings.Contains(err.Error(), databaseFile(cfg)) {
			t.Errorf("not a database: %v", err)
		}
	}
}

func TestInstanceKey(t *testing.T) {
	cfg := config(t)
	s := open(t, cfg)
	first := s.InstanceKey()
	check(t, s.Close())
	again := open(t, cfg).InstanceKey()
	if len(first) != 32 || !bytes.Equal(first, again) {
		t.Errorf("%x, then %x", first, again)
	}
	if bytes.Equal(first, open(t, config(t)).InstanceKey()) {
		t.Error("two stores have the same")
	}
	if bytes.Contains(files(t, cfg), first) {
		t.Error("it is not sealed")
	}
}

func TestReadOnly(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	if _, err := store.OpenReadOnly(ctx, cfg); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no store: %v", err)
	}
	if _, err := os.Stat(databaseFile(cfg)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("it was made: %v", err)
	}
	s := open(t, cfg)
	look, err := store.OpenReadOnly(ctx, cfg)
	check(t, err)
	defer look.Close()
	a := marked(1, 1)
	check(t, s.SaveAccount(ctx, &a))
	accounts, err := look.Accounts(ctx, wiped)
	same(t, []store.Account{a}, accounts, err)

	for name, write := range map[string]func() error{
		"SaveAccount": func() error { return look.SaveAccount(ctx, &a) },
		"SetLanguage": func() error { return look.SetLanguage(ctx, "d", "u", "de") },
		"RotateKey":   func() error { return look.RotateKey(ctx) },
	} {
		if err := write(); !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadOnlyWithoutKey(t *testing.T) {
	ctx := context.Background()
	cfg := thaw(t, latest)
	cfg.KeyFile = ""
	look, err := store.OpenReadOnly(ctx, cfg)
	check(t, err)
	defer look.Close()
	users, err := look.Users(ctx, "irc.example.org")
	same(t, []store.UserSummary{
		{User: "juliet@example.org", Accounts: 1, Suspended: 1},
		{User: "romeo@example.org", Accounts: 1, Registered: 1},
	}, users, err)
	if _, err := look.Accounts(ctx, "irc.example.org"); err == nil || !strings.Contains(err.Error(), "without its key file") {
		t.Errorf("got %v", err)
	}
}

// TestReadersDoNotBlockRemoval: what a reader still sees stays in the log file
// until it has ended; the removal itself is not kept waiting.
func TestReadersDoNotBlockRemoval(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	a := marked(1, 1)
	check(t, s.SaveAccount(ctx, &a))
	reader, err := raw(t, cfg).BeginTx(ctx, nil)
	check(t, err)
	var n int
	check(t, reader.QueryRow(`SELECT COUNT(*) FROM account`).Scan(&n))
	check(t, s.RemoveAccount(ctx, a.ID))
	check(t, reader.Rollback())
	check(t, s.Close())
	if bytes.Contains(files(t, cfg), []byte(mark(1))) {
		t.Error("the removed user stands in the files")
	}
}

// TestPragmas holds what no test can see: a power cut, and the disk.
func TestPragmas(t *testing.T) {
	s := open(t, config(t))
	const full = "2"
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": full, "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "5000",
	} {
		got, err := s.Pragma(name)
		same(t, name+" "+want, name+" "+got, err)
	}
}
