package transporttest

import (
	"context"
	"slices"
	"strings"
	"time"

	"wherry/transports"
)

// room is a room of a Network. Its methods are called with the network's mu held.
type room struct {
	occupants []transports.Occupant
	sessions  map[*Session]bool
	subject   transports.Subject
	config    transports.RoomConfig
	outcasts  []transports.Outcast
}

// room returns a room, which begins to exist.
func (n *Network) room(a transports.Address) *room {
	r := n.rooms[a]
	if r == nil {
		r = &room{
			sessions: make(map[*Session]bool),
			subject:  transports.Subject{Room: a},
			config:   transports.RoomConfig{Room: a, OpenSubject: true},
		}
		n.rooms[a] = r
	}
	return r
}

func (r *room) has(nick string) bool { return r.find(nick) >= 0 }

func (r *room) find(nick string) int {
	return slices.IndexFunc(r.occupants, func(o transports.Occupant) bool { return strings.EqualFold(o.Nick, nick) })
}

// tell makes an event happen for all sessions in the room but one.
func (r *room) tell(e transports.Event, but *Session) {
	for s := range r.sessions {
		if s != but {
			s.post(step{batch: batch(e)})
		}
	}
}

func (r *room) say(from *Session, m transports.Message) {
	r.tell(transports.Received{Message: m}, from)
}

// drop takes a session out of the room, if it is in.
func (r *room) drop(s *Session, how transports.Departure) {
	if !r.sessions[s] {
		return
	}
	delete(r.sessions, s)
	r.remove(s.nick, transports.Left{How: how})
}

// remove takes an occupant out of the room, who sees it too.
func (r *room) remove(nick string, left transports.Left) {
	i := r.find(nick)
	if i < 0 {
		return
	}
	left.Room, left.Nicks = r.config.Room, []string{r.occupants[i].Nick}
	r.occupants = slices.Delete(r.occupants, i, i+1)
	r.tell(left, nil)
	for s := range r.sessions {
		if strings.EqualFold(s.nick, nick) {
			delete(r.sessions, s)
		}
	}
}

// set changes or adds an occupant.
func (r *room) set(o transports.Occupant, by string) {
	if i := r.find(o.Nick); i >= 0 {
		r.occupants[i] = o
		r.tell(transports.Changed{Room: r.config.Room, Occupants: []transports.Occupant{o}, By: by}, nil)
		return
	}
	r.tell(transports.Entered{Room: r.config.Room, Occupants: []transports.Occupant{o}}, nil)
	r.occupants = append(r.occupants, o)
}

func absent(a transports.Address) error {
	return &transports.Error{Kind: transports.Absent, Text: transports.T("You are not in %s.", a.Name)}
}

// SetOccupant puts a puppet into a room, or changes any occupant.
func (n *Network) SetOccupant(a transports.Address, o transports.Occupant) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.room(a).set(o, "")
}

// RemoveOccupant takes a puppet or a session out of a room.
func (n *Network) RemoveOccupant(a transports.Address, nick string, how transports.Departure, reason string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.room(a).remove(nick, transports.Left{How: how, Reason: reason})
}

// Occupants returns who is in a room.
func (n *Network) Occupants(a transports.Address) []transports.Occupant {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.room(a).occupants)
}

// Say makes a puppet say something in a room.
func (n *Network) Say(a transports.Address, nick, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.room(a).say(nil, transports.Message{Chat: a, Nick: nick, Text: text})
}

// Join enters a room, and makes it where there is none: then as its operator.
func (s *Session) Join(ctx context.Context, j transports.Join) error {
	if err := s.ask(ctx, Call{Op: OpJoin, Room: j.Room, Nick: j.Nick, Text: j.Password, Chosen: j.Chosen}); err != nil {
		return err
	}
	n := s.net
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.room(j.Room)
	if !r.sessions[s] {
		o := transports.Occupant{Nick: s.nick, Key: s.Account.Key}
		if len(r.occupants) == 0 {
			o.Rank = transports.Op
		}
		r.set(o, "")
		r.sessions[s] = true
	}
	s.post(step{batch: batch(transports.Joined{
		Room: j.Room, Nick: s.nick, Occupants: slices.Clone(r.occupants), Subject: r.subject, Config: r.config,
	})})
	return nil
}

// inRoom asks something about a room the session must be in. do is called with
// mu held.
func (s *Session) inRoom(ctx context.Context, c Call, do func(*room) error) error {
	if err := s.ask(ctx, c); err != nil {
		return err
	}
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	r := s.net.rooms[c.Room]
	if r == nil || !r.sessions[s] {
		return absent(c.Room)
	}
	return do(r)
}

// Leave leaves a room.
func (s *Session) Leave(ctx context.Context, a transports.Address, reason string) error {
	err := s.inRoom(ctx, Call{Op: OpLeave, Room: a, Text: reason}, func(r *room) error {
		delete(r.sessions, s)
		r.remove(s.nick, transports.Left{How: transports.Parted, Reason: reason})
		return nil
	})
	if e := transports.AsError(err); e != nil && e.Kind == transports.Absent {
		return nil
	}
	return err
}

// Rename changes the nick in all rooms.
func (s *Session) Rename(ctx context.Context, a transports.Address, nick string) error {
	if err := s.ask(ctx, Call{Op: OpRename, Room: a, Nick: nick}); err != nil {
		return err
	}
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if other := s.net.byNick(s.Account.Scope, nick); other != nil && other != s {
		return &transports.Error{Kind: transports.Conflict, Text: transports.T("The nick %s is taken.", nick)}
	}
	for _, r := range s.net.rooms {
		if i := r.find(s.nick); i >= 0 && r.sessions[s] {
			r.tell(transports.Renamed{Room: r.config.Room, Old: s.nick, New: nick}, nil)
			r.occupants[i].Nick = nick
		}
	}
	s.nick = nick
	return nil
}

// SetSubject changes a room's subject.
func (s *Session) SetSubject(ctx context.Context, a transports.Address, subject string) error {
	return s.inRoom(ctx, Call{Op: OpSubject, Room: a, Text: subject}, func(r *room) error {
		r.subject = transports.Subject{Room: a, Text: subject, By: s.nick, Time: time.Now()}
		r.tell(r.subject, nil)
		return nil
	})
}

// Moderate does what is asked, where the session is an operator.
func (s *Session) Moderate(ctx context.Context, m transports.Moderation) error {
	call := Call{Op: OpModerate, Room: m.Room, Nick: m.Nick, Text: m.Reason, Moderation: m}
	return s.inRoom(ctx, call, func(r *room) error {
		if r.occupants[r.find(s.nick)].Rank < transports.Op {
			return &transports.Error{Kind: transports.Forbidden, Text: transports.T("Only operators of %s may do that.", m.Room.Name)}
		}
		return r.moderate(s, m)
	})
}

func (r *room) moderate(s *Session, m transports.Moderation) error {
	i := r.find(m.Nick)
	left := transports.Left{How: transports.Kicked, By: s.nick, Reason: m.Reason}
	switch {
	case m.Do == transports.Unban:
		r.outcasts = slices.DeleteFunc(r.outcasts, func(o transports.Outcast) bool { return o.Mask == m.Nick })
		return nil
	case m.Do == transports.Ban:
		r.outcasts = append(r.outcasts, transports.Outcast{Mask: m.Nick, By: s.nick, Time: time.Now()})
		left.How = transports.Banned
	case i < 0:
		return &transports.Error{Kind: transports.NotFound, Text: transports.T("%s is not in this room.", m.Nick)}
	case m.Do == transports.SetRank:
		o := r.occupants[i]
		o.Rank = m.Rank
		r.set(o, s.nick)
		return nil
	}
	r.remove(m.Nick, left)
	return nil
}

// Outcasts lists who is banned.
func (s *Session) Outcasts(ctx context.Context, a transports.Address) ([]transports.Outcast, error) {
	var list []transports.Outcast
	err := s.inRoom(ctx, Call{Op: OpOutcasts, Room: a}, func(r *room) error {
		list = slices.Clone(r.outcasts)
		return nil
	})
	return list, err
}

// Invite asks a session of the network in.
func (s *Session) Invite(ctx context.Context, a transports.Address, nick, reason string) error {
	return s.inRoom(ctx, Call{Op: OpInvite, Room: a, Nick: nick, Text: reason}, func(r *room) error {
		to := s.net.byNick(a.Scope, nick)
		switch {
		case to == nil && !r.has(nick):
			return &transports.Error{Kind: transports.NotFound, Text: transports.T("There is no %s on this network.", nick)}
		case r.has(nick):
			return &transports.Error{Kind: transports.Conflict, Text: transports.T("%s is in this room already.", nick)}
		}
		by := transports.Address{Kind: transports.Contact, Scope: a.Scope, Name: strings.ToLower(s.nick)}
		to.post(step{batch: batch(transports.Invited{Room: a, By: by, Reason: reason})})
		return nil
	})
}
