package component

import (
	"context"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// roomEvent takes an event of a room.
func (u *user) roomEvent(a *account, ev transports.Event) {
	switch ev := ev.(type) {
	case transports.Joined:
		u.joined(a, ev)
	case transports.Entered:
		u.inRoom(ev.Room, func(r *room) { r.view.Entered(ev) })
		u.peopleMoved(ev.Room, ev.Occupants, nil)
	case transports.Changed:
		u.inRoom(ev.Room, func(r *room) { r.view.Changed(ev) })
		u.peopleMoved(ev.Room, ev.Occupants, nil)
	case transports.Left:
		u.inRoom(ev.Room, func(r *room) {
			if r.view.Left(ev) {
				u.closeLog(r)
				u.removed(a, r, ev)
			}
		})
		u.peopleMoved(ev.Room, nil, ev.Nicks)
	case transports.Renamed:
		u.inRoom(ev.Room, func(r *room) { r.view.Renamed(ev) })
		u.peopleMoved(ev.Room, []transports.Occupant{{Nick: ev.New}}, []string{ev.Old})
	case transports.Subject:
		u.inRoom(ev.Room, func(r *room) { r.view.SetSubject(ev, r.askedFor(ev)) })
	case transports.RoomConfig:
		u.inRoom(ev.Room, func(r *room) {
			if r.log != nil {
				r.log.setPublic(isPublic(ev))
			}
			r.view.SetFeatures(ev)
		})
	case transports.Reacted:
		u.inRoom(ev.Chat, func(r *room) { u.reacted(r, ev) })
	case transports.Redacted:
		u.inRoom(ev.Chat, func(r *room) { u.redacted(r, ev) })
	case transports.Typed:
		u.typed(ev)
	case transports.ReadUpTo:
		u.inRoom(ev.Chat, func(r *room) { u.readUpTo(r, ev) })
	case transports.Told:
		u.inRoom(ev.Chat, func(r *room) { r.view.Remark(u.text(ev.Text), randomID()) })
	}
}

// askedFor returns the id of the user's message that a new subject follows, and
// forgets that; nothing where somebody else set it.
func (r *room) askedFor(ev transports.Subject) string {
	m := r.subject
	if m == nil || ev.By != r.view.Nick() {
		return ""
	}
	r.subject = nil
	return m.ID
}

func (u *user) inRoom(addr transports.Address, f func(*room)) {
	if r := u.rooms.of(addr); r != nil {
		f(r)
	}
}

// joined follows the network's letting us in. A room that nobody wants any
// more is left again.
func (u *user) joined(a *account, ev transports.Joined) {
	r := u.rooms.of(ev.Room)
	if r == nil {
		u.request(a, func(ctx context.Context, rs transports.Rooms) error { return rs.Leave(ctx, ev.Room, "") }, nil)
		return
	}
	r.joining, r.tries = false, 0
	u.openLog(a, r, ev)
	if a.can&transports.CanRead != 0 {
		r.view.Track(true)
		u.listen(false)
	}
	r.view.Joined(ev)
	if r.blind && (len(gestures(a)) > 0 || told(ev.Config)) {
		r.view.TellChanged() // clients look at a room before they join, and keep what they saw
	}
	r.blind = false
	rec := store.Room{Name: r.addr.Name, Nick: ev.Nick, Password: r.password, Persistent: r.persistent}
	for _, s := range r.view.Seats() {
		u.answered(r, s.JID)
		rec.Resources = append(rec.Resources, s.JID.Resource)
	}
	u.persistRoom(r, func(ctx context.Context, st *store.Store, id int64) error {
		rec.AccountID = id
		return st.SaveRoom(ctx, rec)
	})
	u.peopleMoved(ev.Room, ev.Occupants, nil)
}

// removed follows our own end in a room that we did not ask for: whoever was
// in it has been told, and comes back by joining.
func (u *user) removed(a *account, r *room, ev transports.Left) {
	if ev.How == transports.Split || ev.How == transports.Quit {
		// The connection ends too; then all rooms are taken down and up again. If
		// it does not, we were taken for somebody else's, and go back.
		u.rejoin(a, r)
		return
	}
	for _, s := range append([]*muc.Seat(nil), r.view.Seats()...) {
		r.view.Rise(s.JID)
	}
	u.forgetRoom(r)
	u.rest(a)
}

// peopleMoved shows the presence of contacts that came into, or left, a room:
// rooms tell who is on the network.
func (u *user) peopleMoved(at transports.Address, came []transports.Occupant, went []string) {
	if len(u.contacts) == 0 {
		return
	}
	nicks := append([]string(nil), went...)
	for _, o := range came {
		nicks = append(nicks, o.Nick)
	}
	for _, nick := range nicks {
		addr, err := u.d.Transport().Address(transports.Address{Kind: transports.Contact, Scope: at.Scope, Name: nick}.String(), u.routing())
		if err != nil {
			continue
		}
		if c := u.contacts[addr.String()]; c != nil && c.state.Theirs && c.seen == nil {
			c.sendPresence(u.jid)
		}
	}
}

// available follows presence that the network tells outside of rooms.
func (u *user) available(ev transports.Available) {
	c := u.contacts[ev.Contact.String()]
	if c == nil {
		return
	}
	c.seen = &ev
	if c.state.Theirs {
		c.sendPresence(u.jid)
	}
}

// invited passes on an invitation (XEP-0045 §7.8.2).
func (u *user) invited(ev transports.Invited) {
	room, err := address(u.d.Name(), ev.Room)
	if err != nil {
		return
	}
	by, err := address(u.d.Name(), ev.By)
	if err != nil {
		return
	}
	m := muc.Invitation(room, u.jid, by, ev.Reason)
	m.ID = randomID()
	u.send(m)
}

// loadRooms takes up the rooms that the store has: their seats stand empty
// until their resources are known to be there.
func (u *user) loadRooms(a *account) {
	rooms, err := u.d.c.conf.Store.Rooms(u.d.live, a.id.Load())
	if err != nil {
		u.log().Error("load rooms", "err", err)
		return
	}
	for _, rec := range rooms {
		addr := transports.Address{Kind: transports.Room, Scope: a.scope, Name: rec.Name}
		r, err := u.newRoom(addr)
		if err != nil {
			u.log().Warn("stored room has no address any more", "room", rec.Name, "err", err)
			continue
		}
		r.password, r.persistent = rec.Password, u.stays(addr, rec.Persistent)
		u.rooms.put(r)
		for _, resource := range rec.Resources {
			s := r.view.Sit(u.jid.WithResource(resource), rec.Nick, muc.History{Stanzas: -1, Chars: -1})
			r.view.Doubt(s, now())
		}
	}
}

// verifySeats finds out which seats still have somebody in them, after the
// stream came back or the gateway started: a resource that answers a ping is
// shown the room as if it had just joined, with what it missed; the others
// have left, and come back by themselves (XEP-0410).
func (u *user) verifySeats(r *room) {
	stream := u.stream
	for _, s := range r.view.Seats() {
		if !s.Doubtful() {
			continue
		}
		full := s.JID
		u.ask(u.d.JID(), full, stanza.E(nsPing, "ping"), u.d.c.patience.verify, func(u *user, iq *stanza.IQ) {
			if u.stream == stream { // else the next stream finds out
				u.verified(r, full, iq)
			}
		})
	}
}

// verified follows the answer of a seat's resource. An error comes from a
// server that has no such resource, or from a client; it proves nothing.
func (u *user) verified(r *room, full jid.JID, iq *stanza.IQ) {
	s := r.view.Seat(full)
	if s == nil || !s.Doubtful() || u.rooms.of(r.addr) != r {
		return
	}
	if iq != nil && iq.Type == stanza.TypeResult {
		r.view.Sure(s)
		return
	}
	u.answered(r, full)
	r.view.Rise(full)
	u.closeWindow(full)
	u.persistRoom(r, func(ctx context.Context, st *store.Store, id int64) error {
		return st.RemoveResource(ctx, id, r.addr.Name, full.Resource)
	})
	u.later(u.d.c.patience.empty, func(u *user) {
		if u.rooms.of(r.addr) == r && len(r.view.Seats()) == 0 && !r.persistent {
			u.partRoom(r, "")
		}
	})
}
