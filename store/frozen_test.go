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

// The frozen stores are what each schema left on disk: its rows as SQL, and its
// key file. They never change. All have the same rows, each as far as its
// schema goes.
var frozen = []string{"schema1", "schema2", "schema3", "schema4", "schema5", "schema6"}

const latest = "schema6"

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

func frozenOutgoing() []store.Outgoing {
	made := time.Date(2025, 11, 21, 5, 0, 0, 0, time.UTC)
	one := store.Outgoing{
		Account: 1, Message: 1763701200000000, Parts: 2, Chat: "mercutio", Key: []byte("first"), Stanza: "s1",
		Sender: "romeo@example.org/orchard", Receipt: true, Lang: "it", Content: []byte("ciao"),
		State: store.Unsure, Attempts: 2, Due: made.Add(time.Hour), Created: made, Changed: made.Add(time.Minute), Told: true,
	}
	two := one
	two.Part, two.Key, two.Content, two.State, two.Attempts, two.Due, two.Told = 1, nil, nil, store.Sent, 1, time.Time{}, false
	return []store.Outgoing{one, two}
}

func frozenIncoming() []store.Incoming {
	made := time.Date(2025, 11, 21, 5, 0, 0, 0, time.UTC)
	return []store.Incoming{{
		ID: 1763701200000001, Domain: "irc.example.org", User: "romeo@example.org", Account: 1, Chat: "mercutio",
		Content: []byte("ciao"), Created: made,
	}, {
		ID: 1763701200000002, Domain: "irc.example.org", User: "romeo@example.org", Content: []byte("welcome"), Created: made,
	}}
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

// IRC-B48
func TestFrozenStoreOpens(t *testing.T) {
	for _, name := range frozen {
		t.Run(name, func(t *testing.T) {
			s := open(t, thaw(t, name))
			checkFrozen(t, s)
			// Keyed hashes in other people's hands derive from the instance key.
			const want = "1d5467cdca447e4bf3d3b135f6ba9582b8eac674c3314ad4d9868689c56a5832"
			if got := fmt.Sprintf("%x", sha256.Sum256(s.InstanceKey())); got != want {
				t.Errorf("instance key has hash %s", got)
			}
		})
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

// checkFrozenBoxes checks what the second schema added.
func checkFrozenBoxes(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	out, in, err := s.QueuedOf(ctx, "irc.example.org", "romeo@example.org")
	same(t, frozenOutgoing(), out, err)
	same(t, frozenIncoming(), in, nil)
	known, err := s.KnownNetworkID(ctx, 1, "mercutio", "id1")
	same(t, true, known, err)
	message, part, err := byNetworkID(s, 1, "mercutio", "id1")
	same(t, frozenOutgoing()[1].Message, message, err)
	same(t, 1, part, err)
	first := update(t, s, func(tx *store.Tx) (bool, error) { return tx.See(1, "mercutio", "event") })
	same(t, false, first, nil)
	early := update(t, s, func(tx *store.Tx) ([][]byte, error) { return tx.TakeEarlyStatuses(1, "mercutio", []string{"id2"}) })
	same(t, [][]byte{[]byte("read")}, early, nil)
	same(t, frozenOutgoing()[0].Message, add(t, s, frozenOutgoing()[:1]), nil)
}

func TestFrozenBoxes(t *testing.T) {
	for _, name := range frozen[1:] {
		t.Run(name, func(t *testing.T) { checkFrozenBoxes(t, open(t, thaw(t, name))) })
	}
}

// TestFrozenArchive checks what the fourth schema added.
func TestFrozenArchive(t *testing.T) {
	ctx := context.Background()
	s := open(t, thaw(t, "schema4"))
	own, shared, err := s.LogsOf(ctx, 1, "#balcony")
	same(t, []int64{1}, shared, err)
	same(t, 0, len(own), nil)
	id, last, err := s.FindLog(ctx, store.Log{Domain: "irc.example.org", Host: "irc.example.net", Room: "#balcony"})
	same(t, 1, id, err)
	same(t, 1806030028800001024, last, nil)
	lines, err := s.Lines(ctx, store.LineQuery{Log: id, Account: 1, Limit: 9})
	same(t, []store.Line{
		{Log: 1, ID: 1806030028800000000, Public: true, Nick: "juliet", NetID: "msg1", Content: []byte{1, 0, 0}},
		{Log: 1, ID: 1806030028800001024, Account: 1, Nick: "nurse", Content: []byte{1, 0, 1}},
	}, lines, err)
	times, err := s.Memberships(ctx, id, 1)
	same(t, []store.Membership{{Since: 1806030000000000000, Until: 1806030000000001024}, {Since: 1806030028800000000}}, times, err)
	next := update(t, s, func(tx *store.Tx) (int64, error) {
		return tx.Log(store.Log{Domain: "irc.example.org", Host: "irc.example.net", Room: "#new"})
	})
	same(t, 3, next, nil)
}

// TestFrozenRoomSettings checks what the fifth schema added.
func TestFrozenRoomSettings(t *testing.T) {
	all, err := open(t, thaw(t, "schema5")).RoomSettings(context.Background(), 1)
	same(t, map[string]map[string]string{"#balcony": {"encoding_in": "koi8-r", "record_history": "false"}}, all, err)
}

// TestFrozenTrails checks what the sixth schema added.
func TestFrozenTrails(t *testing.T) {
	s := open(t, thaw(t, "schema6"))
	said := time.Date(2025, 11, 21, 5, 0, 0, 0, time.UTC)
	theirs := store.Trail{
		Account: 1, Number: 1763701200000003, Ref: "mail1@example.org", Chat: "mercutio", Stanza: "s0", Thread: "thread1", Shown: "t1",
		Answers: "mail0@example.org", Content: []byte("{}"), Said: said.Add(-time.Minute),
	}
	ours := store.Trail{
		Account: 1, Number: 1763701200000004, Ref: "mail2@example.org", Chat: "mercutio", Stanza: "s1", Thread: "thread1", Shown: "t1",
		Whose: store.Ours, Said: said,
	}
	got := update(t, s, func(tx *store.Tx) (store.Trail, error) { return tx.TrailOf(1, "mercutio", "mail1@example.org") })
	same(t, theirs, got, nil)
	got = update(t, s, func(tx *store.Tx) (store.Trail, error) { return tx.LastTrail(1, "mercutio") })
	same(t, ours, got, nil)
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
