package store_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"wherry/store"
)

func see(t *testing.T, s *store.Store, account int64, chat, id string) bool {
	t.Helper()
	return update(t, s, func(tx *store.Tx) (bool, error) { return tx.See(account, chat, id) })
}

func TestSee(t *testing.T) {
	cfg := config(t)
	s := open(t, cfg)
	romeo, juliet := addAccount(t, s, "romeo@example.org"), addAccount(t, s, "juliet@example.org")
	events := []struct {
		account  int64
		chat, id string
	}{
		{romeo, "#crypt", "event"}, {juliet, "#crypt", "event"}, {romeo, "#cryp", "tevent"}, {romeo, "#crypt", "event2"}, {romeo, "", ""},
	}
	for _, e := range events {
		if !see(t, s, e.account, e.chat, e.id) {
			t.Errorf("%v was seen before the first time", e)
		}
	}
	for _, e := range events {
		if see(t, s, e.account, e.chat, e.id) {
			t.Errorf("%v was not seen", e)
		}
	}
	if text := files(t, cfg); bytes.Contains(text, []byte("tevent")) || bytes.Contains(text, []byte("#cryp")) {
		t.Error("an event's id or chat stands in the files")
	}
	check(t, s.Close())
	s = open(t, cfg)
	if see(t, s, romeo, "#crypt", "event") {
		t.Error("an event was forgotten")
	}
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.See(99, "#crypt", "event")
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such account: %v", err)
	}
}

func putEarly(s *store.Store, account int64, chat, id string, status ...string) error {
	return s.Update(context.Background(), func(tx *store.Tx) error {
		for _, text := range status {
			if err := tx.PutEarlyStatus(account, chat, id, []byte(text)); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestEarlyStatuses(t *testing.T) {
	s := open(t, config(t))
	romeo, juliet := addAccount(t, s, "romeo@example.org"), addAccount(t, s, "juliet@example.org")
	check(t, putEarly(s, romeo, "#crypt", "a", "first", "second"))
	check(t, putEarly(s, romeo, "#crypt", "b", "third"))
	check(t, putEarly(s, romeo, "#crypt", "a", "fourth", "fourth"))
	check(t, putEarly(s, romeo, "#crypt", "c", "other"))
	check(t, putEarly(s, romeo, "#balcony", "a", "elsewhere"))
	check(t, putEarly(s, juliet, "#crypt", "a", ""))
	if err := putEarly(s, 99, "#crypt", "a", "x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such account: %v", err)
	}
	take := func(account int64, chat string, ids ...string) (texts []string) {
		for _, status := range update(t, s, func(tx *store.Tx) ([][]byte, error) { return tx.TakeEarlyStatuses(account, chat, ids) }) {
			texts = append(texts, string(status))
		}
		return texts
	}
	same(t, []string{"first", "second", "third", "fourth", "fourth"}, take(romeo, "#crypt", "b", "a", "none"), nil)
	same(t, nil, take(romeo, "#crypt", "a", "b"), nil)
	same(t, []string{"other"}, take(romeo, "#crypt", "c"), nil)
	same(t, []string{"elsewhere"}, take(romeo, "#balcony", "a"), nil)
	same(t, []string{""}, take(juliet, "#crypt", "a"), nil)
	same(t, nil, take(romeo, "#crypt"), nil)
}
