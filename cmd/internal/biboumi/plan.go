package biboumi

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"wherry/component/jid"
	"wherry/transports"
)

// Network is what a plan asks of the transport: how it spells addresses, and
// which settings it takes.
type Network interface {
	Address(text string, in transports.Account) (transports.Address, error)
	CheckSettings(account transports.Account) error
}

// Have is what the store has of a user already.
type Have struct {
	Accounts map[transports.Scope]int64                               // their numbers
	Rooms    map[transports.Address]bool                              // by their addresses
	Contacts map[string]bool                                          // by their names
	Line     func(room transports.Address, place int64) (bool, error) // nil: none
}

// Options are what who imports wants.
type Options struct {
	Domain string    // of the gateway
	All    bool      // accounts also for networks of which there is only history
	Now    time.Time // later lines are in error
}

// Plan is what is to be written for one user.
type Plan struct {
	User     string
	Accounts []*Account // by scope
	Contacts []string   // by their names in the store
	Left     []string   // what is left out, and why; no secrets
}

// Account is what is to be written for one user on one network.
type Account struct {
	Scope    transports.Scope
	Host     string // as reports call it
	ID       int64  // of one that is there, and stays as it is; 0: it is made
	Settings map[string]string
	Secrets  map[string]string
	Rooms    []Room // persistent ones
	Logs     []*Log
}

// Room is a channel in which the user stays.
type Room struct{ Name, Nick string }

// planner makes the plan of one user.
type planner struct {
	Options
	net   Network
	have  Have
	plan  Plan
	owner Owner
	left  map[string]int // what is left out, and how often
	nets  map[transports.Scope]*Account
}

// Make plans what to write of a user. The error is one of have.Line's.
func Make(o Owner, net Network, have Have, options Options) (Plan, error) {
	p := &planner{
		Options: options, net: net, have: have, owner: o, plan: Plan{User: o.Name},
		left: map[string]int{}, nets: map[transports.Scope]*Account{},
	}
	if !bare(o.Name) {
		p.leave("%q is no address of a user: all of it", o.Name)
		return p.done(), nil
	}
	for _, s := range o.Servers {
		p.server(s)
	}
	for _, c := range p.persistent() {
		p.room(c)
	}
	err := p.history()
	p.contacts()
	if o.Unrecorded {
		p.leave("the wish not to have history recorded: here users choose that in the settings of the gateway, of a network or of a channel")
	}
	return p.done(), err
}

// bare tells whether a text is the bare JID of a user.
func bare(s string) bool {
	j, err := jid.Parse(s)
	return err == nil && j.Local != "" && j.Resource == ""
}

func (p *planner) leave(format string, args ...any) { p.left[fmt.Sprintf(format, args...)]++ }

func (p *planner) done() Plan {
	for _, text := range slices.Sorted(maps.Keys(p.left)) {
		if n := p.left[text]; n > 1 {
			text = fmt.Sprintf("%s (%d times)", text, n)
		}
		p.plan.Left = append(p.plan.Left, text)
	}
	for _, scope := range slices.Sorted(maps.Keys(p.nets)) {
		p.plan.Accounts = append(p.plan.Accounts, p.nets[scope])
	}
	return p.plan
}

// network returns the address of a server.
func (p *planner) network(host string) (transports.Address, error) {
	a, err := p.net.Address(host, transports.Account{})
	if err == nil && a.Kind != transports.Network {
		err = fmt.Errorf("%.100q is no network", host)
	}
	return a, err
}

// account returns what is planned for a network, or nil.
func (p *planner) account(scope transports.Scope, host string) *Account {
	a := p.nets[scope]
	if id := p.have.Accounts[scope]; a == nil && id != 0 {
		a = &Account{Scope: scope, Host: host, ID: id}
		p.nets[scope] = a
	}
	return a
}

// make returns what is planned for a network, which is made if need be.
func (p *planner) make(scope transports.Scope, host string) *Account {
	a := p.account(scope, host)
	if a == nil {
		a = &Account{Scope: scope, Host: host, Settings: map[string]string{}, Secrets: map[string]string{}}
		p.nets[scope] = a
	}
	return a
}

// server plans what the user set for a server.
func (p *planner) server(s Server) {
	addr, err := p.network(s.Host)
	if err != nil {
		p.leave("the settings for %.100q: %v", s.Host, err)
		return
	}
	settings, secrets, left := convert(s)
	for _, text := range left {
		p.leave("%s: %s", s.Host, text)
	}
	if len(settings)+len(secrets) == 0 {
		return
	}
	if a := p.account(addr.Scope, s.Host); a != nil {
		p.leave("%s: the settings, because there is an account already", s.Host)
		return
	}
	if !p.usable(s.Host, addr.Scope, settings, secrets) || len(settings)+len(secrets) == 0 {
		return
	}
	a := p.make(addr.Scope, s.Host)
	a.Settings, a.Secrets = settings, secrets
	if nick := p.nick(addr.Scope); secrets["sasl_password"] != "" && settings["nick"] == "" && nick != "" {
		settings["nick"] = nick // the name to log in by
	}
}

// persistent returns the channels in which the user stays, in order.
func (p *planner) persistent() []Channel {
	all := map[Channel]bool{}
	for _, c := range p.owner.Channels {
		if c.Persistent || p.owner.Persistent {
			all[Channel{Server: c.Server, Name: c.Name}] = true
		}
	}
	if p.owner.Persistent {
		for _, l := range p.owner.Lines {
			all[Channel{Server: l.Server, Name: l.Channel}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b Channel) int {
		return slices.Compare([]string{a.Server, a.Name}, []string{b.Server, b.Name})
	})
}

// room plans that the user stays in a channel.
func (p *planner) room(c Channel) {
	addr, err := p.channel(c.Server, c.Name)
	if err != nil {
		p.leave("the channel %.100q of %.100q: %v", c.Name, c.Server, err)
		return
	}
	if p.have.Rooms[addr] {
		return
	}
	nick := p.nick(addr.Scope)
	if nick == "" {
		p.leave("the channel %s of %s: there is no nick for it", c.Name, c.Server)
		return
	}
	a := p.make(addr.Scope, c.Server)
	if a.ID == 0 && a.Settings["nick"] == "" {
		a.Settings["nick"] = nick
	}
	if !slices.ContainsFunc(a.Rooms, func(r Room) bool { return r.Name == addr.Name }) {
		a.Rooms = append(a.Rooms, Room{Name: addr.Name, Nick: nick})
	}
}

// channel returns the address of a channel.
func (p *planner) channel(server, name string) (transports.Address, error) {
	network, err := p.network(server)
	if err != nil {
		return network, err
	}
	a, err := p.net.Address(name+"%"+server, transports.Account{})
	if err == nil && (a.Kind != transports.Room || a.Scope != network.Scope) {
		err = fmt.Errorf("it is no channel")
	}
	return a, err
}

// nick returns the nick that the user has on a network: biboumi keeps only the
// one that was set, so that else the user's own name must serve.
func (p *planner) nick(scope transports.Scope) string {
	var names []string
	for _, s := range p.owner.Servers {
		if a, err := p.network(s.Host); err == nil && a.Scope == scope {
			names = append(names, s.Nick, s.Username)
		}
	}
	user, _ := jid.Parse(p.owner.Name)
	for _, name := range append(names, jid.Unescape(user.Local)) {
		if name != "" && p.net.CheckSettings(transports.Account{Scope: scope, Settings: transports.Settings{"nick": name}}) == nil {
			return name
		}
	}
	return ""
}

// contacts plans the roster.
func (p *planner) contacts() {
	for _, c := range p.owner.Contacts {
		j, err := jid.Parse(c.Local)
		name := ""
		if err == nil && j.Local != "" {
			var a transports.Address
			a, err = p.net.Address(jid.Unescape(j.Local), transports.Account{})
			if err == nil && a.Kind == transports.Room {
				err = fmt.Errorf("channels are joined, not added")
			}
			name = a.String()
		}
		switch {
		case err != nil:
			p.leave("the contact %.100q: %v", c.Local, err)
		case !p.have.Contacts[name] && !slices.Contains(p.plan.Contacts, name):
			p.plan.Contacts = append(p.plan.Contacts, name)
		}
	}
	slices.Sort(p.plan.Contacts)
}
