package muc

import (
	"slices"
	"strings"
	"time"
)

// ref is a line that others may point to, by what each side calls it.
type ref struct {
	id    string // its stanza-id
	own   string // what its sender's client called it, where that was one of ours
	net   string // what the network calls it
	nick  string
	at    time.Time
	signs []signed // who reacted
}

// signed is who reacted to a line, and by what.
type signed struct {
	nick  string
	signs []string
}

// Bounds of what is remembered for a room.
const (
	maxRefs   = 100
	maxSigned = 100 // people that react to one line
	maxSigns  = 20  // of one of them
)

// refs are the last lines of a room, the oldest first or a ring once full.
// Networks whose lines have no ids make none.
type refs struct {
	ring []ref
	next int
}

// add remembers a line. One that is there already stays as it is.
func (rs *refs) add(r ref) {
	if r.net == "" || rs.byNet(r.net) != nil {
		return
	}
	r.net, r.nick, r.own = strings.Clone(r.net), strings.Clone(r.nick), strings.Clone(r.own)
	if len(rs.ring) < maxRefs {
		rs.ring = append(rs.ring, r)
		return
	}
	rs.ring[rs.next] = r
	rs.next = (rs.next + 1) % maxRefs
}

// byNet returns the line that the network calls so, or nil. Of one that the
// network has in several parts that is the first.
func (rs *refs) byNet(net string) *ref {
	if net == "" {
		return nil
	}
	if r := rs.find(func(r *ref) bool { return r.net == net }); r != nil {
		return rs.find(func(other *ref) bool { return other.id == r.id })
	}
	return nil
}

// byID returns the line of a stanza-id, else the one that its sender called so.
func (rs *refs) byID(id string) *ref {
	if id == "" {
		return nil
	}
	if r := rs.find(func(r *ref) bool { return r.id == id }); r != nil {
		return r
	}
	return rs.find(func(r *ref) bool { return r.own == id })
}

func (rs *refs) find(fits func(*ref) bool) *ref {
	for i := range rs.ring {
		if r := &rs.ring[(rs.next+i)%len(rs.ring)]; fits(r) {
			return r
		}
	}
	return nil
}

// sign adds a sign to somebody's, or takes it away, and returns all of theirs.
// It tells whether that changed anything.
func (r *ref) sign(nick, sign string, removed bool) (all []string, changed bool) {
	i := slices.IndexFunc(r.signs, func(s signed) bool { return s.nick == nick })
	if i < 0 {
		if removed || len(r.signs) == maxSigned {
			return nil, false
		}
		r.signs = append(r.signs, signed{nick: strings.Clone(nick)})
		i = len(r.signs) - 1
	}
	s := &r.signs[i]
	has := slices.Index(s.signs, sign)
	switch {
	case removed && has >= 0:
		s.signs = slices.Delete(s.signs, has, has+1)
	case !removed && has < 0 && len(s.signs) < maxSigns:
		s.signs = append(s.signs, strings.Clone(sign))
	default:
		return s.signs, false
	}
	all = slices.Clone(s.signs)
	if len(s.signs) == 0 {
		r.signs = slices.Delete(r.signs, i, i+1)
	}
	return all, true
}

// rename follows that somebody is called otherwise now.
func (rs *refs) rename(from, to string) {
	to = strings.Clone(to)
	for i := range rs.ring {
		r := &rs.ring[i]
		if r.nick == from {
			r.nick = to
		}
		for j := range r.signs {
			if r.signs[j].nick == from {
				r.signs[j].nick = to
			}
		}
	}
}

// signsOf returns by what somebody reacted.
func (r *ref) signsOf(nick string) []string {
	for _, s := range r.signs {
		if s.nick == nick {
			return s.signs
		}
	}
	return nil
}
