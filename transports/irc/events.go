package irc

import (
	"slices"

	"wherry/transports"
)

// event adds an event to those of this step. One of many alike becomes part of
// the one before: thousands may come and go at once.
func (c *conn) event(e transports.Event) {
	first := len(c.events) - 1
	if c.gathering {
		first = min(first, c.gathered)
	}
	for i := len(c.events) - 1; i >= max(first, 0); i-- {
		if merged := merge(c.events[i], e); merged != nil {
			c.events[i] = merged
			return
		}
	}
	c.events = append(c.events, e)
}

// merge returns the one event that says what two say, or nil.
func merge(last, next transports.Event) transports.Event {
	switch last := last.(type) {
	case transports.Entered:
		if next, ok := next.(transports.Entered); ok && next.Room == last.Room {
			last.Occupants = append(last.Occupants, next.Occupants...)
			return last
		}
	case transports.Changed:
		if next, ok := next.(transports.Changed); ok && next.Room == last.Room && next.By == last.By && !overlap(last.Occupants, next.Occupants) {
			last.Occupants = append(last.Occupants, next.Occupants...)
			return last
		}
	case transports.Left:
		if next, ok := next.(transports.Left); ok && sameLeave(last, next) {
			last.Nicks = append(last.Nicks, next.Nicks...)
			return last
		}
	}
	return nil
}

// sameLeave tells whether two left the same room for the same reason.
func sameLeave(a, b transports.Left) bool {
	return a.Room == b.Room && a.How == b.How && a.By == b.By && a.Reason == b.Reason
}

// overlap tells whether somebody is in both lists, so that their order matters.
// Of long lists it says yes.
func overlap(a, b []transports.Occupant) bool {
	if len(a)*len(b) > 256 {
		return true
	}
	return slices.ContainsFunc(b, func(o transports.Occupant) bool {
		return slices.ContainsFunc(a, func(p transports.Occupant) bool { return p.Nick == o.Nick })
	})
}
