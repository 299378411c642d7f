package muc

import "time"

// moment is when a line was said, by the network's clock.
type moment struct {
	id string // its stanza-id
	at int64  // Unix milliseconds
}

// maxMoments is how many lines of a room this is known of.
const maxMoments = 100

// moments are those of the last lines that were shown, in any order, of a network
// that tells by times how far a room was read.
type moments struct {
	on   bool
	ring []moment
	next int
}

// Track says whether the network tells by times how far the room was read: then it
// is remembered when lines were said.
func (r *Room) Track(yes bool) {
	if r.moments.on = yes; !yes {
		r.moments = moments{}
	}
}

func (ms *moments) add(id string, at time.Time) {
	m := moment{id, at.UnixMilli()}
	switch {
	case !ms.on:
	case len(ms.ring) < maxMoments:
		ms.ring = append(ms.ring, m)
	default:
		ms.ring[ms.next] = m
		ms.next = (ms.next + 1) % maxMoments
	}
}

// LastBy returns the stanza-id of the last line that was said up to a time, if that
// is not too long ago.
func (r *Room) LastBy(at time.Time) (id string, ok bool) {
	until, best := at.UnixMilli(), int64(-1)
	ring := r.moments.ring
	for i := range ring {
		if m := &ring[(r.moments.next+i)%len(ring)]; m.at <= until && m.at >= best {
			id, best, ok = m.id, m.at, true
		}
	}
	return id, ok
}

// Said returns when the line of a stanza-id was said, if it is known.
func (r *Room) Said(id string) (time.Time, bool) {
	for _, m := range r.moments.ring {
		if m.id == id {
			return time.UnixMilli(m.at), true
		}
	}
	return time.Time{}, false
}
