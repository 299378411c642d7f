package component

import (
	"context"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/subscription"
	"wherry/component/text"
	"wherry/store"
	"wherry/transports"
)

// contact is what stands between the user and one address of ours that has
// presence: the gateway, a network, a contact. It is the user's.
type contact struct {
	user  *user
	addr  transports.Address
	jid   jid.JID // bare
	state subscription.State
	asked time.Time
	seen  *transports.Available // what the network last said
}

// loadContact takes up what the store has.
func (u *user) loadContact(rec store.Contact) {
	var addr transports.Address
	if rec.Name != "" {
		var err error
		if addr, err = u.d.Transport().Address(rec.Name, u.routing()); err != nil {
			u.log().Warn("stored contact has no meaning any more", "contact", rec.Name, "err", err)
			return
		}
	}
	c, err := u.contact(addr)
	if err != nil {
		u.log().Warn("stored contact has no address any more", "contact", rec.Name, "err", err)
		return
	}
	c.state = subscription.State{Ours: subscription.Ours(rec.Ours), Theirs: rec.Theirs != 0}
	c.asked = rec.Asked
}

// contact returns the contact of an address, made if need be. There is none
// where no JID can stand for the address.
func (u *user) contact(addr transports.Address) (*contact, error) {
	if c := u.contacts[addr.String()]; c != nil {
		return c, nil
	}
	addr = kept(addr)
	j, err := address(u.d.Name(), addr)
	if err != nil {
		return nil, &transports.Error{Kind: transports.Malformed, Err: err}
	}
	c := &contact{user: u, addr: addr, jid: j}
	if u.contacts == nil {
		u.contacts = map[string]*contact{}
	}
	u.contacts[addr.String()] = c
	return c, nil
}

// subscriptionStanza takes a subscription stanza of the user's (RFC 6121 §3).
// Its resource, which Prosody leaves on, says nothing.
func (u *user) subscriptionStanza(p *stanza.Presence, to target, in subscription.Input) {
	if in == subscription.Subscribe && !u.maySubscribe(p, to) {
		return
	}
	c := u.contacts[to.addr.String()]
	if c == nil && in == subscription.Subscribe {
		c, _ = u.contact(to.addr)
	}
	if c == nil {
		if in == subscription.Unsubscribe {
			u.unsubscribed(p)
		}
		return
	}
	was := c.state
	c.apply(in)
	if in == subscription.Subscribe && to.addr.Kind == transports.Contact && !u.d.Transport().About().Attended {
		c.apply(subscription.Want) // clients show the files of those only who see them
	}
	if c.jid.Local == "" && in == subscription.Unsubscribe && was.Theirs {
		u.suspend()
	}
}

// maySubscribe tells whether a subscription can be granted. If not, that was
// answered: strangers, and who must register first, by an error, an address
// that cannot be added by a refusal and the reason.
func (u *user) maySubscribe(p *stanza.Presence, to target) bool {
	lang := u.language(p.Lang)
	if e := u.mayUse(to.addr.Scope, lang); e != nil {
		u.fail(p, e)
		return false
	}
	if to.addr.Kind == transports.Room {
		u.refuseSubscription(p, refuse(stanza.Cancel, stanza.NotAllowed, lang,
			transports.T("%s is a room: join it instead of adding it as a contact.", to.addr.Name)))
		return false
	}
	if err := u.canonical(p.To, to.addr, lang); err != nil {
		u.refuseSubscription(p, err)
		return false
	}
	return true
}

// unsubscribed tells the user's server that there is no subscription.
func (u *user) unsubscribed(p *stanza.Presence) {
	u.send(&stanza.Presence{Header: stanza.Header{From: p.To.Bare(), To: u.jid, Type: "unsubscribed"}})
}

// refuseSubscription answers a subscription to what cannot be subscribed to:
// never with silence.
func (u *user) refuseSubscription(p *stanza.Presence, err error) {
	from := p.To.Bare()
	u.unsubscribed(p)
	e := StanzaError(err, u.language(p.Lang))
	u.send(&stanza.Message{
		Header:  stanza.Header{From: u.d.JID(), To: u.jid, ID: randomID(), Type: "chat"},
		Payload: []stanza.Element{stanza.T("", "body", from.String()+": "+e.Text)},
	})
}

// apply runs an input through the subscription machine, keeps the outcome, and
// says what is to be said.
func (c *contact) apply(in subscription.Input) {
	next, out := subscription.Next(c.state, in)
	was := c.state
	if next != c.state {
		if next.Ours == subscription.Asked {
			c.asked = time.Now()
		}
		c.state = next
		c.save()
	}
	for _, o := range out {
		c.say(o)
	}
	if c.state == (subscription.State{}) {
		delete(c.user.contacts, c.addr.String())
	}
	if c.addr.Kind == transports.Contact && c.state.Theirs != was.Theirs {
		c.user.watch(c.addr.Scope)
	}
}

// save keeps the state; nothing is kept where there is none.
func (c *contact) save() {
	rec := store.Contact{
		Domain: c.user.d.Name(), User: c.user.jid.String(), Name: c.addr.String(),
		Ours: uint8(c.state.Ours), Asked: c.asked,
	}
	if c.state.Theirs {
		rec.Theirs = 1
	}
	if c.state != (subscription.State{}) {
		c.user.d.note(c.user.jid, true)
	}
	c.user.persist(func(ctx context.Context, st *store.Store) error { return st.SaveContact(ctx, rec) })
}

// forget takes the contact off the user's server: nothing may stay behind that
// looks as if it lived (XEP-0100 §4.3).
func (c *contact) forget() {
	_, out := subscription.Next(c.state, subscription.Drop)
	for _, o := range out {
		c.say(o)
	}
	c.state = subscription.State{}
}

// say sends one output of the machine. Subscriptions go between bare JIDs.
func (c *contact) say(o subscription.Output) {
	typ := ""
	switch o {
	case subscription.SendPresence:
		c.sendPresence(c.user.jid)
		return
	case subscription.SendUnavailable:
		c.send("unavailable", c.user.jid)
		return
	case subscription.SendProbe:
		typ = "probe"
	case subscription.SendSubscribe:
		typ = "subscribe"
	case subscription.SendSubscribed:
		typ = "subscribed"
	case subscription.SendUnsubscribe:
		typ = "unsubscribe"
	case subscription.SendUnsubscribed:
		typ = "unsubscribed"
	}
	p := &stanza.Presence{Header: stanza.Header{From: c.jid, To: c.user.jid, Type: typ}}
	if typ == "subscribe" {
		p.Payload = append(p.Payload, stanza.T(nsNick, "nick", c.nick()))
	}
	c.user.send(p)
}

// nick is what to call the contact in a roster (XEP-0172).
func (c *contact) nick() string {
	switch c.addr.Kind {
	case transports.Gateway:
		return c.user.d.Transport().About().Title
	case transports.Network:
		return string(c.addr.Scope)
	}
	title, _ := c.user.d.nameOf(c.addr)
	if title != c.addr.Name {
		return title
	}
	return c.spelled()
}

// spelled returns the contact's name as its network writes it, as far as that was
// told: addresses are in lower case.
func (c *contact) spelled() string {
	if c.seen != nil && c.seen.Nick != "" {
		return c.seen.Nick
	}
	for _, r := range c.user.rooms {
		if r.addr.Scope != c.addr.Scope {
			continue
		}
		if o, ok := r.view.Find(c.addr.Name); ok {
			return o.Nick
		}
	}
	return c.addr.Name
}

// nameOf returns what to call an address of a person or a room, and its URI
// outside of XMPP, where it has one.
func (d *Domain) nameOf(addr transports.Address) (title, uri string) {
	if network, ok := d.Transport().(transports.Namer); ok {
		title, uri = network.Name(addr)
	}
	if title == "" {
		title = addr.Name
	}
	return title, uri
}

// show sends the contact's presence of the moment to who is subscribed to it.
// The gateway asks for theirs where it may: once is enough.
func (c *contact) show() {
	if c.state.Theirs {
		c.sendPresence(c.user.jid)
	}
	if c.state.Ours == subscription.Have && c.addr.Kind == transports.Gateway {
		c.say(subscription.SendProbe)
	}
}

// hide tells that the contact is not there any more.
func (c *contact) hide() {
	if c.state.Theirs {
		c.send("unavailable", c.user.jid)
	}
}

// send sends bare presence of a type from the JID that has presence.
func (c *contact) send(typ string, to jid.JID) {
	c.user.send(&stanza.Presence{Header: stanza.Header{From: present(c.jid), To: to, Type: typ}})
}

// sendPresence sends what the contact is now.
func (c *contact) sendPresence(to jid.JID) {
	p := &stanza.Presence{Header: stanza.Header{From: present(c.jid), To: to}}
	here, show, status := c.user.availability(c)
	if !here {
		p.Type = "unavailable"
	}
	if show != "" {
		p.Payload = append(p.Payload, stanza.T("", "show", show))
	}
	if status != "" {
		p.Payload = append(p.Payload, stanza.T("", "status", status))
	}
	if here {
		p.Payload = append(p.Payload, c.user.d.caps(where(c.addr, "")))
	}
	if nick := c.nick(); here && c.addr.Kind == transports.Contact && nick != c.addr.Name { // else the address says it
		p.Payload = append(p.Payload, stanza.T(nsNick, "nick", nick))
	}
	c.user.send(p)
}

// probed answers a probe: with presence for who may see it, else with
// unsubscribed, so that the server stops asking (RFC 6121 §4.3.2).
func (u *user) probed(p *stanza.Presence, to target) {
	if to.addr.Kind == transports.Room {
		return
	}
	c := u.contacts[to.addr.String()]
	if c == nil || !c.state.Theirs {
		u.unsubscribed(p)
		return
	}
	c.sendPresence(p.From)
}

// availability tells how an address looks to the user now.
func (u *user) availability(c *contact) (here bool, show, status string) {
	a := u.accounts.of(c.addr.Scope)
	if u.d.further() && c.addr.Kind != transports.Contact {
		return u.accountAvailability(c.addr.Scope)
	}
	switch c.addr.Kind {
	case transports.Gateway:
		return u.gatewayAvailability()
	case transports.Network:
		if a != nil && a.problem != nil {
			return true, "dnd", text.In(u.lang, a.problem.Text)
		}
		return a != nil && a.online(), "", ""
	}
	if a == nil || !a.online() {
		return false, "", ""
	}
	if c.seen != nil {
		if c.seen.Away {
			show = "away"
		}
		return c.seen.Here, show, c.seen.Text
	}
	if !u.d.Transport().About().Attended {
		return true, "", ""
	}
	return u.inSharedRoom(c.addr)
}

var suspendedText = transports.T("Your account is suspended. Please register again.")

// gatewayAvailability is the worst that goes for the user's accounts.
func (u *user) gatewayAvailability() (here bool, show, status string) {
	for _, a := range u.accounts {
		if !a.rec.Suspended.IsZero() {
			return true, "xa", u.text(suspendedText)
		}
		if a.problem != nil {
			return true, "dnd", u.text(a.problem.Text)
		}
	}
	return true, "", ""
}

// inSharedRoom tells whether a contact is in one of the user's rooms, which is
// all that is known where nobody asked the network.
func (u *user) inSharedRoom(addr transports.Address) (here bool, show, status string) {
	for _, r := range u.rooms {
		if r.addr.Scope != addr.Scope {
			continue
		}
		if o, ok := r.view.Find(addr.Name); ok {
			if o.Away {
				show = "away"
			}
			return true, show, ""
		}
	}
	return false, "", ""
}

// showNetwork shows the presence of a scope's addresses, and the gateway's, to
// those who see it: after something changed there.
func (u *user) showNetwork(scope transports.Scope) {
	for _, c := range u.contacts {
		if c.state.Theirs && (c.addr.Scope == scope || c.addr.Kind == transports.Gateway) {
			c.sendPresence(u.jid)
		}
	}
}
