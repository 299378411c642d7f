// Package privilege implements a part of XEP-0356: Privileged Entity. A server may
// let a component send messages in the name of its users.
package privilege

import (
	"wherry/component/jid"
	"wherry/component/stanza"
)

// The namespaces that servers speak: that of now, and the one before it.
const (
	NS    = "urn:xmpp:privilege:2"
	NSOld = "urn:xmpp:privilege:1"

	nsForward = "urn:xmpp:forward:0"
)

// Grant is what a server lets us do for its users. The zero Grant is nothing.
type Grant struct {
	ns string // the server's namespace; empty: messages may not be sent
}

// Messages tells whether messages may be sent in a user's name.
func (g Grant) Messages() bool { return g.ns != "" }

// Parse reads what a server grants (XEP-0356 §4.2, §5). It reports false where a
// message says nothing of that.
func Parse(m *stanza.Message) (g Grant, ok bool) {
	for _, ns := range []string{NS, NSOld} {
		p := m.Child(ns, "privilege")
		if p == nil || p.Child(nsForward, "forwarded") != nil {
			continue
		}
		ok = true
		for _, perm := range p.Children {
			if perm.Name == "perm" && perm.Attr("access") == "message" && perm.Attr("type") == "outgoing" && g.ns == "" {
				g.ns = ns
			}
		}
	}
	return g, ok
}

// Send wraps a message of a user, from their bare JID, so that their server sends
// it for them (XEP-0356 §5.3): their clients and their archive see it as sent. The
// server of to gets it as any other message; the wrapper has its id.
func (g Grant) Send(component jid.JID, m *stanza.Message) *stanza.Message {
	said := stanza.Element{
		Name: "message",
		Attrs: []stanza.Attr{
			{Name: "from", Value: m.From.String()}, {Name: "to", Value: m.To.String()},
			{Name: "type", Value: m.Type}, {Name: "id", Value: m.ID},
		},
		Children: m.Payload,
	}
	return &stanza.Message{
		Header:  stanza.Header{From: component, To: jid.JID{Domain: m.From.Domain}, ID: m.ID},
		Payload: []stanza.Element{stanza.E(g.ns, "privilege", stanza.E(nsForward, "forwarded", said))},
	}
}
