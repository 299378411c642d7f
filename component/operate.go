package component

import (
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"wherry/component/command"
	"wherry/component/jid"
	"wherry/transports"
)

// operations are commands about connections: users' own, and those of all for
// administrators. Their names, and those of their fields, are biboumi's where it
// has the like.
func (c *Component) operations() []command.Command {
	gateway, network := []transports.Kind{transports.Gateway}, []transports.Kind{transports.Network}
	return []command.Command{
		{Node: "configure", Kinds: []transports.Kind{transports.Room}, Start: c.startConfigureRoom,
			Name: transports.T("Settings of this room")},
		{Node: "disconnect", Kinds: network, Show: c.connects, Start: c.startDisconnect,
			Name: transports.T("Disconnect from this network, until you use it again")},
		{Node: "disconnect-from-irc-server", Kinds: gateway, Show: c.connects, Start: c.startDisconnectFrom,
			Name: transports.T("Disconnect from networks, until you use them again")},
		{Node: "get-irc-connection-info", Kinds: []transports.Kind{transports.Gateway, transports.Network}, Show: c.connects, Start: c.startConnections,
			Name: transports.T("Show how you are connected")},
		{Node: "users", Kinds: gateway, Admin: true, Start: c.startUsers,
			Name: transports.T("Show who uses the gateway now")},
		{Node: "disconnect-user", Kinds: gateway, Admin: true, Show: c.connects, Start: c.startDisconnectUser,
			Name: transports.T("Disconnect users from all their networks")},
		{Node: "reload", Kinds: gateway, Admin: true, Start: c.startReload,
			Name: transports.T("Read the configuration again"),
			Show: func(command.Call) bool { return c.reread != nil }},
		{Node: "ping", Kinds: gateway, Quiet: true, Name: transports.T("See whether the gateway answers"), Start: pong},
		{Node: "hello", Kinds: gateway, Quiet: true, Name: transports.T("Say hello"), Start: hello},
	}
}

// connects tells whether users of a domain come and go on its networks.
func (c *Component) connects(call command.Call) bool {
	d := c.domains[call.Domain]
	return d != nil && d.Transport().About().Rooms
}

// connection is one of a user's, as it is shown.
type connection struct {
	scope  transports.Scope
	online bool
	lines  []transports.Text
}

// connections returns those of a user, by name; of one scope only where it is
// not empty.
func (d *Domain) connections(ctx context.Context, who jid.JID, scope transports.Scope) (all []connection, err error) {
	var sessions []transports.Session
	err = d.do(ctx, who, func(u *user) {
		for _, a := range u.accounts {
			if a.session == nil || scope != "" && a.scope != scope {
				continue
			}
			one := connection{scope: a.scope, online: a.online()}
			switch since := a.session.since.Load(); {
			case a.problem != nil:
				one.lines = append(one.lines, transports.Literal(StanzaError(a.problem, u.lang).Text))
			case !a.online():
				one.lines = append(one.lines, transports.T("not connected"))
			case since != 0:
				one.lines = append(one.lines, transports.T("Since %s UTC.", time.Unix(0, since).UTC().Format("2006-01-02 15:04")))
			}
			one.lines = append(one.lines, u.roomLines(a.scope)...)
			all, sessions = append(all, one), append(sessions, a.session.ts)
		}
	})
	for i, ts := range sessions {
		if described, ok := ts.(transports.Describer); ok && all[i].online {
			all[i].lines = append(described.Describe(), all[i].lines...)
		}
	}
	slices.SortFunc(all, func(a, b connection) int { return strings.Compare(string(a.scope), string(b.scope)) })
	return all, err
}

// roomLines tells in which rooms of a network the user is, with which clients.
func (u *user) roomLines(scope transports.Scope) (lines []transports.Text) {
	for addr, r := range u.rooms {
		if addr.Scope != scope || !r.view.Live() {
			continue
		}
		var seats []string
		for _, s := range r.view.Seats() {
			seats = append(seats, s.JID.Resource)
		}
		if len(seats) == 0 {
			lines = append(lines, transports.T("%s, without clients", addr.Name))
			continue
		}
		sort.Strings(seats)
		lines = append(lines, transports.T("%s, with %s", addr.Name, strings.Join(seats, ", ")))
	}
	slices.SortFunc(lines, func(a, b transports.Text) int { return strings.Compare(a.Args[0], b.Args[0]) })
	return lines
}

// startConnections shows how the user is connected.
func (c *Component) startConnections(ctx context.Context, call command.Call) (command.Step, error) {
	d := c.domains[call.Domain]
	all, err := d.connections(ctx, call.User(), call.To.Scope)
	if err != nil {
		return command.Step{}, err
	}
	f := transports.Form{Title: transports.T("Your connections")}
	for _, one := range all {
		lines := make([]string, len(one.lines))
		for i, line := range one.lines {
			lines[i] = translate(call.Lang, line)
		}
		f.Fields = append(f.Fields, transports.Field{Kind: transports.Info, Label: transports.Literal(d.called(one.scope)), Value: strings.Join(lines, "\n")})
	}
	if len(f.Fields) == 0 {
		return command.Step{Note: transports.T("You are connected to no network.")}, nil
	}
	return command.Step{Form: &f}, nil
}

// called is what a network is called.
func (d *Domain) called(scope transports.Scope) string {
	if scope == "" {
		return d.Transport().About().Title
	}
	return string(scope)
}

// startDisconnect disconnects from the network that the command is found at.
func (c *Component) startDisconnect(ctx context.Context, call command.Call) (command.Step, error) {
	n, err := c.domains[call.Domain].disconnect(ctx, call.User(), func(s transports.Scope) bool { return s == call.To.Scope })
	return disconnected(n), err
}

// startDisconnectFrom asks which networks to disconnect from.
func (c *Component) startDisconnectFrom(ctx context.Context, call command.Call) (command.Step, error) {
	d := c.domains[call.Domain]
	all, err := d.connections(ctx, call.User(), "")
	if err != nil || len(all) == 0 {
		return command.Step{Note: transports.T("You are connected to no network.")}, err
	}
	f := transports.Form{Title: transports.T("Disconnect from networks, until you use them again")}
	networks := transports.Field{Name: "irc-servers", Kind: transports.Choices, Required: true, Label: transports.T("Networks")}
	for _, one := range all {
		name := d.called(one.scope)
		networks.Options = append(networks.Options, transports.Option{Value: name, Label: transports.Literal(name)})
	}
	f.Fields = []transports.Field{networks}
	return command.Step{Form: &f, Last: true, Next: func(ctx context.Context, call command.Call, answered transports.Settings) (command.Step, error) {
		chosen := strings.Split(answered["irc-servers"], "\n")
		n, err := d.disconnect(ctx, call.User(), func(s transports.Scope) bool { return slices.Contains(chosen, d.called(s)) })
		return disconnected(n), err
	}}, nil
}

// disconnected says from how many networks somebody was disconnected.
func disconnected(n int) command.Step {
	if n == 0 {
		return command.Step{Note: transports.T("There was no such connection.")}
	}
	return command.Step{Note: transports.T("Disconnected from %s networks.", strconv.Itoa(n))}
}

// disconnect ends the sessions of a user's accounts that fit, and all rooms
// there. They begin again when the user uses them.
func (d *Domain) disconnect(ctx context.Context, who jid.JID, fits func(transports.Scope) bool) (n int, err error) {
	err = d.do(ctx, who, func(u *user) {
		for _, a := range u.accounts {
			if a.session != nil && fits(a.scope) {
				u.disconnect(a)
				n++
			}
		}
	})
	return n, err
}

// disconnect takes the user off a network.
func (u *user) disconnect(a *account) {
	reason := u.text(transports.T("You were disconnected."))
	for addr, r := range u.rooms {
		if addr.Scope != a.scope {
			continue
		}
		for _, s := range slices.Clone(r.view.Seats()) {
			u.answered(r, s.JID)
			u.closeWindow(s.JID)
			r.view.Depart(s, reason)
		}
		u.forgetRoom(r)
	}
	u.refuseAll(a, &transports.Error{Kind: transports.Unreachable})
	if a.rec.Registered {
		u.stopSession(a)
	} else {
		u.retire(a)
	}
	u.showNetwork(a.scope)
}

// usersShown is how many users an administrator is shown at most.
const usersShown = 500

// startUsers shows an administrator who has sessions, and where.
func (c *Component) startUsers(ctx context.Context, call command.Call) (command.Step, error) {
	d := c.domains[call.Domain]
	names := d.withSessions()
	f := transports.Form{
		Title:        transports.T("Show who uses the gateway now"),
		Instructions: transports.T("Users with connections: %s", strconv.Itoa(len(names))),
	}
	for _, who := range names[:min(len(names), usersShown)] {
		all, err := d.connections(ctx, who, "")
		if err != nil {
			return command.Step{}, err
		}
		var where []string
		for _, one := range all {
			where = append(where, d.called(one.scope))
		}
		f.Fields = append(f.Fields, transports.Field{Kind: transports.Info, Label: transports.Literal(who.String()), Value: strings.Join(where, ", ")})
	}
	return command.Step{Form: &f}, nil
}

// withSessions returns the users that have sessions, by name.
func (d *Domain) withSessions() (names []jid.JID) {
	for _, u := range d.all() {
		if u.sessions.Load() > 0 {
			names = append(names, u.jid)
		}
	}
	slices.SortFunc(names, func(a, b jid.JID) int { return strings.Compare(a.String(), b.String()) })
	return names
}

// startDisconnectUser asks an administrator which users to disconnect.
func (c *Component) startDisconnectUser(_ context.Context, call command.Call) (command.Step, error) {
	d := c.domains[call.Domain]
	names := d.withSessions()
	if len(names) == 0 {
		return command.Step{Note: transports.T("Nobody is connected.")}, nil
	}
	users := transports.Field{Name: "jids", Kind: transports.Choices, Required: true, Label: transports.T("Users")}
	for _, who := range names[:min(len(names), usersShown)] {
		users.Options = append(users.Options, transports.Option{Value: who.String(), Label: transports.Literal(who.String())})
	}
	f := transports.Form{Title: transports.T("Disconnect users from all their networks"), Fields: []transports.Field{users}}
	return command.Step{Form: &f, Last: true, Next: func(ctx context.Context, _ command.Call, answered transports.Settings) (command.Step, error) {
		total := 0
		for _, name := range strings.Split(answered["jids"], "\n") {
			who, err := jid.Parse(name)
			if err != nil || !slices.Contains(names, who) {
				continue
			}
			n, err := d.disconnect(ctx, who, func(transports.Scope) bool { return true })
			if err != nil {
				return command.Step{}, err
			}
			total += n
		}
		return disconnected(total), nil
	}}, nil
}

// startReload reads the configuration again, for an administrator.
func (c *Component) startReload(context.Context, command.Call) (command.Step, error) {
	if err := c.reread(); err != nil {
		return command.Step{Note: transports.T("The configuration stays as it was: %s", err.Error())}, nil
	}
	return command.Step{Note: transports.T("The configuration was read again. The log says what counts after a restart only.")}, nil
}
