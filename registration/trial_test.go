package registration_test

import (
	"context"
	"testing"

	"wherry/transports"
)

// shown is a service that is shown whose log-ins are.
type shown struct {
	*service
	tried, opened chan transports.Account
}

func (s shown) Try(ctx context.Context, in transports.Account) (transports.Answer, error) {
	s.tried <- in
	return s.Verify(ctx, in.Scope, in.Settings)
}

func (s shown) Open(in transports.Account, saved transports.Saved) (transports.Session, error) {
	s.opened <- in
	return s.service.Open(in, saved)
}

// A trial log-in is its user's, as the account's own are.
func TestTrialShowsOwner(t *testing.T) {
	t.Parallel()
	net := shown{nil, make(chan transports.Account, 10), make(chan transports.Account, 10)}
	w := newWorld(t, func(w *world) {
		net.service = w.net
		w.conf.Transport = net
	})
	w.signUp(phone, domain, "username", "juliet", "password", good)
	trial, own := <-net.tried, <-net.opened
	if trial.Owner == "" || trial.Owner != own.Owner || trial.Settings["password"] != good {
		t.Errorf("tried as %q with %d settings, opened as %q", trial.Owner, len(trial.Settings), own.Owner)
	}
}
