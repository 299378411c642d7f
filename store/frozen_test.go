package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/store"
)

// The frozen store is what the first schema left on disk: its rows as SQL, and
// its key file. It never changes.

func frozenAccounts() []store.Account {
	created := time.Date(2025, 11, 21, 4, 0, 0, 0, time.UTC)
	return []store.Account{{
		ID: 1, Domain: "irc.example.org", User: "romeo@example.org", Scope: "irc.example.net", Registered: true,
		Settings: map[string]string{"nick": "romeo"}, Secrets: map[string]string{"pass": "montague", "sasl_password": "♥"},
		Created: created,
	}, {
		ID: 2, Domain: "irc.example.org", User: "juliet@example.org",
		Settings: map[string]string{}, Secrets: map[string]string{},
		Created: created, Suspended: created.Add(time.Hour),
	}}
}

func frozenRooms() []store.Room {
	return []store.Room{
		{AccountID: 1, Name: "#balcony", Nick: "romeo", Password: "dusk", Persistent: true, Resources: []string{"orchard", "street"}},
		{AccountID: 1, Name: "#crypt", Nick: "romeo"},
	}
}

func frozenContacts() []store.Contact {
	asked := time.Date(2025, 11, 21, 4, 30, 0, 0, time.UTC)
	return []store.Contact{
		{Domain: "irc.example.org", User: "romeo@example.org", Ours: 1, Theirs: 2, Asked: asked},
		{Domain: "irc.example.org", User: "romeo@example.org", Name: "mercutio%irc.example.net", Theirs: 2},
	}
}

// thaw makes the frozen store of a schema anew and returns where it is.
func thaw(t *testing.T, name string) store.Config {
	t.Helper()
	cfg := config(t)
	text, err := os.ReadFile(filepath.Join("testdata", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	db := raw(t, cfg)
	if _, err := db.Exec(string(text)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join("testdata", name+".keys"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cfg.KeyFile, key, 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// raw opens the database file itself, as another program would.
func raw(t *testing.T, cfg store.Config) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", databaseFile(cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func databaseFile(cfg store.Config) string { return strings.TrimPrefix(cfg.URL, "sqlite:") }

func TestFrozenStoreOpens(t *testing.T) {
	s := open(t, thaw(t, "schema1"))
	checkFrozen(t, s)
	// Keyed hashes in other people's hands derive from the instance key.
	const want = "1d5467cdca447e4bf3d3b135f6ba9582b8eac674c3314ad4d9868689c56a5832"
	if got := fmt.Sprintf("%x", sha256.Sum256(s.InstanceKey())); got != want {
		t.Errorf("instance key has hash %s", got)
	}
}

func checkFrozen(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	accounts, err := s.Accounts(ctx, "irc.example.org")
	same(t, frozenAccounts(), accounts, err)
	rooms, err := s.Rooms(ctx, 1)
	same(t, frozenRooms(), rooms, err)
	contacts, err := s.Contacts(ctx, "irc.example.org", "romeo@example.org")
	same(t, frozenContacts(), contacts, err)
	saves, err := s.Saves(ctx, 1)
	same(t, map[string][]byte{"position": []byte("17"), "token": []byte("refreshed")}, saves, err)
	tag, err := s.Language(ctx, "irc.example.org", "romeo@example.org")
	same(t, "de", tag, err)
}

func same[T any](t *testing.T, want, got T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
