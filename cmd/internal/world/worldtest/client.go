package worldtest

import (
	"context"
	"testing"
	"time"

	"wherry/cmd/internal/world"
)

// User is a scripted XMPP client whose failures fail its test.
type User struct {
	*world.Client
	tb testing.TB
}

// Client logs a scripted client in; it is closed with the test.
func Client(tb testing.TB, x *world.XMPP, login world.Login) *User {
	tb.Helper()
	c, err := x.Client(login)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return &User{Client: c, tb: tb}
}

// Sendf is Client.Sendf.
func (u *User) Sendf(format string, args ...any) {
	u.tb.Helper()
	if err := u.Client.Sendf(format, args...); err != nil {
		u.tb.Fatal(err)
	}
}

// Expect is Client.Expect.
func (u *User) Expect(want string, match func(*world.Element) bool) *world.Element {
	u.tb.Helper()
	stanza, err := u.Client.Expect(want, match)
	if err != nil {
		u.tb.Fatal(err)
	}
	return stanza
}

// Ask is Client.Ask.
func (u *User) Ask(typ, to, payload string) *world.Element {
	u.tb.Helper()
	answer, err := u.Client.Ask(typ, to, payload)
	if err != nil {
		u.tb.Fatal(err)
	}
	return answer
}

// Sync is Client.Sync.
func (u *User) Sync(to string) {
	u.tb.Helper()
	if err := u.Client.Sync(to); err != nil {
		u.tb.Fatal(err)
	}
}

// Await is Client.Await, for the time that a server's start may take.
func (u *User) Await(to string) {
	u.tb.Helper()
	ctx, cancel := context.WithTimeout(u.tb.Context(), time.Minute)
	defer cancel()
	if err := u.Client.Await(ctx, to); err != nil {
		u.tb.Fatal(err)
	}
}
