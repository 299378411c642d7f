package store_test

import (
	"context"
	"testing"
	"time"

	"wherry/store"
)

func TestQueue(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	const romeo, juliet = "romeo@example.org", "juliet@example.org"
	a := store.Account{Domain: irc, User: romeo, Scope: "net"}
	check(t, s.SaveAccount(ctx, &a))
	plain := addAccount(t, s, juliet)
	elsewhere := store.Account{Domain: wiped, User: romeo}
	check(t, s.SaveAccount(ctx, &elsewhere))
	first := time.UnixMilli(1_700_000_000_000).UTC()

	queued := message(a.ID, "s1", 3)
	queued[2].State = store.Lost
	later := message(a.ID, "12345", 1)
	later[0].Created = first.Add(time.Hour)
	ended := message(plain, "s2", 1)
	ended[0].State, ended[0].Content = store.Delivered, nil
	for _, parts := range [][]store.Outgoing{queued, later, ended, message(elsewhere.ID, "s1", 1)} {
		add(t, s, parts)
	}
	scoped, own, other := incoming(romeo, a.ID, "one"), incoming(romeo, 0, "two"), incoming(juliet, plain, "other")
	addIncoming(t, s, &scoped, &own, &other)

	lines, err := s.Queue(ctx, irc)
	same(t, []store.QueueLine{
		{Domain: irc, User: juliet, Box: "in", Rows: 1, Bytes: 5, Oldest: first},
		{Domain: irc, User: juliet, Box: "out", State: store.Delivered, Rows: 1, Oldest: first},
		{Domain: irc, User: romeo, Box: "in", Rows: 1, Bytes: 3, Oldest: first},
		{Domain: irc, User: romeo, Scope: "net", Box: "in", Rows: 1, Bytes: 3, Oldest: first},
		{Domain: irc, User: romeo, Scope: "net", Box: "out", Rows: 3, Bytes: 9, Oldest: first},
		{Domain: irc, User: romeo, Scope: "net", Box: "out", State: store.Lost, Rows: 1, Bytes: 2, Oldest: first},
	}, lines, err)
	lines, err = s.Queue(ctx, "none.example.org")
	same(t, nil, lines, err)

	out, in, err := s.QueuedOf(ctx, irc, romeo)
	same(t, append(queued[:2:2], later...), out, err)
	same(t, []store.Incoming{scoped, own}, in, err)
	out, _, err = s.QueuedOf(ctx, irc, juliet)
	same(t, nil, out, err)
}
