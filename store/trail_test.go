package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wherry/store"
)

// leave adds trails of an account, and returns them as they are kept.
func leave(t *testing.T, s *store.Store, all ...store.Trail) []store.Trail {
	t.Helper()
	check(t, s.Update(context.Background(), func(tx *store.Tx) error {
		for i := range all {
			if err := tx.AddTrail(&all[i]); err != nil {
				return err
			}
		}
		return nil
	}))
	return all
}

func TestTrails(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account, other := addAccount(t, s, "romeo@example.org"), addAccount(t, s, "juliet@example.org")
	all := leave(t, s,
		store.Trail{Account: account, Ref: "a", Chat: "nurse", Stanza: "s1", Thread: "net1", Shown: "t1", Content: []byte("a"), Said: time.UnixMilli(5).UTC()},
		store.Trail{Account: account, Ref: "a", Chat: "friar", Stanza: "s2", Thread: "net1", Shown: "t2", Answers: "z"},
		store.Trail{Account: account, Ref: "b", Chat: "nurse", Stanza: "s1", Thread: "net1", Shown: "t1", Whose: store.Ours},
		store.Trail{Account: account, Ref: "c", Chat: "nurse", Stanza: "s3", Thread: "net2", Shown: "t2", Answers: "z", Whose: store.Elsewhere},
		store.Trail{Account: other, Ref: "d", Chat: "nurse", Stanza: "s4", Thread: "net3", Shown: "t3", Answers: "y"},
	)
	type look func(*store.Tx) (store.Trail, error)
	byRef := func(chat, ref string) look {
		return func(tx *store.Tx) (store.Trail, error) { return tx.TrailOf(account, chat, ref) }
	}
	answering := func(ref string) look {
		return func(tx *store.Tx) (store.Trail, error) { return tx.TrailAnswering(account, ref) }
	}
	thread := func(chat, thread string) look {
		return func(tx *store.Tx) (store.Trail, error) { return tx.TrailInThread(account, chat, thread) }
	}
	last := func(chat string) look {
		return func(tx *store.Tx) (store.Trail, error) { return tx.LastTrail(account, chat) }
	}
	shown := func(chat, shown string) look {
		return func(tx *store.Tx) (store.Trail, error) { return tx.LastTrailShown(account, chat, shown) }
	}
	stanza := func(chat, id string) look {
		return func(tx *store.Tx) (store.Trail, error) {
			r, err := tx.TrailOfStanza(account, chat, id)
			again, errAgain := s.TrailOfStanza(ctx, account, chat, id)
			if again.Number != r.Number || errors.Is(err, store.ErrNotFound) != errors.Is(errAgain, store.ErrNotFound) {
				return r, fmt.Errorf("%s in the transaction, %s outside: %w", r, again, errAgain)
			}
			return r, err
		}
	}
	for name, test := range map[string]struct {
		look look
		want int // -1: none
	}{
		"ref in its chat":            {byRef("friar", "a"), 1},
		"ref in another":             {byRef("mercutio", "a"), 0},
		"ref of another account":     {byRef("nurse", "d"), -1},
		"answer":                     {answering("z"), 1},
		"answer to nothing":          {answering(""), -1},
		"answer of another account":  {answering("y"), -1},
		"thread in its chat":         {thread("friar", "net1"), 1},
		"thread in another":          {thread("mercutio", "net1"), 2},
		"thread of another account":  {thread("nurse", "net3"), -1},
		"last":                       {last("nurse"), 3},
		"last of nobody":             {last("mercutio"), -1},
		"last shown":                 {shown("nurse", "t1"), 2},
		"last shown elsewhere":       {shown("friar", "t1"), -1},
		"stanza":                     {stanza("nurse", "s1"), 2},
		"stanza in another chat":     {stanza("friar", "s1"), -1},
		"stanza of another account":  {stanza("nurse", "s4"), -1},
		"stanza of nothing in store": {stanza("nurse", ""), -1},
	} {
		var got store.Trail
		var err error
		check(t, s.Update(ctx, func(tx *store.Tx) error { got, err = test.look(tx); return nil }))
		if test.want < 0 {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: found %s, %v", name, got, err)
			}
			continue
		}
		t.Run(name, func(t *testing.T) { same(t, all[test.want], got, err) })
	}
	if got, err := s.LastTrails(ctx, account, "nurse", 2); err != nil || len(got) != 2 || got[0].Number != all[3].Number || got[1].Number != all[2].Number {
		t.Errorf("the last two are %v, %v", got, err)
	}
	err := s.Update(ctx, func(tx *store.Tx) error { return tx.AddTrail(&store.Trail{Account: 99}) })
	if !errors.Is(err, store.ErrNotFound) || all[1].Said.IsZero() {
		t.Errorf("no such account: %v", err)
	}
}

// What is kept of a message is not in its name.
func TestTrailTellsNothing(t *testing.T) {
	r := store.Trail{Account: 1, Number: 2, Ref: "secret", Chat: "secret", Stanza: "secret", Thread: "secret", Content: []byte("secret")}
	if strings.Contains(r.String(), "secret") {
		t.Error(r.String())
	}
}

func TestPruneTrails(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	const many = 2*store.PruneStep + 50
	romeo, juliet := addAccount(t, s, "romeo@example.org"), addAccount(t, s, "juliet@example.org")
	var rows []store.Trail
	for i := range many {
		rows = append(rows, store.Trail{Account: romeo, Ref: fmt.Sprint(i), Chat: "nurse"})
	}
	rows = leave(t, s, rows...)
	leave(t, s, store.Trail{Account: juliet, Ref: "0", Chat: "nurse"})
	stays := func(account int64, ref string) bool {
		err := s.Update(ctx, func(tx *store.Tx) error { _, err := tx.TrailOf(account, "", ref); return err })
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	check(t, s.PruneTrails(ctx, irc, time.Time{}, 0))
	check(t, s.PruneTrails(ctx, irc, time.Now().Add(-time.Hour), many))
	check(t, s.PruneTrails(ctx, "other.example.org", time.Now().Add(time.Hour), 1))
	if !stays(romeo, "0") {
		t.Error("the first is gone too early")
	}
	check(t, s.PruneTrails(ctx, irc, time.Time{}, 20))
	if stays(romeo, fmt.Sprint(many-21)) || !stays(romeo, fmt.Sprint(many-20)) || !stays(juliet, "0") {
		t.Error("not the oldest have gone, or not all, or more")
	}
	check(t, s.PruneTrails(ctx, irc, time.UnixMicro(rows[many-1].Number), 0))
	if stays(romeo, fmt.Sprint(many-2)) || !stays(romeo, fmt.Sprint(many-1)) || !stays(juliet, "0") {
		t.Error("not those from before a time have gone")
	}
}

// Each look is made by an index, however many messages there are.
func TestTrailsAreFound(t *testing.T) {
	s := open(t, config(t))
	for query, index := range store.TrailQueries {
		args := []any{1, "x", "y"}
		plan, err := s.Plan(query, args[:strings.Count(query, "$")]...)
		if err != nil || !strings.Contains(plan, "SEARCH trail USING INDEX "+index+" ") {
			t.Errorf("%s: %s, %v", query, plan, err)
		}
	}
}
