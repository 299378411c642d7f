package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/store"
)

func TestContacts(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	asked := time.UnixMilli(1_700_000_000_000).UTC()
	gateway := store.Contact{Domain: irc, User: "romeo@example.org", Ours: 1, Asked: asked}
	nick := store.Contact{Domain: irc, User: "romeo@example.org", Name: "mercutio%irc.example.net", Theirs: 255}
	other := store.Contact{Domain: irc, User: "juliet@example.org", Name: nick.Name, Ours: 3}
	for _, c := range []store.Contact{nick, other, gateway} {
		check(t, s.SaveContact(ctx, c))
	}
	got, err := s.Contacts(ctx, irc, "romeo@example.org")
	same(t, []store.Contact{gateway, nick}, got, err)

	nick.Ours, nick.Theirs, nick.Asked = 2, 0, asked
	check(t, s.SaveContact(ctx, nick))
	gateway.Ours = 0
	check(t, s.SaveContact(ctx, gateway))
	got, err = s.Contacts(ctx, irc, "romeo@example.org")
	same(t, []store.Contact{nick}, got, err)
	got, err = s.Contacts(ctx, irc, "juliet@example.org")
	same(t, []store.Contact{other}, got, err)
	got, err = s.Contacts(ctx, "other.example.org", "juliet@example.org")
	same(t, nil, got, err)
}

// TestEachContact has more contacts than are read at a time, and removes some
// on the way.
func TestEachContact(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	var want []store.Contact
	release := hold(t, s)
	results := queue(s, 1201, func(i int) error {
		return s.SaveContact(ctx, store.Contact{Domain: irc, User: fmt.Sprintf("%02d", i%13), Name: fmt.Sprintf("%04d", i), Ours: 1})
	})
	release()
	for _, err := range results() {
		check(t, err)
	}
	for user := range 13 {
		for i := user; i < 1201; i += 13 {
			want = append(want, store.Contact{Domain: irc, User: fmt.Sprintf("%02d", user), Name: fmt.Sprintf("%04d", i), Ours: 1})
		}
	}
	check(t, s.SaveContact(ctx, store.Contact{Domain: "other", User: "05", Ours: 1}))

	var got []store.Contact
	err := s.EachContact(ctx, irc, func(c store.Contact) error {
		got = append(got, c)
		if len(got)%100 != 0 {
			return nil
		}
		c.Ours = 0
		return s.SaveContact(ctx, c)
	})
	same(t, want, got, err)

	calls := 0
	err = s.EachContact(ctx, irc, func(store.Contact) error { calls++; return errOwn })
	if !errors.Is(err, errOwn) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.EachContact(ended, irc, func(store.Contact) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLanguage(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	for _, tag := range []string{"", "de", "pt-BR", ""} {
		check(t, s.SetLanguage(ctx, irc, "romeo@example.org", tag))
		got, err := s.Language(ctx, irc, "romeo@example.org")
		same(t, tag, got, err)
		got, err = s.Language(ctx, irc, "juliet@example.org")
		same(t, "", got, err)
	}
}

// TestReadAfterClose ends in errors, whatever is read.
func TestReadAfterClose(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	check(t, s.Close())
	errs := map[string]error{}
	_, errs["Accounts"] = s.Accounts(ctx, irc)
	_, errs["UserAccounts"] = s.UserAccounts(ctx, irc, "u")
	_, errs["Account"] = s.Account(ctx, irc, "u", "")
	_, errs["Expired"] = s.Expired(ctx, irc, time.Now())
	_, errs["Users"] = s.Users(ctx, irc)
	_, errs["Contacts"] = s.Contacts(ctx, irc, "u")
	_, errs["Language"] = s.Language(ctx, irc, "u")
	_, errs["Rooms"] = s.Rooms(ctx, 1)
	_, errs["Saves"] = s.Saves(ctx, 1)
	errs["RemoveUser"] = s.RemoveUser(ctx, irc, "u")
	errs["RemoveAccount"] = s.RemoveAccount(ctx, 1)
	errs["RemoveRoom"] = s.RemoveRoom(ctx, 1, "#r")
	errs["RemoveResource"] = s.RemoveResource(ctx, 1, "#r", "x")
	errs["SetLanguage"] = s.SetLanguage(ctx, irc, "u", "de")
	failed := map[string]bool{}
	want := map[string]bool{}
	for name, err := range errs {
		want[name], failed[name] = true, err != nil
	}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Error(diff)
	}
}
