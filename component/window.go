package component

import (
	"slices"
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
	asked int // of these, covered by a question
	wants int // questions without an answer yet
	held  []held
	grace int // how many more may be held, for rooms that are being shown
}

// held is a stanza that is held back, or what one is to be made of.
type held struct {
	stanza stanza.Stanza
	sight  muc.Sight
}

const (
	windowSize = 500              // stanzas on their way to one resource
	windowAsk  = 250              // after so many more we ask whether they were read
	windowHold = 5000             // stanzas held back; beyond that the resource leaves its rooms
	windowWait = 10 * time.Minute // for an answer; a phone may sleep
	graceBound = 50000            // stanzas of rooms being shown that may be held besides
)

// closeWindow forgets the window of a resource that sits in no room any more,
// unless something is still held for it.
func (u *user) closeWindow(full jid.JID) {
	for _, r := range u.rooms {
		if r.view.Seat(full) != nil {
			return
		}
	}
	if w := u.windowOf(full.Resource); w != nil && len(w.held) == 0 {
		u.dropWindow(full.Resource)
	}
}

// windowOf returns the window of a resource, or nil.
func (u *user) windowOf(resource string) *window {
	for _, w := range u.windows {
		if w.jid.Resource == resource {
			return w
		}
	}
	return nil
}

// dropWindow forgets the window of a resource, and what is held.
func (u *user) dropWindow(resource string) {
	u.windows = slices.DeleteFunc(u.windows, func(w *window) bool { return w.jid.Resource == resource })
}

// window returns the window of a seat, made if need be.
func (u *user) window(s *muc.Seat) *window {
	w := u.windowOf(s.JID.Resource)
	if w == nil {
		w = &window{jid: s.JID}
		u.windows = append(u.windows, w)
	}
	return w
}

// expect makes place for what a seat is about to be shown of a room, however
// big that is; for many rooms at once within a bound.
func (u *user) expect(s *muc.Seat, stanzas int) {
	w := u.window(s)
	if len(w.held) == 0 {
		w.grace = 0
	}
	w.grace = max(stanzas, min(w.grace+stanzas, graceBound))
	if stanzas > windowSize {
		w.held = slices.Grow(w.held, stanzas-windowSize)
	}
}

// sendSeat sends a stanza to a seat, in its turn. It tells whether it keeps it until
// then.
func (u *user) sendSeat(s *muc.Seat, st stanza.Stanza) (kept bool) {
	if m, ok := st.(*stanza.Message); ok && m.ID == "" {
		m.ID = randomID()
	}
	w := u.window(s)
	if w.open() {
		return u.through(w, st)
	}
	u.hold(w, held{stanza: st})
	return true
}

// showSeat shows an occupant to a seat, in its turn.
func (u *user) showSeat(s *muc.Seat, v muc.Sight) {
	if w := u.window(s); w.open() {
		v.Send(func(st stanza.Stanza) bool { return u.through(w, st) })
	} else {
		u.hold(w, held{sight: v})
	}
}

// open tells whether what comes now may be written at once.
func (w *window) open() bool { return len(w.held) == 0 && w.sent-w.read < windowSize }

// hold holds something back.
func (u *user) hold(w *window, h held) {
	w.held = append(w.held, h)
	if w.wants == 0 {
		u.question(w) // the answers to those before came too late, or never
	}
	if len(w.held) == windowHold+w.grace {
		u.box.post(func(u *user) { u.overrun(w) })
	}
}

// through writes one stanza, which it does not keep, and asks, now and then, whether
// it was read.
func (u *user) through(w *window, st stanza.Stanza) (kept bool) {
	u.send(st)
	w.sent++
	if w.sent-w.asked >= windowAsk {
		u.question(w)
	}
	return false
}

// question asks whether all that was written was read. An error is an answer
// too: it came behind the rest.
func (u *user) question(w *window) {
	mark := w.sent
	w.asked = mark
	w.wants++
	u.ask(u.d.JID(), w.jid, stanza.E(nsPing, "ping"), windowWait, func(u *user, iq *stanza.IQ) {
		if u.windowOf(w.jid.Resource) != w {
			return
		}
		w.wants--
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
		h := w.held[n]
		w.held[n] = held{}
		n++
		if h.stanza != nil {
			u.through(w, h.stanza)
		} else {
			h.sight.Send(func(st stanza.Stanza) bool { return u.through(w, st) })
		}
	}
	w.held = w.held[n:]
	if len(w.held) == 0 {
		w.held, w.grace = nil, 0
		u.closeWindow(w.jid)
	}
}

// overrun takes a resource that does not read out of all its rooms. What it was
// still to be told is dropped, but not that.
func (u *user) overrun(w *window) {
	if u.windowOf(w.jid.Resource) != w || len(w.held) == 0 {
		return
	}
	u.log().Warn("a client does not read: it leaves its rooms", "resource", w.jid.Resource, "held", len(w.held))
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
