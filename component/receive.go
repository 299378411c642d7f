package component

import (
	"context"
	"reflect"
	"strings"
	"time"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/component/subscription"
	"wherry/store"
	"wherry/transports"
)

const (
	nsMUC          = muc.NS
	statusShutdown = muc.StatusShutdown
)

// receive takes one stanza of the user's.
func (u *user) receive(st stanza.Stanza) {
	defer u.apologize(st)
	h := st.Head()
	u.admit()
	if h.Lang != "" && h.Lang != u.lang && !u.stranger {
		u.learnLanguage(h.Lang)
	}
	if u.in != nil && u.in.held == heldAway && st.Name() != "presence" && h.Type != stanza.TypeError && h.Type != stanza.TypeResult {
		u.inboxPresence() // presence says for itself whether it is a coming
	}
	to, err := u.route(h.To)
	switch st := st.(type) {
	case *stanza.IQ:
		u.receiveIQ(st, to, err)
	case *stanza.Message:
		u.receiveMessage(st, to, err)
	case *stanza.Presence:
		u.receivePresence(st, to, err)
	}
}

// apologize answers a stanza whose handling panics, if it wants an answer, and
// passes the panic on.
func (u *user) apologize(st stanza.Stanza) {
	p := recover()
	if p == nil {
		return
	}
	_, isPresence := st.(*stanza.Presence)
	if !isPresence || st.Child(nsMUC, "x") != nil {
		u.fail(st, &transports.Error{Kind: transports.Internal})
	}
	panic(p)
}

// routing is the account in whose eyes the user's addresses are read: the
// default one, which holds region and network.
func (u *user) routing() transports.Account {
	a := transports.Account{}
	if def := u.accounts.of(""); def != nil {
		a.Settings, a.Default = def.rec.Settings, def.rec.Settings
	}
	return a
}

// heading is where the last stanza went. Most go where the one before them went.
type heading struct {
	local     string
	addr      transports.Address
	transport transports.Transport
	settings  transports.Settings // that it was read by
}

// route returns what a JID of the domain stands for.
func (u *user) route(to jid.JID) (target, error) {
	t, in := u.d.Transport(), u.routing()
	if l := u.last; l != nil && l.local == to.Local && l.transport == t && same(l.settings, in.Settings) {
		return toward(l.addr, to), nil
	}
	out, err := route(t, to, in)
	if err == nil && out.addr.Kind == transports.Room {
		u.last = &heading{strings.Clone(to.Local), kept(out.addr), t, in.Settings}
	}
	return out, err
}

// same tells whether two settings are one: they are never changed, but replaced.
func same(a, b transports.Settings) bool {
	return reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer()
}

func (u *user) learnLanguage(lang string) {
	if len(lang) > 35 { // RFC 5646 §4.4.1
		return
	}
	lang = strings.Clone(lang)
	u.lang = lang
	u.keepLanguage()
}

// keepLanguage keeps the language of a user of whom anything is kept.
func (u *user) keepLanguage() {
	if u.lang == "" || len(u.accounts) == 0 && len(u.contacts) == 0 {
		return
	}
	name, lang := u.jid.String(), u.lang
	u.persist(func(ctx context.Context, st *store.Store) error { return st.SetLanguage(ctx, u.d.Name(), name, lang) })
}

// forbidden is what a stranger is told.
func (u *user) forbidden(lang string) *stanza.Error {
	return refuse(stanza.Auth, stanza.Forbidden, lang, transports.T("This gateway does not serve %s.", u.jid.Domain))
}

// unregistered is what somebody is told who must register first.
func (u *user) unregistered(lang string) *stanza.Error { return u.unregisteredAt(u.d.Name(), lang) }

func (u *user) unregisteredAt(address, lang string) *stanza.Error {
	return refuse(stanza.Auth, stanza.RegistrationRequired, lang, transports.T("Please register with %s first.", address))
}

// mayUse tells whether the user may use rooms and contacts of a scope, and if
// not, why.
func (u *user) mayUse(scope transports.Scope, lang string) *stanza.Error {
	if u.stranger {
		return u.forbidden(lang)
	}
	a := u.accounts.of(scope)
	if u.d.further() {
		return u.mayUseFurther(a, scope, lang)
	}
	if a != nil && !a.rec.Suspended.IsZero() {
		return u.unregistered(lang)
	}
	def := u.accounts.of("")
	if def != nil && !def.rec.Suspended.IsZero() {
		return u.unregistered(lang)
	}
	registered := a != nil && a.rec.Registered || def != nil && def.rec.Registered
	if !registered && (u.d.conf.Load().Required || !u.d.Transport().About().Guests) {
		return u.unregistered(lang)
	}
	return nil
}

// canonical tells, by an error that names the right one, that an address was
// written in another way than it answers. Whoever talks there would wait for
// answers from an address that never speaks.
func (u *user) canonical(written jid.JID, addr transports.Address, lang string) error {
	right, err := address(u.d.Name(), addr)
	switch {
	case err != nil:
		return &transports.Error{Kind: transports.Malformed, Err: err}
	case right == written.Bare():
		return nil
	}
	e := refuse(stanza.Cancel, stanza.Gone, lang, transports.T("The address is %s.", right.String()))
	e.Redirect = "xmpp:" + right.String()
	return e
}

// receivePresence takes presence: of rooms, subscriptions, and plain.
func (u *user) receivePresence(p *stanza.Presence, to target, err error) {
	if p.Type == stanza.TypeError {
		u.presenceBounced(p, to)
		return
	}
	if err != nil {
		u.presenceNowhere(p, err)
		return
	}
	if in, ok := subscriptionInput(p.Type); ok {
		u.subscriptionStanza(p, to, in)
		return
	}
	switch {
	case p.Type == "probe":
		u.probed(p, to)
	case to.addr.Kind == transports.Room:
		u.roomPresence(p, to)
	default:
		// Accounts are connected whether their user is there or not.
		u.noteResource(p)
	}
}

// presenceNowhere answers presence to an address that means nothing. Only what
// asks for something is answered.
func (u *user) presenceNowhere(p *stanza.Presence, err error) {
	switch {
	case p.Type == "" && p.Child(nsMUC, "x") != nil:
		u.failJoin(p, err)
	case p.Type == "subscribe":
		u.refuseSubscription(p, err)
	case p.Type == "probe":
		u.unsubscribed(p)
	}
}

func subscriptionInput(typ string) (subscription.Input, bool) {
	switch typ {
	case "subscribe":
		return subscription.Subscribe, true
	case "subscribed":
		return subscription.Subscribed, true
	case "unsubscribe":
		return subscription.Unsubscribe, true
	case "unsubscribed":
		return subscription.Unsubscribed, true
	}
	return 0, false
}

// presenceBounced follows presence of ours that could not be delivered. Our own
// odd JID must not end anything; a resource that is gone has left.
func (u *user) presenceBounced(p *stanza.Presence, to target) {
	e := stanza.ParseError(p.Child("", "error"))
	u.log().Debug("presence bounced", "from", p.From.String(), "to", p.To.String(), "err", e)
	if !p.From.IsBare() && gone(e) {
		u.lostResource(p.From.Resource)
		u.ghost(p.From)
	}
}

// gone tells whether an error says that its sender's resource is no more
// (XEP-0045 §18.1.2 lists them for rooms).
func gone(e *stanza.Error) bool {
	switch e.Condition {
	case stanza.Gone, stanza.ItemNotFound, stanza.RecipientUnavailable, stanza.Redirect,
		stanza.RemoteServerNotFound, stanza.RemoteServerTimeout, stanza.ServiceUnavailable:
		return true
	}
	return false
}

// now is the time as stanzas tell it.
func now() time.Time { return time.Now().Truncate(time.Millisecond) }
