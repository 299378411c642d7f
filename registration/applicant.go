package registration

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/store"
	"wherry/transports"
)

// applicant is a user at one of their accounts, there or not.
type applicant struct {
	reg   *Registration
	d     domain
	user  jid.JID // bare: the identity that counts. XEP-0077 §3.1
	scope transports.Scope
	lang  string
}

// applicant returns who asks for the account that an address stands for.
// Those who may not use the domain are refused.
func (r *Registration) applicant(d domain, user jid.JID, at transports.Address, lang string) (*applicant, error) {
	if d == nil {
		return nil, &stanza.Error{Condition: stanza.ServiceUnavailable, Code: stanza.LegacyCode(stanza.ServiceUnavailable)}
	}
	p := &applicant{reg: r, d: d, user: user.Bare(), scope: at.Scope, lang: lang}
	if !d.Allowed(p.user) {
		return nil, p.refuse(stanza.Forbidden, transports.T("You are not allowed to use this gateway."))
	}
	return p, nil
}

func (p *applicant) turn() turn   { return turn{p.d.Name(), p.user} }
func (p *applicant) party() party { return party{p.turn(), p.scope} }

// at returns the same user at another account.
func (p *applicant) at(scope transports.Scope) *applicant {
	other := *p
	other.scope = scope
	return &other
}

// file returns the account on file. Where there is none it is empty.
func (p *applicant) file(ctx context.Context) (store.Account, error) {
	a, err := p.d.Account(ctx, p.user, p.scope)
	if errors.Is(err, store.ErrNotFound) {
		return store.Account{User: p.user.String(), Domain: p.d.Name(), Scope: string(p.scope)}, nil
	}
	if err != nil {
		return a, fmt.Errorf("look up the account: %w", err)
	}
	return a, nil
}

// inForce tells whether an account is registered and neither suspended nor
// gone.
func inForce(a store.Account) bool { return a.Registered && a.Suspended.IsZero() }

// begin starts a sign-up, or a change of the account on file.
func (p *applicant) begin(ctx context.Context) (*application, store.Account, error) {
	old, err := p.file(ctx)
	if err != nil {
		return nil, old, err
	}
	return newApplication(p.d.Transport().Form(p.scope, shown(old)), onFile(old)), old, nil
}

// account makes what is to be stored of settings that the network accepted.
func (p *applicant) account(a *application, settings transports.Settings, old store.Account) store.Account {
	rec := store.Account{
		ID: old.ID, User: p.user.String(), Domain: p.d.Name(), Scope: string(p.scope),
		Registered: true, Created: old.Created,
	}
	if rec.Created.IsZero() {
		rec.Created = p.reg.now()
	}
	rec.Settings, rec.Secrets = a.divide(settings, old)
	return rec
}

// keep stores an account and brings it into force. A suspended one resumes only
// for those who know its secrets; for all others it is as if it had never been.
func (p *applicant) keep(ctx context.Context, a *application, rec, old store.Account) error {
	if !old.Suspended.IsZero() && !a.knows(old.Secrets, rec.Secrets) {
		if err := p.d.Purge(ctx, p.user, p.scope); err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("remove the suspended account: %w", err)
		}
		rec.ID, rec.Created = 0, p.reg.now()
	}
	var twice *component.TwiceError
	switch err := p.d.Register(ctx, rec); {
	case errors.Is(err, component.ErrTaken):
		return p.refuse(stanza.Conflict, transports.T("Somebody else here uses this account already."))
	case errors.As(err, &twice):
		return p.refuse(stanza.Conflict, transports.T("You use this account here already, as %s.", p.title(string(twice.Scope))))
	case err != nil:
		return fmt.Errorf("store the account: %w", err)
	}
	return nil
}

// knows tells whether the secrets on file that the user was asked for are those
// that were given. What the network added by itself proves nothing.
func (a *application) knows(file, given map[string]string) bool {
	asked, same := false, true
	for name, value := range file {
		if a.kinds[name] != transports.Secret {
			continue
		}
		asked = true
		if subtle.ConstantTimeCompare([]byte(value), []byte(given[name])) != 1 {
			same = false
		}
	}
	return asked && same
}

// admit tells whether the user may have one more account, if this is one more.
func (p *applicant) admit(ctx context.Context, old store.Account) error {
	limit := p.d.Limits().Accounts
	if inForce(old) || limit <= 0 {
		return nil
	}
	all, err := p.d.Accounts(ctx, p.user)
	if err != nil {
		return fmt.Errorf("count accounts: %w", err)
	}
	count := 0
	for _, a := range all {
		if inForce(a) {
			count++
		}
	}
	if count < limit {
		return nil
	}
	return p.refuse(stanza.NotAllowed,
		transports.T("You have as many accounts here as one may have. Remove one first."))
}

// remove removes the account, and with the default one all others. What it
// returns is to be done once the user was told.
func (p *applicant) remove(ctx context.Context) (after func(), err error) {
	return p.removeBy(ctx, p.d.Unregister)
}

// removeBy is remove in one way or another.
func (p *applicant) removeBy(ctx context.Context, unregister func(context.Context, jid.JID, transports.Scope) (func(), error)) (after func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, p.reg.patience)
	defer cancel()
	done, err := p.reg.turns.take(ctx, p.turn())
	if err != nil {
		return nil, p.busy()
	}
	defer done()
	after, err = unregister(ctx, p.user, p.scope)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, p.unknown()
	case err != nil:
		return nil, fmt.Errorf("remove the account: %w", err)
	}
	return after, nil
}

// refuse returns an error with a text, and the number that XEP-0077 §9 asks for.
func (p *applicant) refuse(c stanza.Condition, t transports.Text) *stanza.Error {
	return &stanza.Error{Condition: c, Code: stanza.LegacyCode(c), Text: text.In(p.lang, t), Lang: text.Of(p.lang)}
}

// unknown says that there is no account to remove. XEP-0077 §3.2
func (p *applicant) unknown() *stanza.Error {
	return p.refuse(stanza.RegistrationRequired, transports.T("You are not registered here."))
}

func (p *applicant) busy() *stanza.Error {
	return p.refuse(stanza.ResourceConstraint, transports.T("Your registration before is still being checked. Please try again later."))
}
