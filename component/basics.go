package component

import (
	"cmp"
	"context"
	"strings"
	"time"

	"wherry/component/command"
	"wherry/component/disco"
	"wherry/component/mam"
	"wherry/component/mds"
	"wherry/component/muc"
	"wherry/component/sharing"
	"wherry/component/stanza"
	"wherry/transports"
)

const (
	nsVersion = "jabber:iq:version"
	nsTime    = "urn:xmpp:time"
	nsVCard   = "vcard-temp"
	nsVCard4  = "urn:ietf:params:xml:ns:vcard-4.0"
	nsLast    = "jabber:iq:last"
	escaping  = `jid\20escaping` // the feature of XEP-0106 §5, to the letter
	capsNode  = "https://wherry.invalid/caps"
)

// handleBasics adds the endpoints that every address has.
func (c *Component) handleBasics() {
	c.Handle(Endpoint{Space: disco.NSInfo, Name: "query", Get: c.discoInfo, On: Anywhere &^ AtOccupant, Feature: disco.NSInfo, open: true})
	c.Handle(Endpoint{Space: disco.NSItems, Name: "query", Get: c.discoItems, On: Anywhere &^ AtOccupant, Feature: disco.NSItems, open: true})
	c.Handle(Endpoint{Space: nsPing, Name: "ping", Get: ping, On: AtGateway | AtNetwork | AtContact | AtRoom, Feature: nsPing, open: true})
	c.Handle(Endpoint{Space: nsPing, Name: "ping", Get: pingOccupant, On: AtOccupant})
	c.Handle(Endpoint{Space: nsVersion, Name: "query", Get: c.version, On: AtGateway, Feature: nsVersion, open: true})
	c.Handle(Endpoint{Space: nsVersion, Name: "query", Get: versionOf, On: AtContact | AtOccupant})
	c.Handle(Endpoint{Space: nsTime, Name: "time", Get: clock, On: AtGateway, Feature: nsTime, open: true})
	c.Handle(Endpoint{Space: nsTime, Name: "time", Get: clockOf, On: AtContact | AtOccupant})
	c.Handle(Endpoint{Space: nsLast, Name: "query", Get: c.uptime, On: AtGateway, Feature: nsLast, open: true})
	c.Handle(Endpoint{Space: nsVCard, Name: "vCard", Get: vcard, On: Anywhere, Feature: nsVCard})
	c.Handle(Endpoint{Space: nsVCard4, Name: "vcard", Get: vcard4, On: Anywhere, Feature: nsVCard4})
	c.Handle(Endpoint{Space: nsSearch, Name: "query", Get: searchForm, Set: searchRooms, On: AtNetwork})
	c.Handle(Endpoint{Space: command.NS, Name: "command", Set: c.command, On: AtGateway | AtNetwork | AtContact | AtRoom, Feature: command.NS, Slow: true})
	c.Handle(Endpoint{Space: muc.NSAdmin, Name: "query", Get: roomAdminGet, Set: roomAdminSet, On: AtRoom})
	c.Handle(Endpoint{Space: muc.NSModer, Name: "moderate", Set: roomModerate, On: AtRoom})
	c.Handle(Endpoint{Space: muc.NSOwner, Name: "query", Get: roomOwnerGet, Set: roomOwnerSet, On: AtRoom})
	c.Handle(Endpoint{Space: mam.NS, Name: "query", Get: archiveForm, Set: archiveQuery, On: AtRoom})
	c.Handle(Endpoint{Space: mam.NS, Name: "metadata", Get: archiveMetadata, On: AtRoom})
}

// discoInfo answers what an address is and can (XEP-0030 §3).
func (c *Component) discoInfo(_ context.Context, q *Query) (*stanza.Element, error) {
	node := q.Payload.Attr("node")
	info := q.Domain.info(where(q.To, q.Nick))
	if q.To.Kind == transports.Room {
		if node == muc.NodeNick {
			return q.user.roomNick(q)
		}
		info = q.user.roomInfo(info, q.To)
	}
	if cmd, ok := c.commands.Find(node, q.To.Kind); ok && cmd.Found(q.call()) {
		e := commandInfo(cmd, q.call()).Element(node)
		return &e, nil
	}
	if node == command.NS {
		e := disco.Info{Identities: []disco.Identity{{Category: "automation", Type: "command-list"}}}.Element(node)
		return &e, nil
	}
	if node != "" && node != capsNode+"#"+info.Ver() {
		return nil, &transports.Error{Kind: transports.NotFound}
	}
	e := info.Element(node)
	return &e, nil
}

// info returns what addresses of a kind are and can, apart from rooms' own.
func (d *Domain) info(w Where) disco.Info {
	about := d.Transport().About()
	info := disco.Info{Features: append([]string{escaping}, d.c.features[w]...)}
	gateway := disco.Identity{Category: "gateway", Type: about.Name, Name: about.Title}
	switch w {
	case AtGateway:
		info.Identities = []disco.Identity{gateway}
		if _, ok := d.Transport().(transports.Grouper); ok || about.Parties {
			info.Features = append(info.Features, nsAddress)
		}
		if about.Rooms {
			// Clients list a service of rooms only by this identity.
			info.Identities = append(info.Identities, disco.Identity{Category: "conference", Type: about.Name, Name: about.Title})
			// The last has servers tell us of it what clients publish.
			info.Features = append(info.Features, muc.NS, mds.Notify)
		}
	case AtNetwork:
		if d.further() { // one of the user's accounts, which is a gateway by itself
			info.Identities = []disco.Identity{gateway}
			if _, ok := d.Transport().(transports.Grouper); ok {
				info.Features = append(info.Features, nsAddress)
			}
			break
		}
		info.Identities = []disco.Identity{{Category: "conference", Type: about.Name}}
		info.Features = append(info.Features, muc.NS)
		if about.Rooms {
			info.Features = append(info.Features, nsSearch)
		}
	case AtContact:
		info.Identities = []disco.Identity{{Category: "client", Type: about.Contact}}
		if !about.Attended {
			info.Features = append(info.Features, nsReceipts)
		}
		if about.Files {
			info.Features = append(info.Features, nsOOB, sharing.NSShare)
		}
		if about.Trails {
			info.Features = append(info.Features, muc.NSReply, nsMarkers, nsReactions)
		}
		if about.Parties {
			info.Features = append(info.Features, nsAddress)
		}
	case AtRoom, AtOccupant:
		info.Identities = []disco.Identity{{Category: "conference", Type: about.Name}}
		info.Features = append(info.Features, muc.NS, muc.NSStable, muc.NSPing, muc.NSStanza, muc.NSOccID, muc.NSHats)
	}
	return info
}

// caps returns the element that sums up a kind of address in its presence.
// What it says is settled once the domain runs.
func (d *Domain) caps(w Where) stanza.Element {
	if c, ok := d.summed.Load(w); ok {
		return c.(stanza.Element)
	}
	c := disco.Caps(capsNode, d.info(w).Ver())
	d.summed.Store(w, c)
	return c
}

// commandInfo describes a command as a node (XEP-0050 §2.3).
func commandInfo(cmd command.Command, call command.Call) disco.Info {
	lang := call.Lang
	return disco.Info{
		Identities: []disco.Identity{{Category: "automation", Type: "command-node", Name: translate(lang, cmd.Called(call))}},
		Features:   []string{command.NS, "jabber:x:data"},
	}
}

// discoItems lists what is found below an address: the commands under their
// node, a user's rooms on a network, the users' networks on the gateway.
func (c *Component) discoItems(_ context.Context, q *Query) (*stanza.Element, error) {
	node := q.Payload.Attr("node")
	var items []disco.Item
	switch {
	case node == command.NS:
		for _, it := range c.commands.Items(q.call()) {
			items = append(items, disco.Item{JID: q.IQ.To.String(), Node: it.Node, Name: it.Name})
		}
	case node != "":
		if cmd, ok := c.commands.Find(node, q.To.Kind); !ok || !cmd.Found(q.call()) {
			return nil, &transports.Error{Kind: transports.NotFound}
		}
	case q.To.Kind == transports.Network && !q.user.stranger && !q.Domain.further():
		return nil, q.user.networkItems(q)
	case q.To.Kind == transports.Gateway || q.To.Kind == transports.Network:
		items = q.user.items(q.To)
	}
	e := disco.Items(node, items)
	return &e, nil
}

// call is a Query as commands see it.
func (q *Query) call() command.Call {
	return command.Call{
		From: q.From, Domain: q.Domain.Name(), To: q.To,
		Admin: q.Domain.Admin(q.User()), Lang: q.Lang, After: q.After,
	}
}

func (c *Component) command(ctx context.Context, q *Query) (*stanza.Element, error) {
	return c.commands.Handle(ctx, q.call(), q.Payload)
}

func ping(context.Context, *Query) (*stanza.Element, error) { return nil, nil }

// pingOccupant answers the ping by which a client learns whether it is still
// in a room (XEP-0410), and passes one to somebody else on where the network
// can.
func pingOccupant(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	r := u.rooms.of(q.To)
	if !r.seats(q.From) || !r.view.Live() {
		return nil, &transports.Error{Kind: transports.Absent}
	}
	o, ok := r.view.Find(q.Nick)
	switch {
	case !ok:
		return nil, &transports.Error{Kind: transports.NotFound}
	case o.Nick == r.view.Nick():
		return nil, nil
	}
	return nil, u.pingSomebody(q, o.Nick)
}

// pingSomebody asks on the network whether somebody's client is there, and
// answers when it said so.
func (u *user) pingSomebody(q *Query, nick string) error {
	to, err := u.d.Transport().Address(transports.Address{Kind: transports.Contact, Scope: q.To.Scope, Name: nick}.String(), u.routing())
	if err != nil {
		return err
	}
	a := u.accounts.of(q.To.Scope)
	if !a.online() {
		return &transports.Error{Kind: transports.Unreachable}
	}
	p, ok := a.session.ts.(transports.Pinger)
	if !ok {
		return &transports.Error{Kind: transports.Unsupported}
	}
	u.await(a.session, func(ctx context.Context) error { return p.Ping(ctx, to) }, func(u *user, err error) { u.answer(q, nil, err) })
	return errLater
}

// version answers XEP-0092; the system underneath is nobody's business.
func (c *Component) version(context.Context, *Query) (*stanza.Element, error) {
	e := stanza.E(nsVersion, "query", stanza.T(nsVersion, "name", "Wherry"), stanza.T(nsVersion, "version", c.conf.Version))
	return &e, nil
}

// uptime answers XEP-0012 for the gateway: how long it runs.
func (c *Component) uptime(context.Context, *Query) (*stanza.Element, error) {
	e := stanza.E(nsLast, "query").With("seconds", seconds(time.Since(c.started)))
	return &e, nil
}

// called returns what an address is called, and its URI outside of XMPP.
func (q *Query) called() (name, uri string) {
	switch {
	case q.Nick != "":
		return q.Nick, ""
	case q.To.Kind == transports.Gateway:
		return q.Domain.Transport().About().Title, ""
	case q.To.Kind == transports.Network:
		return string(q.To.Scope), ""
	case q.To.Kind == transports.Contact:
		return q.Domain.nameOf(q.To)
	}
	return q.To.Name, ""
}

// fullName returns what the network was told that somebody is called besides
// name, or that.
func (q *Query) fullName(name string) string {
	who := q.To
	if _, named := q.Domain.Transport().(transports.Namer); named || q.user == nil || who.Kind != transports.Contact && q.Nick == "" {
		return name
	}
	a := q.user.accounts.of(who.Scope)
	if !a.online() {
		return name
	}
	ts, ok := a.session.ts.(transports.RealNamer)
	if ok && q.Nick != "" {
		var err error
		if who, err = q.user.personCalled(who.Scope, q.Nick); err != nil {
			return name
		}
	}
	if ok {
		name = cmp.Or(ts.RealName(who), name)
	}
	return name
}

// vcard4 answers XEP-0292 with the same.
func vcard4(_ context.Context, q *Query) (*stanza.Element, error) {
	name, uri := q.called()
	e := stanza.E(nsVCard4, "vcard",
		stanza.E(nsVCard4, "fn", stanza.T(nsVCard4, "text", q.fullName(name))),
		stanza.E(nsVCard4, "nickname", stanza.T(nsVCard4, "text", name)))
	if strings.HasPrefix(uri, "tel:") {
		e.Children = append(e.Children, stanza.E(nsVCard4, "tel", stanza.T(nsVCard4, "uri", uri)))
	}
	if mailbox, ok := strings.CutPrefix(uri, "mailto:"); ok {
		e.Children = append(e.Children, stanza.E(nsVCard4, "email", stanza.T(nsVCard4, "text", mailbox)))
	}
	return &e, nil
}

// vcard answers XEP-0054 with the little there is: clients that get an error
// keep asking.
func vcard(_ context.Context, q *Query) (*stanza.Element, error) {
	name, uri := q.called()
	e := stanza.E(nsVCard, "vCard", stanza.T(nsVCard, "FN", q.fullName(name)), stanza.T(nsVCard, "NICKNAME", name))
	if number, ok := strings.CutPrefix(uri, "tel:"); ok {
		e.Children = append(e.Children, stanza.E(nsVCard, "TEL", stanza.E(nsVCard, "CELL"), stanza.T(nsVCard, "NUMBER", number)))
	}
	if mailbox, ok := strings.CutPrefix(uri, "mailto:"); ok {
		e.Children = append(e.Children, stanza.E(nsVCard, "EMAIL", stanza.E(nsVCard, "INTERNET"), stanza.T(nsVCard, "USERID", mailbox)))
	}
	return &e, nil
}
