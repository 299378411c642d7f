package store_test

import (
	"context"
	"errors"
	"testing"

	"wherry/store"
)

func byNetworkID(s *store.Store, account int64, chat, id string) (message int64, part int, err error) {
	err = s.Update(context.Background(), func(tx *store.Tx) (err error) {
		message, part, err = tx.ByNetworkID(account, chat, id)
		return err
	})
	return message, part, err
}

func addIDs(s *store.Store, account int64, chat string, ids []string, message int64, part int) error {
	return s.Update(context.Background(), func(tx *store.Tx) error { return tx.AddNetworkIDs(account, chat, ids, message, part) })
}

func TestNetworkIDs(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	one, two := add(t, s, message(account, "s1", 2)), add(t, s, message(account, "s2", 1))
	check(t, addIDs(s, account, "#crypt", []string{"a", "b", "a"}, one, 1))
	check(t, addIDs(s, account, "#crypt", []string{"a"}, one, 1))
	check(t, addIDs(s, account, "#balcony", []string{"a", "c"}, two, 0))
	check(t, addIDs(s, account, "#balcony", nil, 99, 0))
	if err := addIDs(s, account, "#crypt", []string{"z"}, one, 2); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such part: %v", err)
	}
	for _, test := range []struct {
		chat, id string
		message  int64 // 0: not known
		part     int
	}{
		{"#crypt", "a", one, 1},
		{"#crypt", "b", one, 1},
		{"#crypt", "c", 0, 0},
		{"#crypt", "z", 0, 0},
		{"#balcony", "a", two, 0},
		{"#balcony", "c", two, 0},
	} {
		number, part, err := byNetworkID(s, account, test.chat, test.id)
		if number != test.message || part != test.part || errors.Is(err, store.ErrNotFound) != (number == 0) {
			t.Errorf("%s in %s: message %d, part %d, %v", test.id, test.chat, number, part, err)
		}
		known, err := s.KnownNetworkID(ctx, account, test.chat, test.id)
		if err != nil || known != (test.message != 0) {
			t.Errorf("%s in %s: known %t, %v", test.id, test.chat, known, err)
		}
	}
	if _, _, err := byNetworkID(s, account+1, "#crypt", "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of another account: %v", err)
	}

	// An id that the network uses again is the later message's.
	check(t, addIDs(s, account, "#crypt", []string{"b"}, two, 0))
	if number, _, err := byNetworkID(s, account, "#crypt", "b"); number != two {
		t.Errorf("used again: message %d, %v", number, err)
	}
	check(t, s.Update(ctx, func(tx *store.Tx) error { return tx.RemoveOutgoing(one) }))
	if known, err := s.KnownNetworkID(ctx, account, "#crypt", "a"); known || err != nil {
		t.Errorf("of a message that was removed: %t, %v", known, err)
	}
	if known, err := s.KnownNetworkID(ctx, account, "#crypt", "b"); !known || err != nil {
		t.Errorf("of the other: %t, %v", known, err)
	}
}

func TestWaits(t *testing.T) {
	s := open(t, thaw(t, latest))
	waits := func(account int64, chat string) bool {
		return update(t, s, func(tx *store.Tx) (bool, error) { return tx.Waits(account, chat) })
	}
	for _, row := range []struct {
		account int64
		chat    string
		want    bool
	}{{1, "", true}, {1, "mercutio", true}, {1, "tybalt", false}, {2, "", false}} {
		if got := waits(row.account, row.chat); got != row.want {
			t.Errorf("account %d, chat %q: %v", row.account, row.chat, got)
		}
	}
	o := frozenOutgoing()[0]
	o.State = store.Sent
	if err := s.Update(context.Background(), func(tx *store.Tx) error { return tx.SetOutgoing(o) }); err != nil {
		t.Fatal(err)
	}
	if waits(1, "") {
		t.Error("what is sent waits")
	}
}
