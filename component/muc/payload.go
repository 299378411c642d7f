// Package muc implements the room's side of XEP-0045: Multi-User Chat, for
// rooms that live on another network: what each stanza carries, and what a
// room shows to those who sit in it.
package muc

import (
	"strconv"
	"time"

	"wherry/component/stanza"
	"wherry/transports"
)

// Namespaces of the payloads.
const (
	NS         = "http://jabber.org/protocol/muc"
	NSUser     = "http://jabber.org/protocol/muc#user"
	NSAdmin    = "http://jabber.org/protocol/muc#admin"
	NSOwner    = "http://jabber.org/protocol/muc#owner"
	NSInfo     = "http://jabber.org/protocol/muc#roominfo"
	NSStable   = "http://jabber.org/protocol/muc#stable_id"
	NSPing     = "http://jabber.org/protocol/muc#self-ping-optimization"
	NSInvite   = "jabber:x:conference"
	NSOccID    = "urn:xmpp:occupant-id:0"
	NSHats     = "urn:xmpp:hats:0"
	NSStanza   = "urn:xmpp:sid:0"
	NSDelay    = "urn:xmpp:delay"
	NSReact    = "urn:xmpp:reactions:0"
	NSReply    = "urn:xmpp:reply:0"
	NSRetract  = "urn:xmpp:message-retract:1"
	NSModer    = "urn:xmpp:message-moderate:1"
	NSCorrect  = "urn:xmpp:message-correct:0"
	NSStates   = "http://jabber.org/protocol/chatstates"
	NSHints    = "urn:xmpp:hints"
	nsFallback = "urn:xmpp:fallback:0"
	nsOOB      = "jabber:x:oob"
	NodeNick   = "x-roomuser-item"
	timeStamp  = "2006-01-02T15:04:05.000Z"
)

// Status codes of XEP-0045 §15.6 that this package sends.
const (
	StatusSelf     = "110"
	StatusLogged   = "170"
	StatusNewNick  = "210"
	StatusBanned   = "301"
	StatusRenamed  = "303"
	StatusKicked   = "307"
	StatusShutdown = "332"
	StatusFailed   = "333"
)

// Standing returns the affiliation and role that stand for a rank on the
// network. Someone who is not heard is a visitor.
func Standing(r transports.Rank, mute bool) (affiliation, role string) {
	switch r {
	case transports.Owner:
		return "owner", "moderator"
	case transports.Admin, transports.Op:
		return "admin", "moderator"
	case transports.HalfOp:
		return "member", "moderator"
	case transports.Voice:
		return "member", "participant"
	}
	if mute {
		return "none", "visitor"
	}
	return "none", "participant"
}

// Rank returns the rank that an affiliation or a role asks for (XEP-0045
// §8, §9); ok is false for one that no rank stands for. Either may be empty.
func Rank(affiliation, role string) (r transports.Rank, ok bool) {
	switch affiliation {
	case "owner":
		return transports.Owner, true
	case "admin":
		return transports.Op, true
	case "member":
		return transports.Voice, true
	case "none":
		return transports.Plain, true
	}
	switch role {
	case "moderator":
		return transports.HalfOp, true
	case "participant":
		return transports.Voice, true
	case "visitor":
		return transports.Plain, true
	}
	return 0, false
}

// item is the item of a muc#user payload.
type item struct {
	affiliation, role   string
	nick, actor, reason string
	jid                 string // empty: it is not told
}

// userX returns the muc#user payload of a presence.
func userX(it item, codes ...string) stanza.Element {
	return appendX(make([]stanza.Element, 0, 1+len(codes)), make([]stanza.Attr, 0, 3), it, codes...)
}

// appendX is userX in memory of the caller's: empty slices of children and of
// attributes.
func appendX(children []stanza.Element, attrs []stanza.Attr, it item, codes ...string) stanza.Element {
	attrs = append(attrs, stanza.Attr{Name: "affiliation", Value: it.affiliation}, stanza.Attr{Name: "role", Value: it.role})
	if it.nick != "" {
		attrs = append(attrs, stanza.Attr{Name: "nick", Value: it.nick})
	}
	if it.jid != "" {
		attrs = append(attrs, stanza.Attr{Name: "jid", Value: it.jid})
	}
	e := stanza.Element{Space: NSUser, Name: "item", Attrs: attrs}
	if it.actor != "" {
		e.Children = append(e.Children, stanza.E(NSUser, "actor").With("nick", it.actor))
	}
	if it.reason != "" {
		e.Children = append(e.Children, stanza.T(NSUser, "reason", it.reason))
	}
	children = append(children, e)
	for _, c := range codes {
		children = append(children, stanza.Element{Space: NSUser, Name: "status", Attrs: []stanza.Attr{{Name: "code", Value: c}}})
	}
	return stanza.Element{Space: NSUser, Name: "x", Children: children}
}

// Marker is the empty muc#user payload that private messages of a room carry
// (XEP-0045 §7.5).
func Marker() stanza.Element { return stanza.E(NSUser, "x") }

// Delay is the payload of XEP-0203.
func Delay(from string, at time.Time) stanza.Element {
	return stanza.Element{Space: NSDelay, Name: "delay", Attrs: []stanza.Attr{
		{Name: "from", Value: from}, {Name: "stamp", Value: at.UTC().Format(timeStamp)},
	}}
}

// StanzaID is the payload of XEP-0359 §3.1.
func StanzaID(by, id string) stanza.Element {
	return stanza.Element{Space: NSStanza, Name: "stanza-id", Attrs: []stanza.Attr{{Name: "by", Value: by}, {Name: "id", Value: id}}}
}

// History is how much of the past a joining client wants (XEP-0045 §7.2.14).
type History struct {
	Stanzas int       // at most; negative is no wish
	Chars   int       // at most, of the bodies; negative is no wish
	Since   time.Time // not before; zero is no wish
}

// ParseJoin reads the muc payload of a join: the password, and the history
// that is wanted at now.
func ParseJoin(x *stanza.Element, now time.Time) (password string, h History) {
	h = History{Stanzas: -1, Chars: -1}
	e := x.Child(NS, "history")
	if e == nil {
		return x.ChildText(NS, "password"), h
	}
	number := func(name string, to *int) {
		if n, err := strconv.Atoi(e.Attr(name)); err == nil && n >= 0 {
			*to = n
		}
	}
	number("maxstanzas", &h.Stanzas)
	number("maxchars", &h.Chars)
	if t, err := time.Parse(time.RFC3339, e.Attr("since")); err == nil {
		h.Since = t
	}
	seconds := -1
	number("seconds", &seconds)
	if seconds >= 0 && seconds <= 1<<30 {
		if t := now.Add(-time.Duration(seconds) * time.Second); t.After(h.Since) {
			h.Since = t
		}
	}
	return x.ChildText(NS, "password"), h
}
