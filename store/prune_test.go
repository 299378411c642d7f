package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"wherry/store"
)

func TestPruneOutgoing(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	now := time.UnixMilli(1_700_000_000_000)
	ended, sent := now.Add(-time.Hour), now.Add(-24*time.Hour)
	day := now.Add(-24 * time.Hour)
	tests := []struct {
		name    string
		states  []store.OutState
		changed time.Time
		stays   bool
	}{
		{"delivered long ago", []store.OutState{store.Delivered}, ended.Add(-1), false},
		{"delivered just now", []store.OutState{store.Delivered}, ended, true},
		{"all ended", []store.OutState{store.Read, store.Failed, store.Lost}, ended.Add(-1), false},
		{"one waits", []store.OutState{store.Delivered, store.Queued}, day.Add(-time.Hour), true},
		{"one is taken", []store.OutState{store.Delivered, store.Sent}, ended.Add(-1), true},
		{"sent", []store.OutState{store.Sent}, ended.Add(-1), true},
		{"sent long ago", []store.OutState{store.Sent, store.Echoed}, day.Add(-1), false},
		{"queued long ago", []store.OutState{store.Queued}, day.Add(-1), true},
		{"sending", []store.OutState{store.Sending}, day.Add(-1), true},
		{"unsure", []store.OutState{store.Unsure}, day.Add(-1), true},
	}
	for i, test := range tests {
		parts := message(account, test.name, len(test.states))
		for j, state := range test.states {
			parts[j].State, parts[j].Changed = state, test.changed
		}
		check(t, addIDs(s, account, "#crypt", []string{test.name}, add(t, s, parts), 0))
		tests[i].states = nil
	}
	check(t, s.Prune(ctx, time.Time{}, time.Time{}, time.Time{}))
	for _, test := range tests {
		if known, err := s.KnownNetworkID(ctx, account, "#crypt", test.name); !known || err != nil {
			t.Errorf("%s: a prune of nothing took it: %v", test.name, err)
		}
	}
	check(t, s.Prune(ctx, ended, sent, time.Time{}))
	for _, test := range tests {
		parts := update(t, s, func(tx *store.Tx) ([]store.Outgoing, error) {
			return tx.OutgoingByStanza(account, "#crypt", "romeo@example.org", test.name)
		})
		known, err := s.KnownNetworkID(ctx, account, "#crypt", test.name)
		if stays := len(parts) > 0; stays != test.stays || known != test.stays || err != nil {
			t.Errorf("%s: stays %t, id known %t, %v", test.name, stays, known, err)
		}
	}
}

// TestPruneMany removes more than one step does.
func TestPruneMany(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	const many = 2*store.PruneStep + 1
	check(t, s.Update(ctx, func(tx *store.Tx) error {
		for i := range many {
			parts := message(account, fmt.Sprint(i), 1)
			if i%2 == 0 {
				parts[0].State = store.Failed
			}
			if _, _, err := tx.AddOutgoing(parts); err != nil {
				return err
			}
			if _, err := tx.See(account, "", fmt.Sprint(i)); err != nil {
				return err
			}
			if err := tx.PutEarlyStatus(account, "", "id", []byte{1}); err != nil {
				return err
			}
		}
		return nil
	}))
	early := func() int {
		return len(update(t, s, func(tx *store.Tx) ([][]byte, error) { return tx.TakeEarlyStatuses(account, "", []string{"id"}) }))
	}
	check(t, s.Prune(ctx, time.Now(), time.Now(), time.UnixMilli(1)))
	out, err := s.QueuedOutgoing(ctx, account, 0, many)
	same(t, many/2, len(out), err)
	lines, err := s.Queue(ctx, irc)
	same(t, 1, len(lines), err)
	if see(t, s, account, "", "7") {
		t.Error("an event was forgotten too early")
	}
	same(t, many, early(), nil)

	check(t, putEarly(s, account, "", "id", "x"))
	check(t, s.Prune(ctx, time.Time{}, time.Time{}, time.Now().Add(time.Hour)))
	if !see(t, s, account, "", "7") {
		t.Error("an event was not forgotten")
	}
	same(t, 0, early(), nil)
}
