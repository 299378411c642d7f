package muc

import (
	"slices"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// Pointed is a line that a client points to.
type Pointed struct {
	ID   string // its stanza-id
	Net  string // what the network calls it
	Nick string // who said it
	Time time.Time
}

// Point returns the line that clients know by an id: its stanza-id, or what its
// sender called it. It is not ok for one that the network has no id for, or that
// is too long ago.
func (r *Room) Point(id string) (Pointed, bool) {
	if l := r.refs.byID(id); l != nil {
		return Pointed{l.id, l.net, l.nick, l.at}, true
	}
	return Pointed{}, false
}

// Named returns the line that the network calls so, if it was said not long ago.
func (r *Room) Named(net string) (Pointed, bool) {
	if l := r.refs.byNet(net); l != nil {
		return Pointed{l.id, l.net, l.nick, l.at}, true
	}
	return Pointed{}, false
}

// Nets returns what the network calls the parts of a line.
func (r *Room) Nets(l Pointed) []string {
	var nets []string
	for i := range r.refs.ring {
		if ref := &r.refs.ring[(r.refs.next+i)%len(r.refs.ring)]; ref.id == l.ID {
			nets = append(nets, ref.net)
		}
	}
	if len(nets) == 0 {
		nets = append(nets, l.Net) // it is too long ago
	}
	return nets
}

// Knows tells whether a line of the network's was shown here not long ago.
func (r *Room) Knows(net string) bool { return r.refs.byNet(net) != nil }

// Signs returns by what somebody reacted to a line.
func (r *Room) Signs(id, nick string) []string {
	if l := r.refs.byID(id); l != nil {
		return slices.Clone(l.signsOf(nick))
	}
	return nil
}

// React follows a reaction to a line: all seats are told everything that who
// reacted shows now (XEP-0444 §4). One to a line that is not known is not told.
// keep is given that, and returns the stanza-id under which it is kept, nothing
// where it is not, and whether all were told of it before.
func (r *Room) React(ev transports.Reacted, id string, keep func(to string, signs []string) (string, bool)) {
	l := r.refs.byNet(ev.To)
	if l == nil {
		return
	}
	signs, changed := l.sign(ev.Nick, ev.Sign, ev.Removed)
	if !changed {
		return
	}
	kept, again := keep(l.id, signs)
	if again {
		return
	}
	more := reaction(l.id, signs)
	if kept != "" {
		id, more = kept, append(more, StanzaID(r.conf.JID.String(), kept))
	}
	r.gesture(ev.Nick, stanza.Header{ID: id}, more...)
}

// Reacted follows a reaction of the user's own: sent is its stanza, signs what it
// says, and kept the stanza-id under which that is kept, or nothing.
func (r *Room) Reacted(sent *stanza.Message, id string, signs []string, kept string) {
	l := r.refs.byID(id)
	if l == nil {
		return
	}
	for _, old := range slices.Clone(l.signsOf(r.nick)) {
		if !slices.Contains(signs, old) {
			l.sign(r.nick, old, true)
		}
	}
	for _, sign := range signs {
		l.sign(r.nick, sign, false)
	}
	more := append(reflected(sent), reaction(l.id, signs)...)
	if kept != "" {
		more = append(more, StanzaID(r.conf.JID.String(), kept))
	}
	r.gesture(r.nick, stanza.Header{ID: sent.ID}, more...)
}

// reaction is what a message carries that says by what somebody reacts to a line.
func reaction(to string, signs []string) []stanza.Element {
	return []stanza.Element{Reactions(to, signs), stanza.E(NSHints, "store")}
}

// Redact follows that a line was taken back: by who had said it, or by somebody
// who may (XEP-0424 §3, XEP-0425 §3). sent is the user's own wish, if it was one,
// and id the stanza's otherwise.
func (r *Room) Redact(ev transports.Redacted, l Pointed, sent *stanza.Message, id string) {
	r.past.remove(l.ID)
	retract := stanza.E(NSRetract, "retract").With("id", l.ID)
	if ev.Reason != "" {
		retract.Children = append(retract.Children, stanza.T(NSRetract, "reason", ev.Reason))
	}
	if sent != nil {
		id = sent.ID
	}
	if ev.By == l.Nick {
		r.gesture(ev.By, stanza.Header{ID: id}, retract, stanza.E(NSHints, "store"))
		return
	}
	moderated := stanza.E(NSModer, "moderated")
	if ev.By != "" {
		moderated = moderated.With("by", r.occupantJID(ev.By).String())
		if o := r.find(ev.By); o != nil {
			r.occupantID(o)
			moderated.Children = append(moderated.Children, occupantID(o.occ))
		}
	}
	retract.Children = append([]stanza.Element{moderated}, retract.Children...)
	r.gesture("", stanza.Header{ID: id}, retract, stanza.E(NSHints, "store"))
}

// Typed tells whether somebody writes (XEP-0085 §5.5).
func (r *Room) Typed(ev transports.Typed, id string) {
	if ev.Nick != r.nick {
		r.gesture(ev.Nick, stanza.Header{ID: id}, State(ev.State), stanza.E(NSHints, "no-store"))
	}
}

// Remark tells all seats something that nobody said: it comes from the room.
func (r *Room) Remark(text, id string) {
	r.gesture("", stanza.Header{ID: id}, stanza.T("", "body", text), stanza.E(NSHints, "no-store"))
}

// gesture sends all seats a message of somebody's that says nothing.
func (r *Room) gesture(nick string, h stanza.Header, payload ...stanza.Element) {
	from, occ := r.speaker(nick, "")
	if occ != "" {
		payload = append(payload, occupantID(occ))
	}
	r.toAll(func(s *Seat) stanza.Stanza {
		m := &stanza.Message{Header: h, Payload: slices.Clone(payload)}
		m.From, m.To, m.Type = from, s.JID, "groupchat"
		return m
	})
}

// Reactions is the payload of XEP-0444: by which signs somebody reacts to the message
// of an id.
func Reactions(id string, signs []string) stanza.Element {
	e := stanza.E(NSReact, "reactions").With("id", id)
	for _, sign := range signs {
		e.Children = append(e.Children, stanza.T(NSReact, "reaction", sign))
	}
	return e
}

// reply is the payload of XEP-0461: which message another one answers.
func reply(to jid.JID, id string) stanza.Element {
	return stanza.E(NSReply, "reply").With("to", to.String()).With("id", id)
}

// State is the payload of XEP-0085 for whether somebody writes.
func State(t transports.Typing) stanza.Element {
	switch t {
	case transports.Active:
		return stanza.E(NSStates, "composing")
	case transports.Paused:
		return stanza.E(NSStates, "paused")
	}
	return stanza.E(NSStates, "active")
}

// ParseState returns whether somebody writes, by a message's chat state; ok is
// false where it has none.
func ParseState(m *stanza.Message) (t transports.Typing, ok bool) {
	for i := range m.Payload {
		if e := &m.Payload[i]; e.Space == NSStates {
			switch e.Name {
			case "composing":
				return transports.Active, true
			case "paused":
				return transports.Paused, true
			}
			return transports.NotTyping, true
		}
	}
	return transports.NotTyping, false
}
