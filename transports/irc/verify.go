package irc

import (
	"context"
	"maps"
	"strings"
	"time"

	"wherry/transports"
)

// trialTimeout bounds a trial log-in.
const trialTimeout = 20 * time.Second

// Verify logs in once with the settings. Those of the gateway's own account
// need no network to be seen right.
func (t *Transport) Verify(ctx context.Context, scope transports.Scope, submitted transports.Settings) (transports.Answer, error) {
	return t.Try(ctx, transports.Account{Scope: scope, Settings: submitted})
}

// Try is Verify of an account whose owner the network may know again.
func (t *Transport) Try(ctx context.Context, submitted transports.Account) (transports.Answer, error) {
	scope, settings := submitted.Scope, tidy(submitted.Settings)
	if scope == "" && t.cfg.FixedNetwork == "" {
		return transports.Answer{Settings: settings}, t.verifyIdentity(settings)
	}
	if scope != "" {
		if _, err := t.network(string(scope)); err != nil {
			return transports.Answer{}, err
		}
	}
	if settings[fieldMakeCert] == "true" && settings[fieldCertificate] == "" {
		var err error
		if settings[fieldCertificate], err = newCertificate("wherry"); err != nil {
			return transports.Answer{}, err
		}
	}
	delete(settings, fieldMakeCert)
	account := transports.Account{Key: "trial", Owner: submitted.Owner, Scope: scope, Settings: settings}
	who, err := t.identity(account)
	if err != nil {
		return transports.Answer{}, err
	}
	if err := who.checkAdvanced(); err != nil {
		return transports.Answer{}, err
	}
	if settings[fieldCertPrint] = who.certificate.fingerprint(); settings[fieldCertPrint] == "" {
		delete(settings, fieldCertPrint)
	}
	trial := newSession(t, account, who)
	trial.trial = true
	ctx, cancel := context.WithTimeout(ctx, trialTimeout)
	defer cancel()
	if err := trial.verify(ctx); err != nil {
		return transports.Answer{}, err
	}
	return transports.Answer{Settings: settings}, nil
}

// verify connects, logs in and leaves.
func (s *Session) verify(ctx context.Context) error {
	running, leave := context.WithCancel(ctx)
	defer leave()
	verified := false
	err := s.Run(running, func(_ context.Context, batch transports.Batch) error {
		for _, e := range batch.Events {
			if _, ok := e.(transports.Online); ok {
				verified = true
				leave()
			}
		}
		return nil
	})
	switch {
	case verified:
		return nil
	case err == nil:
		return errTimeout(ctx.Err())
	}
	return err
}

// verifyIdentity checks the settings that are the same on every network.
func (t *Transport) verifyIdentity(settings transports.Settings) error {
	who := identity{nick: settings[fieldNick], username: settings[fieldUsername], realname: settings[fieldRealname]}
	if who.nick == "" {
		who.nick = "nick"
	}
	if err := who.check(); err != nil {
		return err
	}
	if network := settings[fieldNetwork]; network != "" {
		host, err := t.network(network)
		if err != nil {
			return &transports.FieldError{Field: fieldNetwork, Err: transports.AsError(err)}
		}
		settings[fieldNetwork] = string(host)
	}
	return nil
}

// tidy returns settings without the spaces around, but for secrets.
func tidy(submitted transports.Settings) transports.Settings {
	settings := maps.Clone(submitted)
	for name, value := range settings {
		if name != fieldPass && name != fieldSASLPassword && name != fieldNickServ {
			settings[name] = strings.TrimSpace(value)
		}
	}
	return settings
}
