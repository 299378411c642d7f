package component

import (
	"context"

	"wherry/component/command"
	"wherry/component/form"
	"wherry/transports"
)

// startConfigureRoom asks what a user wants of a room, as the room's own form
// does. Who is not in it is asked for what is theirs alone.
func (c *Component) startConfigureRoom(ctx context.Context, call command.Call) (command.Step, error) {
	var f transports.Form
	var refusal error
	d := c.domains[call.Domain]
	err := d.do(ctx, call.User(), func(u *user) {
		r := u.rooms.of(call.To)
		if !r.seats(call.From) {
			r = nil
		}
		if u.accounts.of(call.To.Scope) == nil {
			refusal = &transports.Error{Kind: transports.Absent, Text: transports.T("You are not in %s.", call.To.Name)}
			return
		}
		f = u.roomForm(call.To, r)
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return command.Step{}, err
	}
	return command.Step{Form: &f, Last: true, Next: func(ctx context.Context, call command.Call, answered transports.Settings) (command.Step, error) {
		return c.configureRoom(ctx, call, f, answered)
	}}, nil
}

// configureRoom does what was answered, and names what the network refused.
func (c *Component) configureRoom(ctx context.Context, call command.Call, asked transports.Form, answered transports.Settings) (command.Step, error) {
	type outcome struct {
		refused []roomRefusal
		err     error
	}
	over := make(chan outcome, 1)
	err := c.domains[call.Domain].do(ctx, call.User(), func(u *user) {
		err := u.configureRoom(call.To, asked, answered, call.Lang, func(_ *user, refused []roomRefusal) { over <- outcome{refused: refused} })
		if err != nil {
			over <- outcome{err: err}
		}
	})
	if err != nil {
		return command.Step{}, err
	}
	select {
	case out := <-over:
		switch {
		case out.err != nil:
			return command.Step{}, out.err
		case len(out.refused) > 0:
			return command.Step{Note: transports.Literal(refusals(out.refused, call.Lang).Text)}, nil
		}
	case <-ctx.Done():
		return command.Step{}, ctx.Err()
	}
	return command.Step{Note: transports.T("The settings of %s are changed.", call.To.Name)}, nil
}

// hello greets who says their name: XEP-0050's first example, which people try
// to see whether commands work.
func hello(_ context.Context, call command.Call) (command.Step, error) {
	f := transports.Form{
		Title:  transports.T("Say hello"),
		Fields: []transports.Field{{Name: "nickname", Label: transports.T("Your name"), Required: true, Value: call.From.Local}},
	}
	return command.Step{Form: &f, Last: true, Next: func(_ context.Context, call command.Call, answered transports.Settings) (command.Step, error) {
		return command.Step{Note: transports.T("Hello %s!", form.Clean(transports.Line, answered["nickname"]))}, nil
	}}, nil
}

// pong answers a ping.
func pong(context.Context, command.Call) (command.Step, error) {
	return command.Step{Note: transports.T("Pong.")}, nil
}
