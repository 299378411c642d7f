package muc

import (
	"wherry/component/stanza"
	"wherry/transports"
)

// Joined fills the room: what was known of its occupants is replaced. It is
// shown to all seats.
func (r *Room) Joined(ev transports.Joined) {
	r.occupants = make(map[string]*occupant, len(ev.Occupants))
	for i := range ev.Occupants {
		r.put(ev.Occupants[i])
	}
	r.nick, r.subject, r.features = ev.Nick, ev.Subject, ev.Config
	if r.occupants[ev.Nick] == nil {
		r.put(transports.Occupant{Nick: ev.Nick})
	}
	for _, s := range r.seats {
		if !s.doubt {
			r.show(s)
		}
	}
}

func (r *Room) put(o transports.Occupant) *occupant {
	old := r.occupants[o.Nick]
	n := &occupant{Occupant: o}
	if old != nil {
		n.resource = old.resource
	} else {
		n.resource = r.occupantJID(o.Nick).Resource
	}
	r.occupants[o.Nick] = n
	return n
}

// Entered adds occupants.
func (r *Room) Entered(ev transports.Entered) { r.update(ev.Occupants) }

// Changed follows the standing, or the availability, of occupants.
func (r *Room) Changed(ev transports.Changed) { r.update(ev.Occupants) }

func (r *Room) update(all []transports.Occupant) {
	for i := range all {
		o := r.put(all[i])
		var codes []string
		if o.Nick == r.nick {
			codes = []string{StatusSelf}
		}
		r.appearToAll(o, codes...)
	}
}

// Left removes occupants. It returns true where one of them was ourselves: then
// the seats have been told, the room is not live any more, and the seats are
// gone where somebody removed us.
func (r *Room) Left(ev transports.Left) (ourselves bool) {
	for _, nick := range ev.Nicks {
		o := r.occupants[nick]
		if o == nil {
			continue
		}
		own := nick == r.nick
		codes := leaveCodes(ev.How, own)
		it := item{affiliation: "none", role: "none", actor: ev.By, reason: ev.Reason}
		if ev.How == transports.Banned {
			it.affiliation = "outcast"
		}
		r.toAll(func(s *Seat) stanza.Stanza {
			p := &stanza.Presence{Header: stanza.Header{From: r.jidOf(o), To: s.JID, Type: "unavailable"}}
			p.Payload = append(p.Payload, userX(it, codes...), r.occupantID(o))
			if ev.Reason != "" {
				p.Payload = append(p.Payload, stanza.T("", "status", ev.Reason))
			}
			return p
		})
		delete(r.occupants, nick)
		ourselves = ourselves || own
	}
	if ourselves {
		r.nick = ""
		clear(r.occupants)
		for _, s := range r.seats {
			s.shown = false
		}
	}
	return ourselves
}

// leaveCodes returns the status codes of a departure (XEP-0045 §15.6).
func leaveCodes(how transports.Departure, own bool) []string {
	var codes []string
	if own {
		codes = append(codes, StatusSelf)
		if how == transports.Quit {
			how = transports.Split // the connection is lost, nobody left
		}
	}
	switch how {
	case transports.Kicked:
		codes = append(codes, StatusKicked)
	case transports.Banned:
		codes = append(codes, StatusBanned)
	case transports.Split:
		codes = append(codes, StatusFailed)
	case transports.Shutdown:
		codes = append(codes, StatusShutdown)
	}
	return codes
}

// Renamed follows a change of nick (XEP-0045 §7.6).
func (r *Room) Renamed(ev transports.Renamed) {
	old := r.occupants[ev.Old]
	if old == nil || ev.Old == ev.New {
		return
	}
	own := ev.Old == r.nick
	codes := []string{StatusRenamed}
	var after []string
	if own {
		codes, after = append(codes, StatusSelf), []string{StatusSelf}
		r.nick = ev.New
	}
	next := old.Occupant
	next.Nick = ev.New
	delete(r.occupants, ev.Old)
	r.refs.rename(ev.Old, ev.New)
	o := r.put(next)
	if old.Key != "" {
		o.occ = old.occ
	}
	affiliation, role := Standing(o.Rank, o.Mute)
	r.toAll(func(s *Seat) stanza.Stanza {
		p := &stanza.Presence{Header: stanza.Header{From: r.jidOf(old), To: s.JID, Type: "unavailable"}}
		p.Payload = append(p.Payload, userX(item{affiliation: affiliation, role: role, nick: o.resource}, codes...), r.occupantID(old))
		return p
	})
	r.appearToAll(o, after...)
}

// SetSubject follows a change of the subject. An id other than empty is that of
// the message that asked for it.
func (r *Room) SetSubject(ev transports.Subject, id string) {
	r.subject = ev
	r.toAll(func(s *Seat) stanza.Stanza { return r.subjectMessage(s, id) })
}

// SetFeatures follows a change of the room's kind. Seats are told that
// something changed (XEP-0045 §10.2.1), and who it silences or lets speak.
func (r *Room) SetFeatures(ev transports.RoomConfig) {
	if ev == r.features {
		return
	}
	r.features = ev
	r.TellChanged()
}

// TellChanged tells the seats that the room is another than they may think: they
// ask again what it is and can. XEP-0045 §10.2.1
func (r *Room) TellChanged() {
	r.toAll(func(s *Seat) stanza.Stanza {
		m := &stanza.Message{Header: stanza.Header{From: r.conf.JID, To: s.JID, Type: "groupchat"}}
		m.Payload = append(m.Payload, stanza.E(NSUser, "x", stanza.E(NSUser, "status").With("code", "104")))
		return m
	})
}
