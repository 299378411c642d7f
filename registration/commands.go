package registration

import (
	"context"
	"strings"

	"wherry/component/command"
	"wherry/component/text"
	"wherry/store"
	"wherry/transports"
)

// commands returns what users can have done about their accounts, by ad-hoc
// command and by chat alike.
func (r *Registration) commands() []command.Command {
	here := []transports.Kind{transports.Gateway, transports.Network}
	return []command.Command{
		{Node: "register", Kinds: here,
			Name: transports.T("Register, or change your account"), Start: r.startRegister},
		{Node: "network", Kinds: []transports.Kind{transports.Gateway}, Show: r.scoped,
			Name: transports.T("Register with one network, or change that account"), Start: r.startNetwork},
		{Node: "add", Kinds: []transports.Kind{transports.Gateway}, Show: r.further,
			Name: transports.T("Add an account"), Title: r.furtherTitle, Start: r.startAdd},
		{Node: "accounts", Kinds: here,
			Name: transports.T("Show your accounts"), Start: r.startAccounts},
		{Node: "create-account", Kinds: here, Show: r.enrols(transports.CanEnrol),
			Name: transports.T("Have an account made on this network"), Start: r.startEnrol(false)},
		{Node: "confirm-account", Kinds: here, Show: r.enrols(transports.CanConfirm),
			Name: transports.T("Confirm the account that was made on this network"), Start: r.startEnrol(true)},
		{Node: "unregister", Kinds: here,
			Name: transports.T("Remove your account"), Start: r.startUnregister},
	}
}

// scoped tells whether there are accounts of single networks.
func (r *Registration) scoped(call command.Call) bool {
	d := r.domain(call.Domain)
	return d != nil && d.Transport().About().Scoped
}

// caller returns who runs a command, at the account it is found at.
func (r *Registration) caller(call command.Call) (*applicant, error) {
	return r.applicant(r.domain(call.Domain), call.User(), call.To, call.Lang)
}

// startRegister asks for the settings of the account that the command is found
// at.
func (r *Registration) startRegister(ctx context.Context, call command.Call) (command.Step, error) {
	p, err := r.caller(call)
	if err != nil {
		return command.Step{}, err
	}
	return p.register(ctx)
}

// register is the sign-up, or change, of an account as a dialogue.
func (p *applicant) register(ctx context.Context) (command.Step, error) {
	a, _, err := p.begin(ctx)
	if err != nil {
		return command.Step{}, p.fail(err, transports.Form{})
	}
	return p.step(a, a.form), nil
}

// step goes on with an application. What it shows is f.
func (p *applicant) step(a *application, f transports.Form) command.Step {
	return command.Step{Form: &f, Next: func(ctx context.Context, _ command.Call, answered transports.Settings) (command.Step, error) {
		out, err := p.apply(ctx, a, answered)
		switch {
		case err != nil:
			return command.Step{}, p.again(err)
		case out.link != nil:
			// All was answered: what is left is to say when the link was followed.
			return p.step(out.more, transports.Form{Title: a.form.Title, Instructions: transports.Literal(p.linked(*out.link))}), nil
		case out.more != nil:
			return p.step(out.more, out.more.form), nil
		}
		return command.Step{Note: p.success(out)}, nil
	}}
}

// startNetwork asks which network, and goes on as its registration.
func (r *Registration) startNetwork(_ context.Context, call command.Call) (command.Step, error) {
	p, err := r.caller(call)
	if err != nil {
		return command.Step{}, err
	}
	f := transports.Form{
		Title: transports.T("Register with one network, or change that account"),
		Fields: []transports.Field{{
			Name: "network", Label: transports.T("Network"), Required: true,
			Help: transports.T("The name of its server, such as irc.example.org."),
		}},
	}
	return command.Step{Form: &f, Next: func(ctx context.Context, _ command.Call, answered transports.Settings) (command.Step, error) {
		a, err := p.d.Transport().Address(strings.TrimSpace(answered["network"]), transports.Account{})
		if err == nil && a.Kind != transports.Network {
			err = &transports.Error{Kind: transports.Malformed, Text: transports.T("That is not the name of a network.")}
		}
		if err != nil {
			return command.Step{}, &transports.FieldError{Field: "network", Err: p.worded(err)}
		}
		return p.at(a.Scope).register(ctx)
	}}, nil
}

// worded returns an error that has a text.
func (p *applicant) worded(err error) *transports.Error {
	e := *transports.AsError(err)
	if e.Text.IsZero() {
		e.Text = transports.Literal(p.explain(err))
	}
	return &e
}

// startAccounts shows what accounts there are, and how they are.
func (r *Registration) startAccounts(ctx context.Context, call command.Call) (command.Step, error) {
	p, err := r.caller(call)
	if err != nil {
		return command.Step{}, err
	}
	all, err := p.d.Accounts(ctx, p.user)
	if err != nil {
		return command.Step{}, p.fail(err, transports.Form{})
	}
	f := transports.Form{Title: transports.T("Your accounts")}
	for _, a := range all {
		if p.scope != "" && a.Scope != string(p.scope) {
			continue
		}
		f.Fields = append(f.Fields, transports.Field{
			Kind: transports.Info, Label: transports.Literal(p.called(a)), Value: text.In(p.lang, p.state(ctx, a)),
		})
	}
	if len(f.Fields) == 0 {
		return command.Step{Note: transports.T("You have no account here.")}, nil
	}
	return command.Step{Form: &f}, nil
}

// title is what an account is called.
func (p *applicant) title(scope string) string {
	switch {
	case scope == "":
		return p.d.Name()
	case p.further():
		return scope + "@" + p.d.Name()
	}
	return scope
}

// state tells how an account is.
func (p *applicant) state(ctx context.Context, a store.Account) transports.Text {
	if !a.Suspended.IsZero() {
		return transports.T("suspended; register again to resume")
	}
	if a.Scope == "" && p.d.Transport().About().Scoped {
		return transports.T("registered")
	}
	online, problem := p.d.Online(ctx, p.user, transports.Scope(a.Scope))
	switch {
	case problem != nil:
		return transports.T("not connected: %s", p.explain(problem))
	case !online:
		return transports.T("not connected")
	case a.Registered:
		return transports.T("registered, connected")
	}
	return transports.T("connected")
}

// startUnregister asks whether that is meant, and removes.
func (r *Registration) startUnregister(ctx context.Context, call command.Call) (command.Step, error) {
	p, err := r.caller(call)
	if err != nil {
		return command.Step{}, err
	}
	registered, err := p.registered(ctx)
	if err != nil {
		return command.Step{}, p.fail(err, transports.Form{})
	}
	if !registered {
		return command.Step{}, p.unknown()
	}
	what := transports.T("This removes your account with %s: its settings, its passwords, and your contacts and rooms there.",
		p.title(string(p.scope)))
	if p.scope == "" && p.further() {
		return p.startUnregisterSome(ctx)
	}
	if p.scope == "" && r.scoped(call) {
		what = transports.T("This removes all your accounts here: their settings and passwords, and your contacts and rooms on all networks.")
	}
	f := transports.Form{
		Title:        transports.T("Remove your account"),
		Instructions: what,
		Fields:       []transports.Field{{Name: "confirm", Label: transports.T("Remove it"), Kind: transports.Boolean, Required: true}},
	}
	return command.Step{Form: &f, Last: true, Next: p.confirmed}, nil
}

// confirmed removes an account, if that was said.
func (p *applicant) confirmed(ctx context.Context, call command.Call, answered transports.Settings) (command.Step, error) {
	if answered["confirm"] != "true" {
		return command.Step{Note: transports.T("Nothing was removed.")}, nil
	}
	p.reg.open.take(p.party())
	after, err := p.remove(ctx)
	if err != nil {
		return command.Step{}, p.fail(err, transports.Form{})
	}
	call.Then(after)
	return command.Step{Note: transports.T("Your account was removed.")}, nil
}
