package component

import (
	"time"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/transports"
)

// window holds back what a resource is sent in rooms until it shows that it
// reads: a server takes everything at once, and keeps it in memory, or holds up
// our whole stream. It is the user's.
type window struct {
	jid   jid.JID
	sent  int // stanzas written
	read  int // of these, known to be read
	asked int // of these, covered by a question under way
	held  []stanza.Stanza
	grace int // how many more may be held, for a room that is being shown
}

const (
	windowSize = 500              // stanzas on their way to one resource
	windowAsk  = 250              // after so many more we ask whether they were read
	windowHold = 5000             // stanzas held back; beyond that the resource leaves its rooms
	windowWait = 10 * time.Minute // for an answer; a phone may sleep
)

// closeWindow forgets the window of a resource that sits in no room any more,
// unless something is still held for it.
func (u *user) closeWindow(full jid.JID) {
	for _, r := range u.rooms {
		if r.view.Seat(full) != nil {
			return
		}
	}
	if w := u.windows[full.Resource]; w != nil && len(w.held) == 0 {
		delete(u.windows, full.Resource)
	}
}

// expect makes place for a room of that many occupants to be shown to those
// who sit in it.
func (u *user) expect(occupants int) {
	for _, w := range u.windows {
		w.grace = max(w.grace, occupants)
	}
}

// sendSeat sends a stanza to a seat, in its turn.
func (u *user) sendSeat(s *muc.Seat, st stanza.Stanza) {
	w := u.windows[s.JID.Resource]
	if w == nil {
		w = &window{jid: s.JID}
		u.windows[s.JID.Resource] = w
	}
	if len(w.held) > 0 || w.sent-w.read >= windowSize {
		w.held = append(w.held, st)
		if len(w.held) == windowHold+w.grace {
			u.box.post(func(u *user) { u.overrun(w) })
		}
		return
	}
	u.through(w, st)
}

// through writes one stanza and asks, now and then, whether it was read.
func (u *user) through(w *window, st stanza.Stanza) {
	u.send(st)
	w.sent++
	if w.sent-w.asked < windowAsk {
		return
	}
	w.asked = w.sent
	mark := w.sent
	u.ask(u.d.JID(), w.jid, stanza.E(nsPing, "ping"), windowWait, func(u *user, iq *stanza.IQ) {
		if u.windows[w.jid.Resource] != w {
			return
		}
		if iq == nil {
			u.overrun(w)
			return
		}
		w.read = max(w.read, mark)
		u.release(w)
	})
}

// release writes what may be written now.
func (u *user) release(w *window) {
	n := 0
	for n < len(w.held) && w.sent-w.read < windowSize {
		st := w.held[n]
		w.held[n] = nil
		n++
		u.through(w, st)
	}
	w.held = w.held[n:]
	if len(w.held) == 0 {
		w.held, w.grace = nil, 0
	}
}

// overrun takes a resource that does not read out of all its rooms. What it was
// still to be told is dropped, but not that.
func (u *user) overrun(w *window) {
	if u.windows[w.jid.Resource] != w || len(w.held) == 0 {
		return
	}
	u.log.Warn("a client does not read: it leaves its rooms", "resource", w.jid.Resource, "held", len(w.held))
	w.held = nil
	reason := u.text(transports.T("Your client did not keep up with the room."))
	for _, r := range u.rooms {
		if s := r.view.Seat(w.jid); s != nil {
			w.sent = w.read // past the window: the server holds no more than that
			r.view.Depart(s, reason, muc.StatusFailed)
			u.unseated(r, w.jid)
		}
	}
}
