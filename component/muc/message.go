package muc

import (
	"cmp"
	"sync"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// Line is one message said in a room.
type Line struct {
	Nick    string // who said it, as the network spells it
	Key     string // who that is, as Occupant's; empty: it is not known
	ID      string // of the stanza, and its stanza-id; where Sent is set, only the latter
	Text    string
	Time    time.Time
	Delayed bool     // older than its arrival: it carries a delay
	Net     []string // the network's ids of it; none where it has none
	ReplyTo string   // the network's id of the line that it answers

	// Sent is the user's own message that this is the reflection of, or nil.
	Sent *stanza.Message
}

// Say shows a line to all seats and keeps it for those who join later.
func (r *Room) Say(l Line) {
	from, occ := r.speaker(l.Nick, l.Key)
	kept := line{from: from, id: l.ID, text: l.Text, occ: occ, at: l.Time}
	if l.Sent != nil {
		kept.own, kept.more = l.Sent.ID, reflected(l.Sent)
	} else if to := r.refs.byNet(l.ReplyTo); to != nil {
		kept.more = []stanza.Element{reply(r.occupantJID(to.nick), to.id)}
	}
	r.refer(l, kept.own)
	if !r.logged {
		r.past.add(kept)
	}
	if len(r.seats) == 0 {
		return
	}
	var w *words
	for _, s := range r.seats {
		if !s.shown {
			continue
		}
		if w == nil {
			w = pool.Get().(*words)
			r.write(w, &kept, l.Delayed)
		}
		w.To = s.JID
		if r.conf.Send(s, &w.Message) {
			w = nil
		}
	}
	if w != nil {
		pool.Put(w) // as it is: all of it is written anew
	}
}

// words is a line as a stanza, in one piece of memory.
type words struct {
	stanza.Message
	payload  [6]stanza.Element
	stanzaID [2]stanza.Attr
	occupant [1]stanza.Attr
}

var pool = sync.Pool{New: func() any { return new(words) }}

// write writes a line.
func (r *Room) write(w *words, l *line, delayed bool) {
	w.Header = stanza.Header{From: l.from, ID: cmp.Or(l.own, l.id), Type: "groupchat"}
	said := stanza.T("", "body", l.text)
	if l.gone != nil {
		said = l.gone.element(r)
	}
	w.stanzaID = [2]stanza.Attr{{Name: "by", Value: r.name}, {Name: "id", Value: l.id}}
	w.Payload = w.payload[:0]
	if l.signs == nil {
		w.Payload = append(w.Payload, said)
	}
	w.Payload = append(w.Payload, l.signs...)
	if l.id != "" {
		w.Payload = append(w.Payload, stanza.Element{Space: NSStanza, Name: "stanza-id", Attrs: w.stanzaID[:]})
	}
	if l.occ != "" {
		w.occupant = [1]stanza.Attr{{Name: "id", Value: l.occ}}
		w.Payload = append(w.Payload, stanza.Element{Space: NSOccID, Name: "occupant-id", Attrs: w.occupant[:]})
	}
	w.Payload = append(w.Payload, l.more...)
	if delayed {
		w.Payload = append(w.Payload, Delay(r.name, l.at))
	}
}

// Recall has a line that was shown before be one that others may point to: it may
// have been shown in another life.
func (r *Room) Recall(l Line) { r.refer(l, "") }

func (r *Room) refer(l Line, own string) {
	r.moments.add(l.ID, l.Time)
	for _, net := range l.Net {
		r.refs.add(ref{id: l.ID, own: own, net: net, nick: l.Nick, at: l.Time})
	}
}

// reflected returns the payloads of a user's message that its reflection
// carries along: its own id (XEP-0359 §3.2), the file it points to, and which
// message it answers or corrects.
func reflected(m *stanza.Message) []stanza.Element {
	var keep []stanza.Element
	for _, e := range m.Payload {
		switch e.Space {
		case NSStanza:
			if e.Name == "origin-id" {
				keep = append(keep, e)
			}
		case nsOOB, NSReply, nsFallback, NSCorrect:
			keep = append(keep, e)
		}
	}
	return keep
}

// speaker returns the JID of a nick and its occupant-id. Who is not in the room
// may speak all the same, as networks allow.
func (r *Room) speaker(nick, key string) (jid.JID, string) {
	if nick == "" {
		return r.conf.JID, ""
	}
	if key != "" {
		if o := r.occupants[nick]; o != nil && o.Key == key {
			return r.jidOf(o), r.occ(o)
		}
		return r.occupantJID(nick), r.conf.Key(key)
	}
	if o := r.find(nick); o != nil {
		return r.jidOf(o), r.occ(o)
	}
	return r.occupantJID(nick), r.conf.Key(nick)
}

// Key returns who an occupant is, as far as that is known.
func (r *Room) Key(nick string) string {
	if o := r.occupants[nick]; o != nil {
		return o.Key
	}
	return ""
}

// message is a line as a seat sees it live.
func (r *Room) message(l line, s *Seat) *stanza.Message {
	w := new(words)
	r.write(w, &l, false)
	w.To = s.JID
	return &w.Message
}

// lineMessage is a line of the past as a joining seat sees it.
func (r *Room) lineMessage(l line, s *Seat) *stanza.Message {
	m := r.message(l, s)
	m.Payload = append(m.Payload, Delay(r.name, l.at))
	return m
}

// subjectMessage is the room's subject, alone and also when it is empty
// (XEP-0045 §7.2.15).
func (r *Room) subjectMessage(s *Seat, id string) *stanza.Message {
	from := r.conf.JID
	if r.subject.By != "" {
		from = r.occupantJID(r.subject.By)
	}
	m := &stanza.Message{Header: stanza.Header{From: from, To: s.JID, Type: "groupchat", ID: id}}
	m.Payload = append(m.Payload, stanza.T("", "subject", r.subject.Text))
	if !r.subject.Time.IsZero() {
		m.Payload = append(m.Payload, Delay(r.name, r.subject.Time))
	}
	return m
}

// Whisper shows a private message of an occupant to all seats (XEP-0045 §7.5).
// It tells whether there is such an occupant, and a seat that sees it.
func (r *Room) Whisper(nick, id, text string) (heard bool) {
	o := r.find(nick)
	if o == nil {
		return false
	}
	r.toAll(func(s *Seat) stanza.Stanza {
		heard = true
		return &stanza.Message{
			Header:  stanza.Header{From: r.jidOf(o), To: s.JID, ID: id, Type: "chat"},
			Payload: []stanza.Element{stanza.T("", "body", text), Marker()},
		}
	})
	return heard
}

// Invitation is a mediated invitation into a room together with the direct one
// that more clients know (XEP-0045 §7.8.2, XEP-0249).
func Invitation(room, to, by jid.JID, reason string) *stanza.Message {
	invite := stanza.E(NSUser, "invite").With("from", by.String())
	direct := stanza.E(NSInvite, "x").With("jid", room.String())
	if reason != "" {
		invite.Children = append(invite.Children, stanza.T(NSUser, "reason", reason))
		direct = direct.With("reason", reason)
	}
	return &stanza.Message{
		Header:  stanza.Header{From: room, To: to},
		Payload: []stanza.Element{stanza.E(NSUser, "x", invite), direct},
	}
}
