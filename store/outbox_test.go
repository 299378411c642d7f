package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"wherry/store"
)

// addAccount adds an account and returns its ID.
func addAccount(t testing.TB, s *store.Store, user string) int64 {
	t.Helper()
	a := store.Account{Domain: irc, User: user, Registered: true}
	check(t, s.SaveAccount(context.Background(), &a))
	return a.ID
}

// update makes one write and returns what do returned.
func update[T any](t testing.TB, s *store.Store, do func(*store.Tx) (T, error)) T {
	t.Helper()
	var result T
	check(t, s.Update(context.Background(), func(tx *store.Tx) (err error) {
		result, err = do(tx)
		return err
	}))
	return result
}

func message(account int64, stanza string, parts int) []store.Outgoing {
	made := time.UnixMilli(1_700_000_000_000).UTC()
	all := make([]store.Outgoing, parts)
	for i := range all {
		all[i] = store.Outgoing{
			Account: account, Part: i, Parts: parts, Chat: "#crypt", Stanza: stanza, Sender: "romeo@example.org/orchard",
			Receipt: true, Lang: "it", Content: []byte(stanza), Created: made, Changed: made,
		}
	}
	all[0].Key = []byte("key of " + stanza)
	return all
}

// add adds a message and returns its number.
func add(t testing.TB, s *store.Store, parts []store.Outgoing) int64 {
	t.Helper()
	return update(t, s, func(tx *store.Tx) (int64, error) {
		number, _, err := tx.AddOutgoing(parts)
		return number, err
	})
}

func TestAddOutgoing(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	parts := message(account, "s1", 3)
	parts[1].Due, parts[1].Told, parts[1].Attempts = time.UnixMilli(1_800_000_000_000).UTC(), true, 7
	parts[2].Content, parts[2].State = nil, store.Lost
	number := add(t, s, parts)
	if number == 0 || parts[0].Message != number || parts[2].Message != number {
		t.Errorf("number %d, parts %v", number, parts)
	}
	got, err := s.OutgoingOf(ctx, number)
	same(t, parts, got, err)
	got = update(t, s, func(tx *store.Tx) ([]store.Outgoing, error) { return tx.Outgoing(number) })
	same(t, parts, got, nil)
	got, err = s.OutgoingOf(ctx, number+1)
	same(t, nil, got, err)
}

func TestRepeatedOutgoing(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	romeo, juliet := addAccount(t, s, "romeo@example.org"), addAccount(t, s, "juliet@example.org")
	first := add(t, s, message(romeo, "s1", 2))
	again := func(parts []store.Outgoing) (number int64, repeated bool) {
		check(t, s.Update(ctx, func(tx *store.Tx) (err error) {
			number, repeated, err = tx.AddOutgoing(parts)
			return err
		}))
		return number, repeated
	}
	if number, repeated := again(message(romeo, "s1", 2)); number != first || !repeated {
		t.Errorf("again: message %d, repeated %t", number, repeated)
	}
	for name, parts := range map[string][]store.Outgoing{
		"another key": message(romeo, "s2", 1), "another account": message(juliet, "s1", 1),
	} {
		if number, repeated := again(parts); number <= first || repeated {
			t.Errorf("%s: message %d, repeated %t", name, number, repeated)
		}
	}
	keyless := message(romeo, "s1", 1)
	keyless[0].Key = nil
	for range 2 {
		if _, repeated := again(keyless); repeated {
			t.Error("a message without a key was taken for a repeat")
		}
	}
	check(t, s.Update(ctx, func(tx *store.Tx) error { return tx.RemoveOutgoing(first) }))
	if _, repeated := again(message(romeo, "s1", 2)); repeated {
		t.Error("a message that was removed is remembered")
	}
}

func TestOutgoingOfNoAccount(t *testing.T) {
	s := open(t, config(t))
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		_, _, err := tx.AddOutgoing(message(99, "s1", 1))
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestSetOutgoing(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	parts := message(addAccount(t, s, "romeo@example.org"), "s1", 2)
	number := add(t, s, parts)
	parts[1].State, parts[1].Attempts, parts[1].Told, parts[1].Content = store.Sent, 3, true, nil
	parts[1].Due, parts[1].Changed = parts[1].Changed.Add(time.Hour), parts[1].Changed.Add(time.Minute)
	set := parts[1]
	set.Chat, set.Stanza, set.Created = "#other", "other", time.Now() // not of what is replaced
	check(t, s.Update(ctx, func(tx *store.Tx) error { return tx.SetOutgoing(set) }))
	got, err := s.OutgoingOf(ctx, number)
	same(t, parts, got, err)
	set.Part = 2
	if err := s.Update(ctx, func(tx *store.Tx) error { return tx.SetOutgoing(set) }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such part: %v", err)
	}
}

func TestOutgoingByStanza(t *testing.T) {
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	add(t, s, message(account, "s1", 1))
	latest := message(account, "s1", 2)
	latest[0].Key = nil
	add(t, s, latest)
	other := message(account, "s1", 1)
	other[0].Sender, other[0].Key = "romeo@example.organ/x", nil
	add(t, s, other)
	for _, test := range []struct {
		name, chat, sender, stanza string
		want                       []store.Outgoing
	}{
		{"full", "#crypt", "romeo@example.org/orchard", "s1", latest},
		{"another resource", "#crypt", "romeo@example.org/street/1", "s1", latest},
		{"bare", "#crypt", "romeo@example.org", "s1", latest},
		{"longer", "#crypt", "romeo@example.organ", "s1", other},
		{"shorter", "#crypt", "romeo@example.or", "s1", nil},
		{"another chat", "#balcony", "romeo@example.org", "s1", nil},
		{"another stanza", "#crypt", "romeo@example.org", "s2", nil},
	} {
		got := update(t, s, func(tx *store.Tx) ([]store.Outgoing, error) {
			return tx.OutgoingByStanza(account, test.chat, test.sender, test.stanza)
		})
		t.Run(test.name, func(t *testing.T) { same(t, test.want, got, nil) })
	}
}

func TestQueuedOutgoing(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	add(t, s, message(addAccount(t, s, "juliet@example.org"), "other", 1))
	var waiting []store.Outgoing
	for state := store.Queued; state <= store.Lost; state++ {
		parts := message(account, state.String(), 3)
		for i := range parts {
			parts[i].State = state
		}
		add(t, s, parts)
		if state <= store.Unsure {
			waiting = append(waiting, parts...)
		}
	}
	got := update(t, s, func(tx *store.Tx) ([]store.Outgoing, error) { return tx.QueuedOutgoing(account) })
	same(t, waiting, got, nil)
	for _, test := range []struct {
		after int64
		limit int
		want  []store.Outgoing
	}{
		{0, 100, waiting},
		{0, 9, waiting},
		{0, 4, waiting[:6]},
		{0, 3, waiting[:3]},
		{0, 1, waiting[:3]},
		{waiting[0].Message, 1, waiting[3:6]},
		{waiting[3].Message, 100, waiting[6:]},
		{waiting[8].Message, 100, nil},
	} {
		got, err := s.QueuedOutgoing(ctx, account, test.after, test.limit)
		same(t, test.want, got, err)
	}
}

func TestOutStates(t *testing.T) {
	final := map[store.OutState]bool{store.Delivered: true, store.Read: true, store.Failed: true, store.Lost: true}
	for state, want := range []string{"queued", "sending", "unsure", "sent", "echoed", "delivered", "read", "failed", "lost", "state 9"} {
		s := store.OutState(state)
		if s.String() != want || s < 9 && s.Final() != final[s] {
			t.Errorf("%d: %s, final %t", state, s, s.Final())
		}
	}
}
