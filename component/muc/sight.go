package muc

import (
	"sync"

	"wherry/component/stanza"
)

// Sight is what a seat is shown of another occupant, as it was when it was shown.
// While it waits for its turn it is much smaller than its presence.
type Sight struct {
	room *Room
	occ  *occupant // of which nothing changes
	seat *Seat
}

// Send has send called with the presence that shows it. send tells whether it keeps that.
func (v Sight) Send(send func(stanza.Stanza) (kept bool)) {
	v.room.paint(v.occ, v.seat, "", nil, send)
}

// paint has send called with the presence of an occupant, in memory that is used
// again where send does not keep it.
func (r *Room) paint(o *occupant, s *Seat, jid string, codes []string, send func(stanza.Stanza) (kept bool)) {
	c := canvases.Get().(*canvas)
	if !send(c.draw(r, o, s, jid, codes)) {
		*c = canvas{}
		canvases.Put(c)
	}
}

var canvases = sync.Pool{New: func() any { return new(canvas) }}

// canvas is the presence of an occupant with all that most have in it.
type canvas struct {
	presence stanza.Presence
	payload  [3]stanza.Element
	x        [2]stanza.Element
	item     [3]stanza.Attr
	id       [1]stanza.Attr
}

// appear shows an occupant to a seat. Ourselves it sees with its own JID: that is no news
// to it, and there are clients that know themselves by it.
func (r *Room) appear(o *occupant, s *Seat, codes ...string) {
	own := ""
	if o.Nick == r.nick {
		own = s.JID.String()
	}
	r.paint(o, s, own, codes, func(st stanza.Stanza) bool { return r.conf.Send(s, st) })
}

// appearToAll shows an occupant to each seat that sees the room.
func (r *Room) appearToAll(o *occupant, codes ...string) {
	for _, s := range r.seats {
		if s.shown {
			r.appear(o, s, codes...)
		}
	}
}

// draw makes the presence of an occupant, with a JID to tell if that is not empty.
func (c *canvas) draw(r *Room, o *occupant, s *Seat, jid string, codes []string) *stanza.Presence {
	p := &c.presence
	p.From, p.To, p.Payload = r.jidOf(o), s.JID, c.payload[:0]
	if o.Away {
		p.Payload = append(p.Payload, stanza.T("", "show", "away"))
	}
	affiliation, role := Standing(o.Rank, o.Mute)
	it := item{affiliation: affiliation, role: role, jid: jid}
	c.id[0] = stanza.Attr{Name: "id", Value: r.occ(o)}
	p.Payload = append(p.Payload, appendX(c.x[:0], c.item[:0], it, codes...),
		stanza.Element{Space: NSOccID, Name: "occupant-id", Attrs: c.id[:]})
	if o.Account || o.Bot {
		p.Payload = append(p.Payload, r.hats(o))
	}
	return p
}
