package component

import (
	"strings"
	"sync"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/privilege"
	"wherry/component/stanza"
	"wherry/transports"
)

// What a user said on a network from elsewhere is shown as if they had sent it
// here, where their server lets us send in their name (XEP-0356): it then makes
// the copies for their clients (XEP-0280) and keeps it in their archive. It hands
// the message to us, too, as it would any other: that is known by its id, and goes
// nowhere.

// grants is what servers let us do, by the domains of their users, on the stream
// of the moment. It is safe for concurrent use.
type grants struct {
	mu  sync.Mutex // guards all
	all map[string]privilege.Grant
}

// grantsBound is of how many domains that is known.
const grantsBound = 100

// of returns what is granted for a user.
func (g *grants) of(user jid.JID) privilege.Grant {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all[user.Domain]
}

func (g *grants) set(domain string, to privilege.Grant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if to.IsZero() {
		delete(g.all, domain)
		return
	}
	if g.all == nil {
		g.all = map[string]privilege.Grant{}
	}
	if _, known := g.all[domain]; known || len(g.all) < grantsBound {
		g.all[strings.Clone(domain)] = to
	}
}

// clear forgets all: the stream has ended.
func (g *grants) clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = nil
}

// isCopy begins the ids of messages in users' names.
const isCopy = "copy-"

// granted takes what the server of some users says of what we may do for them. It
// reports false where a stanza is about something else.
func (d *Domain) granted(st stanza.Stanza) bool {
	m, ok := st.(*stanza.Message)
	if !ok || m.From.Local != "" || m.From.Resource != "" {
		return false
	}
	if m.Type == stanza.TypeError {
		refused := strings.HasPrefix(m.ID, isCopy)
		if refused {
			d.log.Warn("a server does not let us send in a user's name", "server", m.From.Domain, "err", stanza.ParseError(m.Child("", "error")))
			d.grants.set(m.From.Domain, d.grants.of(m.From).WithoutMessages()) // it is not tried again on this stream
		}
		return refused
	}
	g, ok := privilege.Parse(m)
	if ok && d.conf.Load().serves(m.From.Domain) {
		d.log.Debug("a server says what it grants", "server", m.From.Domain, "messages", g.Messages())
		d.grants.set(m.From.Domain, g)
	}
	return ok
}

// copyID is the id of a copy of the message of an item: nobody else can make one.
func (d *Domain) copyID(item string) string { return isCopy + item + "-" + keyed(d.key, "copy", item) }

// copied tells whether a message is one that we sent in the user's name. Nothing
// that bears such an id may go to the network, wherever it seems to come from.
func (u *user) copied(m *stanza.Message) bool {
	item, ok := strings.CutPrefix(m.ID, isCopy)
	if !ok {
		return false
	}
	item, _, _ = strings.Cut(item, "-")
	return m.ID == u.d.copyID(item)
}

// copyOf returns what has the user's server show what they said elsewhere.
func (u *user) copyOf(it *item, how telling, g privilege.Grant) *stanza.Message {
	m := *it.Message
	m.Text = noted(m, how.lang)
	m.Nick = "" // it is their own
	if !how.delayed.IsZero() && !m.Delayed {
		m.Delayed = true
		if m.Time.IsZero() {
			m.Time = how.delayed
		}
	}
	said := chatMessage(u.jid, how.from, u.d.copyID(it.ID), m)
	how.answering(said)
	if d := said.Child(muc.NSDelay, "delay"); d != nil {
		*d = muc.Delay(u.d.Name(), m.Time)
	}
	return g.Send(u.d.JID(), said)
}

// askAs has the user's server make a request in the user's name, and done called
// in the user's turn with the payload of the answer.
func (u *user) askAs(typ string, payload stanza.Element, done func(*user, *stanza.Element, error)) {
	u.waits++
	id := u.d.asked.ask(u.d.JID(), u.jid, askWithin, func(iq *stanza.IQ) {
		u.box.post(func(u *user) {
			u.waits--
			if iq == nil {
				done(u, nil, &transports.Error{Kind: transports.Unreachable})
				return
			}
			answer, err := privilege.Answer(iq)
			done(u, answer, err)
		})
	})
	u.send(&stanza.IQ{
		Header:  stanza.Header{From: u.d.JID(), To: u.jid, ID: id, Type: typ},
		Payload: []stanza.Element{privilege.Request(typ, id, payload)},
	})
}
