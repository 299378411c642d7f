package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"wherry/store"
)

const wiped = "sms.example.org"

// mark stands in all that user i has; the dot keeps 1 from standing in 10.
func mark(i int) string { return fmt.Sprintf("mark.%d.", i) }

func marked(i, size int) store.Account {
	return store.Account{
		Domain: wiped, User: mark(i) + "@example.org", Registered: true,
		Settings: map[string]string{"line": mark(i) + strings.Repeat("x", size)},
		Secrets:  map[string]string{"auth_token": mark(i)},
	}
}

// files returns what stands in the files of the store.
func files(t *testing.T, cfg store.Config) []byte {
	t.Helper()
	var all []byte
	for _, end := range []string{"", "-wal", "-shm"} {
		text, err := os.ReadFile(databaseFile(cfg) + end)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

// fill writes a mark to all that both boxes keep of an account, and to what is
// of its user only.
func fill(t *testing.T, s *store.Store, account int64, mark string) {
	t.Helper()
	check(t, s.Update(context.Background(), func(tx *store.Tx) error {
		number, _, err := tx.AddOutgoing([]store.Outgoing{
			{Account: account, Parts: 2, Chat: mark, Key: []byte(mark), Stanza: mark, Sender: mark + "@example.org/x", Lang: mark},
			{Account: account, Part: 1, Parts: 2, Content: []byte(mark + strings.Repeat("x", 9000)), State: store.Sent},
		})
		if err != nil {
			return err
		}
		_, err = tx.See(account, mark, mark)
		own := store.Incoming{Domain: wiped, User: mark + "@example.org", Chat: mark, Content: []byte(mark)}
		scoped := own
		scoped.Account = account
		left := store.Trail{
			Account: account, Ref: mark, Chat: mark, Stanza: mark, Thread: mark, Shown: mark, Answers: mark, Content: []byte(mark),
		}
		return errors.Join(err, tx.AddTrail(&left), tx.AddNetworkIDs(account, mark, []string{mark}, number, 1),
			tx.PutEarlyStatus(account, mark, mark, []byte(mark)), tx.AddIncoming(&own), tx.AddIncoming(&scoped))
	}))
}

// boxRows counts the rows of all tables of both boxes.
func boxRows(t *testing.T, cfg store.Config) (rows map[string]int) {
	t.Helper()
	rows = map[string]int{}
	for _, table := range []string{"outgoing", "network_id", "early_status", "seen", "incoming", "trail"} {
		var n int
		check(t, raw(t, cfg).QueryRow(`SELECT COUNT(*) FROM `+table).Scan(&n))
		rows[table] = n
	}
	return rows
}

func TestRemovedUserIsGoneFromTheFiles(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	for i := range 2 {
		a := marked(i, 10)
		check(t, s.SaveAccount(ctx, &a))
		check(t, s.SaveContact(ctx, store.Contact{Domain: wiped, User: a.User, Name: mark(i), Ours: 1}))
		check(t, s.SetLanguage(ctx, wiped, a.User, mark(i)))
		check(t, s.PutSaves(ctx, a.ID, []store.Save{{Name: mark(i), Value: []byte(mark(i))}}))
		check(t, s.SaveRoom(ctx, store.Room{AccountID: a.ID, Name: mark(i), Nick: mark(i), Resources: []string{mark(i)}}))
		fill(t, s, a.ID, mark(i))
	}
	sealed := sealedValues(t, cfg, 1)
	if len(sealed) == 0 || !bytes.Contains(files(t, cfg), sealed[0]) || !bytes.Contains(files(t, cfg), []byte(mark(0))) {
		t.Fatal("the test looks for the wrong thing")
	}
	check(t, s.RemoveUser(ctx, wiped, marked(0, 0).User))
	text := files(t, cfg)
	if bytes.Contains(text, []byte(mark(0))) || bytes.Contains(text, sealed[0]) {
		t.Error("the removed user stands in the files")
	}
	if !bytes.Contains(text, []byte(mark(1))) {
		t.Error("the other user does not")
	}
	same(t, map[string]int{"outgoing": 2, "network_id": 1, "early_status": 1, "seen": 1, "incoming": 2, "trail": 1}, boxRows(t, cfg), nil)
	check(t, s.RemoveUser(ctx, "other.example.org", marked(1, 0).User))
	same(t, 2, boxRows(t, cfg)["incoming"], nil)
}

func TestRemovedAccountIsGoneFromTheBoxes(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	accounts := []store.Account{marked(0, 0), marked(0, 0)}
	accounts[1].Scope, accounts[1].Settings, accounts[1].Secrets = "other", nil, nil
	for i := range accounts {
		check(t, s.SaveAccount(ctx, &accounts[i]))
		fill(t, s, accounts[i].ID, mark(i))
	}
	check(t, s.RemoveAccount(ctx, accounts[1].ID))
	// What came for the user is of no account.
	same(t, map[string]int{"outgoing": 2, "network_id": 1, "early_status": 1, "seen": 1, "incoming": 3, "trail": 1}, boxRows(t, cfg), nil)
	check(t, s.Update(ctx, func(tx *store.Tx) error { return tx.RemoveIncomingOf(accounts[0].ID) }))
	same(t, 2, boxRows(t, cfg)["incoming"], nil)
	check(t, s.RemoveUser(ctx, wiped, mark(1)+"@example.org"))
	if bytes.Contains(files(t, cfg), []byte(mark(1))) {
		t.Error("the removed account stands in the files")
	}
}

// sealedValues returns the sealed secrets of an account as they stand in the
// database.
func sealedValues(t *testing.T, cfg store.Config, account int) (sealed [][]byte) {
	t.Helper()
	rows, err := raw(t, cfg).Query(`SELECT value FROM secret WHERE account = ?`, account)
	check(t, err)
	defer rows.Close()
	for rows.Next() {
		var value []byte
		check(t, rows.Scan(&value))
		sealed = append(sealed, value)
	}
	check(t, rows.Err())
	return sealed
}

// IRC-B49
func TestReplacedSecretIsGoneFromTheFiles(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	a := marked(0, 10)
	check(t, s.SaveAccount(ctx, &a))
	sealed := sealedValues(t, cfg, 1)[0]
	check(t, s.SaveAccount(ctx, &a))
	if bytes.Contains(files(t, cfg), sealed) {
		t.Error("the replaced secret stands in the files")
	}
}

// TestNothingStaysInMovedPages removes many users from a database whose rows
// were moved about: SQLite leaves copies where they were, and overwrites only
// the rows themselves.
func TestNothingStaysInMovedPages(t *testing.T) {
	for seed := range uint64(4) {
		ctx := context.Background()
		cfg := config(t)
		s := open(t, cfg)
		dice := rand.New(rand.NewPCG(seed, 0))
		accounts := make([]store.Account, 300)
		for i := range accounts {
			accounts[i] = marked(i, dice.IntN(3000))
			check(t, s.SaveAccount(ctx, &accounts[i]))
		}
		for range 300 {
			i := dice.IntN(len(accounts))
			accounts[i].Settings = marked(i, dice.IntN(9000)).Settings
			check(t, s.SaveAccount(ctx, &accounts[i]))
		}
		for i := 0; i < len(accounts); i += 2 {
			check(t, s.RemoveAccount(ctx, accounts[i].ID))
		}
		check(t, s.Close())
		text := files(t, cfg)
		for i := range accounts {
			if found := bytes.Contains(text, []byte(mark(i))); found != (i%2 == 1) {
				t.Errorf("seed %d: %s found: %t", seed, mark(i), found)
			}
		}
	}
}

// TestLargeStoreIsNotRewrittenByRemoval: writes would wait too long. A new key
// must reach everything all the same.
func TestLargeStoreIsNotRewrittenByRemoval(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	s.LimitRewriting(0)
	a := marked(0, 1_000_000)
	check(t, s.SaveAccount(ctx, &a))
	check(t, s.RemoveAccount(ctx, a.ID))
	if size := len(files(t, cfg)); size < 1_000_000 {
		t.Errorf("after a removal the store has %d bytes", size)
	}
	if bytes.Contains(files(t, cfg), []byte(mark(0))) {
		t.Error("the removed user stands in the files")
	}
	check(t, s.RotateKey(ctx))
	info, err := os.Stat(databaseFile(cfg))
	check(t, err)
	if info.Size() > 500_000 {
		t.Errorf("after a new key the store has %d bytes", info.Size())
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
