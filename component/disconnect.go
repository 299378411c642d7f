package component

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"wherry/component/command"
	"wherry/component/jid"
	"wherry/transports"
)

// startDisconnect disconnects from the network that the command is found at.
func (c *Component) startDisconnect(ctx context.Context, call command.Call) (command.Step, error) {
	n, err := c.domains[call.Domain].disconnect(ctx, call.User(), "", func(s transports.Scope) bool { return s == call.To.Scope })
	return disconnected(n), err
}

// startDisconnectFrom asks which networks to disconnect from; administrators, of
// which user.
func (c *Component) startDisconnectFrom(ctx context.Context, call command.Call) (command.Step, error) {
	d := c.domains[call.Domain]
	if !call.Admin {
		return c.disconnectFrom(ctx, call, call.User())
	}
	names := d.withSessions()
	if len(names) == 0 {
		return command.Step{Note: transports.T("Nobody is connected.")}, nil
	}
	user := usersField("jid", transports.Choice, transports.T("User"), names)
	f := transports.Form{Title: transports.T("Disconnect a user from networks"), Fields: []transports.Field{user}}
	return command.Step{Form: &f, Next: func(ctx context.Context, call command.Call, answered transports.Settings) (command.Step, error) {
		who, err := jid.Parse(answered["jid"])
		if err != nil || !slices.Contains(names, who) {
			return disconnected(0), nil
		}
		return c.disconnectFrom(ctx, call, who)
	}}, nil
}

// disconnectFrom asks from which of a user's networks to disconnect.
func (c *Component) disconnectFrom(ctx context.Context, call command.Call, who jid.JID) (command.Step, error) {
	d := c.domains[call.Domain]
	all, err := d.connections(ctx, who, "")
	if err != nil || len(all) == 0 {
		return command.Step{Note: transports.T("There was no such connection.")}, err
	}
	f := transports.Form{Title: transports.T("Disconnect from networks, until you use them again")}
	networks := transports.Field{Name: "irc-servers", Kind: transports.Choices, Required: true, Label: transports.T("Networks")}
	for _, one := range all {
		name := d.called(one.scope)
		networks.Options = append(networks.Options, transports.Option{Value: name, Label: transports.Literal(name)})
	}
	f.Fields = []transports.Field{networks, quitField()}
	return command.Step{Form: &f, Last: true, Next: func(ctx context.Context, _ command.Call, answered transports.Settings) (command.Step, error) {
		chosen := strings.Split(answered["irc-servers"], "\n")
		n, err := d.disconnect(ctx, who, answered[fieldQuit], func(s transports.Scope) bool { return slices.Contains(chosen, d.called(s)) })
		return disconnected(n), err
	}}, nil
}

// fieldQuit is the field of the words by which somebody leaves a network.
const fieldQuit = "quit-message"

func quitField() transports.Field {
	return transports.Field{Name: fieldQuit, Kind: transports.Line, Label: transports.T("Words to leave by"), Help: transports.T("Others on the network can see them.")}
}

// usersField asks for users, or one.
func usersField(name string, kind transports.FieldKind, label transports.Text, names []jid.JID) transports.Field {
	f := transports.Field{Name: name, Kind: kind, Required: true, Label: label}
	for _, who := range names[:min(len(names), usersShown)] {
		f.Options = append(f.Options, transports.Option{Value: who.String(), Label: transports.Literal(who.String())})
	}
	return f
}

// disconnected says from how many networks somebody was disconnected.
func disconnected(n int) command.Step {
	if n == 0 {
		return command.Step{Note: transports.T("There was no such connection.")}
	}
	return command.Step{Note: transports.T("Disconnected from %s networks.", strconv.Itoa(n))}
}

// disconnect ends the sessions of a user's accounts that fit, and all rooms
// there, by some words or the network's usual ones. They begin again when the
// user uses them.
func (d *Domain) disconnect(ctx context.Context, who jid.JID, words string, fits func(transports.Scope) bool) (n int, err error) {
	err = d.do(ctx, who, func(u *user) {
		for _, a := range u.accounts {
			if a.session != nil && fits(a.scope) {
				u.disconnect(a, words)
				n++
			}
		}
	})
	return n, err
}

// disconnect takes the user off a network.
func (u *user) disconnect(a *account, words string) {
	reason := u.text(transports.T("You were disconnected."))
	for _, r := range u.rooms {
		if r.addr.Scope != a.scope {
			continue
		}
		for _, s := range slices.Clone(r.view.Seats()) {
			u.answered(r, s.JID)
			u.closeWindow(s.JID)
			r.view.Depart(s, reason)
		}
		u.forgetRoom(r)
	}
	e := &transports.Error{Kind: transports.Unreachable}
	u.refuseAll(a, e)
	u.turnAway(a, e, time.Time{})
	if words != "" {
		a.session.end(transports.Farewell{Words: words})
	}
	if a.rec.Registered {
		u.stopSession(a)
	} else {
		u.retire(a)
	}
	u.showNetwork(a.scope)
}

// startDisconnectUser asks an administrator which users to disconnect.
func (c *Component) startDisconnectUser(_ context.Context, call command.Call) (command.Step, error) {
	d := c.domains[call.Domain]
	names := d.withSessions()
	if len(names) == 0 {
		return command.Step{Note: transports.T("Nobody is connected.")}, nil
	}
	users := usersField("jids", transports.Choices, transports.T("Users"), names)
	f := transports.Form{Title: transports.T("Disconnect users from all their networks"), Fields: []transports.Field{users, quitField()}}
	return command.Step{Form: &f, Last: true, Next: func(ctx context.Context, _ command.Call, answered transports.Settings) (command.Step, error) {
		total := 0
		for _, name := range strings.Split(answered["jids"], "\n") {
			who, err := jid.Parse(name)
			if err != nil || !slices.Contains(names, who) {
				continue
			}
			n, err := d.disconnect(ctx, who, answered[fieldQuit], func(transports.Scope) bool { return true })
			if err != nil {
				return command.Step{}, err
			}
			total += n
		}
		return disconnected(total), nil
	}}, nil
}
