package registration

import (
	"context"
	"slices"
	"strings"

	"wherry/component/command"
	"wherry/store"
	"wherry/transports"
)

// Where users can have further accounts (see transports.About.Further), each is
// registered, changed and removed at its own address, its label at the domain, as
// the default one is at the gateway's. From there all of them can be reached, too.

// further tells whether there can be further accounts.
func (r *Registration) further(call command.Call) bool {
	d := r.domain(call.Domain)
	return d != nil && !d.Transport().About().Further.IsZero()
}

func (p *applicant) further() bool { return !p.d.Transport().About().Further.IsZero() }

// furtherTitle is what having one more account is called.
func (r *Registration) furtherTitle(call command.Call) transports.Text {
	return r.domain(call.Domain).Transport().About().Further
}

// has returns an error where the user has no account of a scope.
func (p *applicant) has(ctx context.Context, scope transports.Scope) error {
	a, err := p.at(scope).file(ctx)
	if err == nil && !a.Registered {
		err = &transports.Error{Kind: transports.NotFound, Text: transports.T("You have no account %s here.", p.title(string(scope)))}
	}
	return err
}

// upstream returns what an account in force is called upstream, or nothing.
func (p *applicant) upstream(a store.Account) string {
	network, ok := p.d.Transport().(transports.AccountNamer)
	if !ok || !inForce(a) {
		return ""
	}
	return network.AccountName(a.Settings)
}

// called is the title of an account, with what it is called upstream.
func (p *applicant) called(a store.Account) string {
	if name := p.upstream(a); name != "" {
		return p.title(a.Scope) + " (" + name + ")"
	}
	return p.title(a.Scope)
}

// startAdd asks how a further account is to be called, and goes on as its
// registration.
func (r *Registration) startAdd(_ context.Context, call command.Call) (command.Step, error) {
	p, err := r.caller(call)
	if err != nil {
		return command.Step{}, err
	}
	f := transports.Form{
		Title: r.furtherTitle(call),
		Fields: []transports.Field{{
			Name: "label", Label: transports.T("Label"), Required: true,
			Help: transports.T("A short word of your own, such as work. It stands in the addresses of this account's contacts, and cannot be changed."),
		}},
	}
	return command.Step{Form: &f, Next: func(ctx context.Context, _ command.Call, answered transports.Settings) (command.Step, error) {
		scope, err := p.label(ctx, strings.TrimSpace(answered["label"]))
		if err != nil {
			return command.Step{}, &transports.FieldError{Field: "label", Err: p.worded(err)}
		}
		return p.at(scope).register(ctx)
	}}, nil
}

// label returns the scope of an account that is to be added.
func (p *applicant) label(ctx context.Context, typed string) (transports.Scope, error) {
	a, err := p.d.Transport().Address(typed, transports.Account{})
	if err != nil || a.Kind != transports.Network {
		return "", &transports.Error{Kind: transports.Malformed,
			Text: transports.T("%s cannot be a label. Take a short word of letters, digits and hyphens that begins with a letter.", short(typed))}
	}
	old, err := p.at(a.Scope).file(ctx)
	switch {
	case err != nil:
		return "", err
	case inForce(old):
		return "", &transports.Error{Kind: transports.NotAllowed,
			Text: transports.T("You have an account %s already. Take another label, or change that account at its address.", p.title(string(a.Scope)))}
	}
	return a.Scope, p.at(a.Scope).admit(ctx, old)
}

// everything is what is chosen to be removed where that is all accounts.
const everything = "*"

// startUnregisterSome asks which of the user's accounts to remove, and removes it.
func (p *applicant) startUnregisterSome(ctx context.Context) (command.Step, error) {
	all, err := p.d.Accounts(ctx, p.user)
	if err != nil {
		return command.Step{}, p.fail(err, transports.Form{})
	}
	f := transports.Form{
		Title:        transports.T("Remove your account"),
		Instructions: transports.T("This removes the settings and the password of an account, and your contacts there. What waits there to be sent is not sent."),
	}
	if len(all) > 1 {
		f.Fields = append(f.Fields, p.whichAccount(all))
	}
	f.Fields = append(f.Fields, transports.Field{Name: "confirm", Label: transports.T("Remove it"), Kind: transports.Boolean, Required: true})
	return command.Step{Form: &f, Last: true, Next: func(ctx context.Context, call command.Call, answered transports.Settings) (command.Step, error) {
		which, asked := answered["account"]
		if answered["confirm"] != "true" || !asked || which == everything {
			return p.confirmed(ctx, call, answered)
		}
		i := slices.IndexFunc(all, func(a store.Account) bool { return p.title(a.Scope) == which })
		one := p.at(transports.Scope(all[i].Scope)) // the form was checked
		p.reg.open.take(one.party())
		after, err := one.removeBy(ctx, p.d.UnregisterOne)
		if err != nil {
			return command.Step{}, p.fail(err, transports.Form{})
		}
		call.Then(after)
		return command.Step{Note: transports.T("Your account was removed.")}, nil
	}}, nil
}

// whichAccount is the field that chooses among accounts, or all of them.
func (p *applicant) whichAccount(all []store.Account) transports.Field {
	f := transports.Field{Name: "account", Kind: transports.Choice, Label: transports.T("Account"), Required: true}
	for _, a := range all {
		f.Options = append(f.Options, transports.Option{Value: p.title(a.Scope), Label: transports.Literal(p.called(a))})
	}
	f.Options = append(f.Options, transports.Option{Value: everything, Label: transports.T("all of them")})
	return f
}
