// Package privilege implements a part of XEP-0356: Privileged Entity. A server may
// let a component send messages, and make requests, in the name of its users.
package privilege

import (
	"wherry/component/jid"
	"wherry/component/stanza"
)

// The namespaces that servers speak: that of now, and the one before it, which has
// no requests.
const (
	NS    = "urn:xmpp:privilege:2"
	NSOld = "urn:xmpp:privilege:1"

	nsForward = "urn:xmpp:forward:0"
)

// Grant is what a server lets us do for its users. The zero Grant is nothing.
type Grant struct {
	ns       string           // the server's namespace; empty: messages may not be sent
	requests map[string]Types // by the namespace of what is asked
}

// Types are the types of requests of one namespace.
type Types struct{ Get, Set bool }

// requestsMost is how many namespaces are kept of one server.
const requestsMost = 50

// Messages tells whether messages may be sent in a user's name.
func (g Grant) Messages() bool { return g.ns != "" }

// Shows tells whether a user is sure to see what is sent in their name. Of servers
// that speak the version before, some hand it on and show it to nobody: ejabberd
// 23.01.
func (g Grant) Shows() bool { return g.ns == NS }

// Requests returns what may be asked in a user's name in a namespace.
func (g Grant) Requests(namespace string) Types { return g.requests[namespace] }

// IsZero tells whether nothing is granted.
func (g Grant) IsZero() bool { return g.ns == "" && len(g.requests) == 0 }

// WithoutMessages is the grant without that of messages.
func (g Grant) WithoutMessages() Grant { return Grant{requests: g.requests} }

// Parse reads what a server grants (XEP-0356 §4.2, §5). It reports false where a
// message says nothing of that.
func Parse(m *stanza.Message) (g Grant, ok bool) {
	for _, ns := range []string{NS, NSOld} {
		p := m.Child(ns, "privilege")
		if p == nil || p.Child(nsForward, "forwarded") != nil {
			continue
		}
		ok = true
		for i := range p.Children {
			switch perm := &p.Children[i]; {
			case perm.Name != "perm":
			case perm.Attr("access") == "message" && perm.Attr("type") == "outgoing" && g.ns == "":
				g.ns = ns
			case perm.Attr("access") == "iq" && ns == NS:
				g.take(perm)
			}
		}
	}
	return g, ok
}

// take takes in the namespaces of requests. Some servers put each into the one
// before.
func (g *Grant) take(in *stanza.Element) {
	for i := range in.Children {
		e := &in.Children[i]
		if e.Space != NS || e.Name != "namespace" || len(g.requests) >= requestsMost {
			continue
		}
		typ := e.Attr("type")
		if ns := e.Attr("ns"); ns != "" {
			if g.requests == nil {
				g.requests = map[string]Types{}
			}
			g.requests[ns] = Types{Get: typ == "get" || typ == "both", Set: typ == "set" || typ == "both"}
		}
		g.take(e)
	}
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

// Request is what asks a server to make a request of its user's (XEP-0356 §5.3), as
// the payload of an iq of the same type to the user's bare JID.
func Request(typ, id string, payload stanza.Element) stanza.Element {
	iq := stanza.Element{Name: "iq", Attrs: []stanza.Attr{{Name: "type", Value: typ}, {Name: "id", Value: id}}, Children: []stanza.Element{payload}}
	return stanza.E(NS, "privileged_iq", iq)
}

// Answer returns the answer that the request got which an iq asked to be made: its
// payload, nil where it has none. The error is that of the request, or of asking
// for it.
func Answer(iq *stanza.IQ) (*stanza.Element, error) {
	if iq.Type == stanza.TypeError {
		return nil, stanza.ParseError(iq.Child("", "error"))
	}
	in := iq.Child(NS, "privilege").Child(nsForward, "forwarded").Child("", "iq")
	switch {
	case in == nil:
		return nil, &stanza.Error{Type: stanza.Cancel, Condition: stanza.UndefinedCondition}
	case in.Attr("type") == stanza.TypeError:
		return nil, stanza.ParseError(in.Child("", "error"))
	case len(in.Children) == 0:
		return nil, nil
	}
	return &in.Children[0], nil
}
