package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"wherry/store"
)

func incoming(user string, account int64, text string) store.Incoming {
	return store.Incoming{Domain: irc, User: user, Account: account, Chat: "#crypt", Content: []byte(text),
		Created: time.UnixMilli(1_700_000_000_000).UTC()}
}

// addIncoming adds rows and sets their IDs.
func addIncoming(t testing.TB, s *store.Store, rows ...*store.Incoming) {
	t.Helper()
	check(t, s.Update(context.Background(), func(tx *store.Tx) error {
		for _, in := range rows {
			if err := tx.AddIncoming(in); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestIncoming(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	const romeo, juliet = "romeo@example.org", "juliet@example.org"
	account := addAccount(t, s, romeo)
	rows := make([]store.Incoming, 5)
	for i := range rows {
		rows[i] = incoming(romeo, account, "line")
	}
	rows[3].Account = 0
	rows[4].Content = []byte{}
	elsewhere := incoming(romeo, 0, "elsewhere")
	elsewhere.Domain = "sms.example.org"
	other := incoming(juliet, 0, "other")
	addIncoming(t, s, &rows[0], &rows[1], &elsewhere, &other, &rows[2])
	addIncoming(t, s, &rows[3], &rows[4])
	for i := 1; i < len(rows); i++ {
		if rows[i].ID <= rows[i-1].ID {
			t.Errorf("ID %d after %d", rows[i].ID, rows[i-1].ID)
		}
	}
	for _, test := range []struct {
		after int64
		limit int
		want  []store.Incoming
	}{
		{0, 10, rows}, {0, 2, rows[:2]}, {rows[1].ID, 2, rows[2:4]}, {rows[4].ID, 10, nil},
	} {
		got, err := s.Incoming(ctx, irc, romeo, test.after, test.limit)
		same(t, test.want, got, err)
	}
	n, bytes, err := s.IncomingCount(ctx, irc, romeo)
	same(t, 5, n, err)
	same(t, 16, bytes, nil)
	n, bytes, err = s.IncomingCount(ctx, irc, "nobody@example.org")
	same(t, 0, n, err)
	same(t, 0, bytes, nil)
	users, err := s.IncomingUsers(ctx, irc)
	same(t, []string{juliet, romeo}, users, err)

	check(t, s.Update(ctx, func(tx *store.Tx) error { return tx.RemoveIncoming([]int64{rows[1].ID, 99, rows[1].ID}) }))
	got, err := s.Incoming(ctx, irc, romeo, rows[0].ID, 10)
	same(t, rows[2:], got, err)
	check(t, s.Update(ctx, func(tx *store.Tx) error { return tx.RemoveIncomingOf(account) }))
	got, err = s.Incoming(ctx, irc, romeo, 0, 10)
	same(t, rows[3:4], got, err)

	in := incoming(romeo, 99, "x")
	if err := s.Update(ctx, func(tx *store.Tx) error { return tx.AddIncoming(&in) }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such account: %v", err)
	}
}

func TestSetIncoming(t *testing.T) {
	s := open(t, config(t))
	row := store.Incoming{Domain: "sms.example.org", User: "romeo@example.org", Chat: "mercutio", Content: []byte("a file")}
	other := row
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		return errors.Join(tx.AddIncoming(&row), tx.AddIncoming(&other))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(context.Background(), func(tx *store.Tx) error {
		return errors.Join(tx.SetIncoming(row.ID, []byte("its place")), tx.SetIncoming(row.ID+100, []byte("nobody's")))
	})
	rows, err2 := s.Incoming(context.Background(), row.Domain, row.User, 0, 10)
	row.Content = []byte("its place")
	same(t, []store.Incoming{row, other}, rows, errors.Join(err, err2))
}
