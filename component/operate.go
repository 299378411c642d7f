package component

import (
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
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
	ts     transports.Session
}

// connections returns those of a user, by name; of one scope only where it is
// not empty.
func (d *Domain) connections(ctx context.Context, who jid.JID, scope transports.Scope) (all []connection, err error) {
	err = d.do(ctx, who, func(u *user) {
		for _, a := range u.accounts {
			if a.session == nil || scope != "" && a.scope != scope {
				continue
			}
			one := connection{scope: a.scope, online: a.online(), ts: a.session.ts}
			switch since := a.session.since.Load(); {
			case a.problem != nil:
				one.lines = append(one.lines, transports.Literal(StanzaError(a.problem, u.lang).Text))
			case !a.online():
				one.lines = append(one.lines, transports.T("not connected"))
			case since != 0:
				one.lines = append(one.lines, transports.T("Since %s UTC.", time.Unix(0, since).UTC().Format("2006-01-02 15:04")))
			}
			one.lines = append(one.lines, u.roomLines(a.scope)...)
			all = append(all, one)
		}
	})
	for i := range all {
		if described, ok := all[i].ts.(transports.Describer); ok && all[i].online {
			all[i].lines = append(described.Describe(), all[i].lines...)
		}
	}
	slices.SortFunc(all, func(a, b connection) int { return strings.Compare(string(a.scope), string(b.scope)) })
	return all, err
}

// roomLines tells in which rooms of a network the user is, with which clients.
func (u *user) roomLines(scope transports.Scope) (lines []transports.Text) {
	for _, r := range u.rooms {
		if r.addr.Scope != scope || !r.view.Live() {
			continue
		}
		var seats []string
		for _, s := range r.view.Seats() {
			seats = append(seats, s.JID.Resource)
		}
		if len(seats) == 0 {
			lines = append(lines, transports.T("%s, without clients", r.addr.Name))
			continue
		}
		sort.Strings(seats)
		lines = append(lines, transports.T("%s, with %s", r.addr.Name, strings.Join(seats, ", ")))
	}
	slices.SortFunc(lines, func(a, b transports.Text) int { return strings.Compare(a.Args[0], b.Args[0]) })
	return lines
}

// startConnections shows how the user is connected, and how fast the networks
// answer.
func (c *Component) startConnections(ctx context.Context, call command.Call) (command.Step, error) {
	d := c.domains[call.Domain]
	all, err := d.connections(ctx, call.User(), call.To.Scope)
	if err != nil {
		return command.Step{}, err
	}
	probe(ctx, all)
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

// probeWithin is how long is waited for a network's sign of life.
const probeWithin = 5 * time.Second

// probe adds to connections how long their networks take to answer, all at once.
func probe(ctx context.Context, all []connection) {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	var asking sync.WaitGroup
	for i := range all {
		one := &all[i]
		if ts, ok := one.ts.(transports.Prober); ok && one.online {
			asking.Go(func() { one.lines = append(one.lines, lag(ts.Probe(ctx))) })
		}
	}
	asking.Wait()
}

// lag says how fast a network answers.
func lag(took time.Duration, err error) transports.Text {
	if err != nil {
		return transports.T("It does not answer.")
	}
	return transports.T("It answers within %s.", took.Round(time.Millisecond).String())
}

// called is what a network is called.
func (d *Domain) called(scope transports.Scope) string {
	if scope == "" {
		return d.Transport().About().Title
	}
	return string(scope)
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

// startReload reads the configuration again, for an administrator.
func (c *Component) startReload(context.Context, command.Call) (command.Step, error) {
	if err := c.reread(); err != nil {
		return command.Step{Note: transports.T("The configuration stays as it was: %s", err.Error())}, nil
	}
	return command.Step{Note: transports.T("The configuration was read again. The log says what counts after a restart only.")}, nil
}
