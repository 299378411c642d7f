package registration

import (
	"context"
	"maps"

	"wherry/component/command"
	"wherry/transports"
)

// enrols tells whether a command about the making of accounts is found: where the
// caller is connected to a network that makes some.
func (r *Registration) enrols(ability transports.Ability) func(command.Call) bool {
	return func(call command.Call) bool {
		d := r.domain(call.Domain)
		return d != nil && d.Enrols(call.User(), call.To.Scope)&ability != 0
	}
}

// startEnrol begins to have an account made on the network that the command is
// found at, or goes on with one.
func (r *Registration) startEnrol(confirm bool) func(context.Context, command.Call) (command.Step, error) {
	return func(ctx context.Context, call command.Call) (command.Step, error) {
		p, err := r.caller(call)
		if err != nil {
			return command.Step{}, err
		}
		ctx, cancel := context.WithTimeout(ctx, p.reg.patience)
		defer cancel()
		old, err := p.file(ctx)
		if err == nil {
			err = p.admit(ctx, old)
		}
		if err != nil {
			return command.Step{}, p.fail(err, transports.Form{})
		}
		net, err := p.d.Enroller(ctx, p.user, p.scope)
		if err != nil {
			return command.Step{}, p.fail(err, transports.Form{})
		}
		f, err := net.Enrolment(confirm)
		if err != nil {
			return command.Step{}, p.fail(err, f)
		}
		return p.enrolStep(f, confirm), nil
	}
}

// enrolStep asks what the network wants to know.
func (p *applicant) enrolStep(f transports.Form, confirm bool) command.Step {
	return command.Step{Form: &f, Last: confirm, Next: func(ctx context.Context, _ command.Call, answered transports.Settings) (command.Step, error) {
		answer, err := p.enrol(ctx, confirm, answered)
		switch {
		case err != nil:
			return command.Step{}, p.again(err)
		case answer.Next != nil:
			return p.enrolStep(*answer.Next, true), nil
		}
		return command.Step{Note: transports.T("The account is yours. Its password is kept sealed here: from now on you are logged in by it, and stay connected.")}, nil
	}}
}

// enrol submits what was answered, and brings the account into force once it is
// made.
func (p *applicant) enrol(ctx context.Context, confirm bool, answered transports.Settings) (transports.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.reg.patience)
	defer cancel()
	done, err := p.reg.turns.take(ctx, p.turn())
	if err != nil {
		return transports.Answer{}, p.busy()
	}
	defer done()
	net, err := p.d.Enroller(ctx, p.user, p.scope)
	if err != nil {
		return transports.Answer{}, err
	}
	answer, err := net.Enrol(ctx, confirm, answered)
	if err != nil || answer.Next != nil {
		return answer, err
	}
	a, old, err := p.begin(ctx)
	if err == nil {
		err = p.admit(ctx, old)
	}
	if err != nil {
		return transports.Answer{}, err
	}
	settings := onFile(old)
	maps.Copy(settings, answer.Settings)
	return answer, p.keep(ctx, a, p.account(a, settings, old), old)
}
