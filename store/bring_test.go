package store_test

import (
	"errors"
	"testing"

	"wherry/store"
)

// What is brought from elsewhere is brought whole, and in place of nothing.
func TestBring(t *testing.T) {
	ctx := t.Context()
	s := open(t, config(t))
	a := romeo()
	a.ID = 0
	contact := store.Contact{Domain: a.Domain, User: a.User, Name: "x", Ours: 2, Theirs: 1}
	bring := func(tx *store.Tx) error {
		rec := a
		if err := tx.AddContact(contact); err != nil {
			return err
		}
		if err := tx.AddAccount(&rec); err != nil {
			return err
		}
		return tx.AddRoom(store.Room{AccountID: rec.ID, Name: "#r", Nick: "n", Persistent: true})
	}
	check(t, s.Update(ctx, bring))
	contact.Name = "y"
	if err := s.Update(ctx, bring); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second account: %v", err)
	}
	check(t, s.Update(ctx, func(tx *store.Tx) error {
		return tx.AddContact(store.Contact{Domain: a.Domain, User: a.User, Name: "x", Ours: 1})
	}))
	contacts, err := s.Contacts(ctx, a.Domain, a.User)
	if err != nil || len(contacts) != 1 || contacts[0].Ours != 2 {
		t.Errorf("contacts %v, %v", contacts, err)
	}
	got, err := s.Account(ctx, a.Domain, a.User, a.Scope)
	check(t, err)
	rooms, err := s.Rooms(ctx, got.ID)
	if err != nil || len(rooms) != 1 || rooms[0].Nick != "n" || len(got.Secrets) != len(a.Secrets) {
		t.Errorf("rooms %v, %v", rooms, err)
	}
}
