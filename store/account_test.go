package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wherry/store"
)

const irc = "irc.example.org"

func romeo() store.Account {
	return store.Account{
		User: "romeo@example.org", Domain: irc, Scope: "irc.example.net", Registered: true,
		Settings: map[string]string{"nick": "romeo", "lines": "a\nb\x00☃"},
		Secrets:  map[string]string{"pass": "montague", "none": "", "sasl_password": "☃"},
	}
}

func TestSaveAccount(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	before := time.Now().Add(-time.Millisecond)
	a := romeo()
	check(t, s.SaveAccount(ctx, &a))
	if a.ID == 0 || a.Created.Before(before) {
		t.Fatalf("ID %d, created %s", a.ID, a.Created)
	}
	got, err := s.Account(ctx, irc, a.User, a.Scope)
	same(t, a, got, err)

	a.Scope, a.Registered = "", false
	a.Settings, a.Secrets = map[string]string{"nick": "r"}, map[string]string{"pass": "capulet"}
	a.Suspended = time.UnixMilli(1_700_000_000_000).UTC()
	check(t, s.SaveAccount(ctx, &a))
	all, err := s.Accounts(ctx, irc)
	same(t, []store.Account{a}, all, err)
}

func TestAccountsApart(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	accounts := make([]store.Account, 4)
	for i := range accounts {
		accounts[i] = romeo()
	}
	accounts[1].Scope = ""
	accounts[2].User = "juliet@example.org"
	accounts[3].Domain = "sms.example.org"
	for i := range accounts {
		check(t, s.SaveAccount(ctx, &accounts[i]))
	}
	got, err := s.Accounts(ctx, irc)
	same(t, accounts[:3], got, err)
	got, err = s.UserAccounts(ctx, irc, "romeo@example.org")
	same(t, accounts[:2], got, err)
	got, err = s.UserAccounts(ctx, irc, "nobody@example.org")
	same(t, nil, got, err)
	one, err := s.Account(ctx, irc, "romeo@example.org", "")
	same(t, accounts[1], one, err)
	if _, err := s.Account(ctx, irc, "romeo@example.org", "other"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestAccountConflicts(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	a, b := romeo(), romeo()
	check(t, s.SaveAccount(ctx, &a))
	if err := s.SaveAccount(ctx, &b); !errors.Is(err, store.ErrExists) || b.ID != 0 {
		t.Errorf("a second: %v, ID %d", err, b.ID)
	}
	b.Scope = "other"
	check(t, s.SaveAccount(ctx, &b))
	b.Scope, b.Secrets = a.Scope, nil
	if err := s.SaveAccount(ctx, &b); !errors.Is(err, store.ErrExists) {
		t.Errorf("a move: %v", err)
	}
	// A write that failed leaves the secrets as they were.
	b, err := s.Account(ctx, irc, b.User, "other")
	same(t, romeo().Secrets, b.Secrets, err)

	check(t, s.RemoveAccount(ctx, b.ID))
	if err := s.SaveAccount(ctx, &b); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a removed one: %v", err)
	}
	id := b.ID
	b.ID = 0
	check(t, s.SaveAccount(ctx, &b))
	if b.ID <= id {
		t.Errorf("the number %d is used after %d", b.ID, id)
	}
}

func TestRemoveAccount(t *testing.T) {
	ctx := context.Background()
	s := open(t, thaw(t, latest))
	check(t, s.RemoveAccount(ctx, 1))
	check(t, s.RemoveAccount(ctx, 1))
	got, err := s.Accounts(ctx, irc)
	same(t, frozenAccounts()[1:], got, err)
	rooms, err := s.Rooms(ctx, 1)
	same(t, nil, rooms, err)
	saves, err := s.Saves(ctx, 1)
	same(t, map[string][]byte{}, saves, err)
	contacts, err := s.Contacts(ctx, irc, "romeo@example.org")
	same(t, frozenContacts(), contacts, err)
}

// TestRemoveUser counts the rows that are left of a store's only user.
func TestRemoveUser(t *testing.T) {
	ctx := context.Background()
	cfg := thaw(t, latest)
	s := open(t, cfg)
	check(t, s.RemoveUser(ctx, "other.example.org", "romeo@example.org"))
	check(t, s.RemoveUser(ctx, irc, "juliet@example.org"))
	for table, want := range map[string]int{"account": 1, "contact": 2, "language": 1, "room": 2} {
		same(t, want, count(t, cfg, table), nil)
	}
	check(t, s.RemoveUser(ctx, irc, "romeo@example.org"))
	for _, table := range []string{"account", "secret", "save", "room", "resource", "contact", "language"} {
		if n := count(t, cfg, table); n != 0 {
			t.Errorf("%s: %d rows", table, n)
		}
	}
}

func count(t *testing.T, cfg store.Config, table string) (n int) {
	t.Helper()
	check(t, raw(t, cfg).QueryRow(`SELECT COUNT(*) FROM `+table).Scan(&n))
	return n
}

func TestExpired(t *testing.T) {
	ctx := context.Background()
	s := open(t, thaw(t, latest))
	suspended := frozenAccounts()[1].Suspended
	got, err := s.Expired(ctx, irc, suspended)
	same(t, nil, got, err)
	got, err = s.Expired(ctx, irc, suspended.Add(time.Millisecond))
	same(t, frozenAccounts()[1:], got, err)
	got, err = s.Expired(ctx, "other.example.org", suspended.Add(time.Hour))
	same(t, nil, got, err)
}

// An account that was made by use lapses when it is in no room, and nothing is
// left of what was said to it.
func TestLapsed(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	made := time.Now().Add(-time.Hour)
	var ids []int64
	for i, name := range []string{"registered", "in a room", "has its own log", "has a part in a shared one", "has nothing", "is new", "is suspended", "has to write", "wrote of late", "wrote long ago"} {
		a := store.Account{User: fmt.Sprintf("user%d@example.org", i), Domain: irc, Scope: "irc.example.net", Registered: name == "registered", Created: made}
		if name == "is new" {
			a.Created = time.Now()
		}
		if name == "is suspended" {
			a.Suspended = made
		}
		check(t, s.SaveAccount(ctx, &a))
		ids = append(ids, a.ID)
	}
	check(t, s.SaveRoom(ctx, store.Room{AccountID: ids[1], Name: "#room", Nick: "x"}))
	check(t, s.Update(ctx, func(tx *store.Tx) error {
		own, err := tx.Log(store.Log{Domain: irc, Host: "irc.example.net", Room: "#room", Account: ids[2]})
		check(t, err)
		check(t, tx.AddLine(store.Line{Log: own, ID: 1, Nick: "x"}))
		shared, err := tx.Log(store.Log{Domain: irc, Host: "irc.example.net", Room: "#room"})
		check(t, err)
		if _, err = tx.Log(store.Log{Domain: irc, Host: "irc.example.net", Room: "#empty", Account: ids[4]}); err != nil {
			return err
		}
		for i, o := range []store.Outgoing{{Changed: made}, {State: store.Sent}, {State: store.Sent, Changed: made}} {
			o.Account, o.Chat, o.Parts, o.Created = ids[7+i], "nurse", 1, made
			if o.Changed.IsZero() {
				o.Changed = time.Now()
			}
			_, _, err := tx.AddOutgoing([]store.Outgoing{o})
			check(t, err)
		}
		return tx.BeginMembership(shared, ids[3], 1)
	}))
	got, err := s.Lapsed(ctx, irc, made.Add(time.Minute))
	check(t, err)
	if len(got) != 2 || got[0].ID != ids[4] || got[1].ID != ids[9] {
		t.Errorf("lapsed: %v, want the accounts %d and %d", got, ids[4], ids[9])
	}
}

// TestMovedSecret: a sealed value opens only where it was sealed.
func TestMovedSecret(t *testing.T) {
	for _, move := range []string{
		`UPDATE secret SET account = 2 WHERE field = 'pass'`,
		`UPDATE secret SET field = 'user' WHERE field = 'pass'`,
		`UPDATE secret SET value = (SELECT value FROM secret WHERE field = 'sasl_password') WHERE field = 'pass'`,
		`UPDATE secret SET value = (SELECT password FROM room WHERE password IS NOT NULL) WHERE field = 'pass'`,
		`UPDATE secret SET value = X'' WHERE field = 'pass'`,
		`UPDATE secret SET value = X'02' || substr(value, 2) WHERE field = 'pass'`,
		`UPDATE secret SET value = X'0174ba7c2f00' WHERE field = 'pass'`,
		`UPDATE secret SET value = X'0155555555' || zeroblob(60) WHERE field = 'pass'`,
	} {
		ctx := context.Background()
		cfg := thaw(t, latest)
		s := open(t, cfg)
		_, err := raw(t, cfg).Exec(move)
		check(t, err)
		_, err = s.Accounts(ctx, irc)
		if err == nil || !strings.Contains(err.Error(), "of account ") {
			t.Errorf("%s: %v", move, err)
		}
		if err != nil && strings.Contains(err.Error(), "montague") {
			t.Errorf("%s: the error shows the secret: %v", move, err)
		}
	}
}

// IRC-B49
func TestSecretsAreNotPrinted(t *testing.T) {
	var printed bytes.Buffer
	a := romeo()
	room := store.Room{Name: "#r", Password: "montague"}
	save := store.Save{Name: "token", Value: []byte("montague"), Secret: true}
	for _, h := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
		slog.New(h).Info("saved", "account", a, "all", []store.Account{a}, "room", room, "save", save)
	}
	fmt.Fprintf(&printed, "%v %+v %s %v", a, a, &a, []store.Account{a})
	fmt.Fprintf(&printed, "%v %+v %v %+v", room, room, save, save)
	if strings.Contains(printed.String(), "montague") || strings.Contains(printed.String(), fmt.Sprint(save.Value)) ||
		strings.Contains(printed.String(), base64.StdEncoding.EncodeToString(save.Value)) {
		t.Error(printed.String())
	}
}

func TestAnySettings(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	a := romeo()
	check(t, s.SaveAccount(ctx, &a))
	texts := rapid.MapOf(rapid.String(), rapid.String())
	rapid.Check(t, func(rt *rapid.T) {
		a.Settings, a.Secrets = texts.Draw(rt, "settings"), texts.Draw(rt, "secrets")
		check(t, s.SaveAccount(ctx, &a))
		got, err := s.Account(ctx, a.Domain, a.User, a.Scope)
		same(t, a, got, err)
	})
}

func TestSettingsAreUTF8(t *testing.T) {
	s := open(t, config(t))
	a := romeo()
	a.Settings = map[string]string{"nick": "\xff"}
	if err := s.SaveAccount(context.Background(), &a); err == nil {
		t.Error("saved as something else")
	}
	a = romeo()
	a.Secrets = map[string]string{"pass": "\xff\x00"}
	check(t, s.SaveAccount(context.Background(), &a))
	got, err := s.Account(context.Background(), a.Domain, a.User, a.Scope)
	same(t, a, got, err)
}

func TestAccountByID(t *testing.T) {
	s := open(t, thaw(t, latest))
	for _, want := range frozenAccounts() {
		got, err := s.AccountByID(context.Background(), want.ID)
		same(t, want, got, err)
	}
	if _, err := s.AccountByID(context.Background(), 17); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
