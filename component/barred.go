package component

import (
	"time"

	"wherry/transports"
)

// lasting is the shortest time which a network wants to be left alone for that
// is told to the user: before that they wait.
const lasting = time.Minute

// bar keeps a user from a network, which is not asked again so soon, whatever
// they try. It stays where the account that it was for is forgotten.
type bar struct{ problem *transports.Error }

// party names a user's account of a scope.
func (u *user) party(scope transports.Scope) string { return u.jid.String() + " " + string(scope) }

// barredFor returns for how long a network is not asked again, because it said so,
// or has banned the user; zero where it may be.
func (d *Domain) barredFor(e *transports.Error) time.Duration {
	switch {
	case !d.Transport().About().Attended || e.After < lasting:
		return 0
	case e.Kind == transports.Forbidden:
		return min(e.After, d.c.patience.barred) // they may have been let in again meanwhile
	}
	return e.After
}

// bar keeps the user from a network for a while.
func (u *user) bar(scope transports.Scope, problem *transports.Error, d time.Duration) {
	b, key := &bar{problem}, u.party(scope)
	u.d.barred.Store(key, b)
	time.AfterFunc(d, func() { u.d.barred.CompareAndDelete(key, b) })
}

// barredFrom returns why a network is not asked now, or nil.
func (u *user) barredFrom(scope transports.Scope) *transports.Error {
	if b, ok := u.d.barred.Load(u.party(scope)); ok {
		return b.(*bar).problem
	}
	return nil
}

// hurry has the session connect now, where it waits for its time.
func (s *session) hurry() {
	select {
	case s.again <- struct{}{}:
	default:
	}
}
