package store_test

import (
	"context"
	"errors"
	"testing"

	"wherry/store"
)

func TestReplaceOutgoing(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	number, other := add(t, s, message(account, "s1", 3)), add(t, s, message(account, "s2", 1))
	replace := func(message int64, parts []store.Outgoing) error {
		return s.Update(ctx, func(tx *store.Tx) error { return tx.ReplaceOutgoing(message, parts) })
	}
	parts := message(account, "s3", 2)
	check(t, replace(number, parts))
	got, err := s.OutgoingOf(ctx, number)
	same(t, parts, got, err)
	if parts[1].Message != number {
		t.Errorf("message %d", parts[1].Message)
	}
	for name, test := range map[string]struct {
		err  error
		want error
	}{
		"no such message": {replace(other+1, message(account, "s4", 1)), store.ErrNotFound},
		"another's key":   {replace(number, message(account, "s2", 1)), store.ErrExists},
	} {
		if !errors.Is(test.err, test.want) {
			t.Errorf("%s: %v", name, test.err)
		}
	}
	if err := replace(number, nil); err == nil {
		t.Error("a message of no parts was taken")
	}
	got, err = s.OutgoingOf(ctx, number)
	same(t, parts, got, err)
}
