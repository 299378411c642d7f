package component_test

import (
	"fmt"
	"testing"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// crowd fills the room with that many puppets.
func (w *world) crowd(n int) {
	for i := range n {
		w.people(fmt.Sprintf("extra%05d", i))
	}
}

// A room may be bigger than what is held back for one client: who joins it is
// shown all of it. IRC-M17
func TestJoinOfABigRoom(t *testing.T) {
	t.Parallel()
	const size = 6000
	w := newWorld(t)
	w.AnswerResources(func(jid.JID) bool { return true })
	w.crowd(size)
	for _, full := range []string{phone, laptop} {
		if all := w.join(full, room, "juliet"); len(all) != size+2 {
			t.Errorf("%s is shown %d stanzas, want %d", full, len(all), size+2)
		}
	}
	w.settled(phone, "juliet")
	w.silent(phone)
}

// chatter has somebody say that many lines in the room.
func (w *world) chatter(n int, full, nick string) {
	w.Helper()
	for i := range n {
		w.net.Say(address, "nurse", fmt.Sprintf("line %d", i))
	}
	w.settled(full, nick)
}

// A client that shows no sign of reading is sent no more than its window; what
// is held comes when it answers, in order, and others notice nothing. IRC-M17
func TestWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.AnswerResources(func(j jid.JID) bool { return j == jid.MustParse(romeo) })
	w.join(phone, room, "juliet")
	w.join(romeo, room, "romeo")
	w.barrier(phone)
	w.Drain(domain)
	w.chatter(1200, phone, "juliet")
	for i := range 1200 {
		if m := w.message(room+"/nurse", romeo, "groupchat"); body(m) != fmt.Sprint("line ", i) {
			t.Fatalf("line %d for who reads is %q", i, body(m))
		}
	}
	next, rounds := 0, 0
	for next < 1200 {
		var sent int
		var pings []*stanza.IQ
		for _, st := range w.rest(phone) {
			switch st := st.(type) {
			case *stanza.IQ:
				pings = append(pings, st)
			case *stanza.Message:
				if body(st) != fmt.Sprint("line ", next) {
					t.Fatalf("line %d is %q", next, body(st))
				}
				next++
				sent++
			}
		}
		if sent > 500 || len(pings) == 0 && next < 1200 {
			t.Fatalf("who does not read was sent %d stanzas and %d pings", sent, len(pings))
		}
		for _, p := range pings {
			w.SendStanza(domain, stanza.Result(p))
		}
		if rounds++; rounds > 12 {
			t.Fatalf("only %d lines after %d rounds", next, rounds)
		}
	}
}

// Who falls behind too far leaves the room, and is told. IRC-M17
func TestOverrun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.chatter(6000, phone, "juliet")
	p := w.presence(room+"/juliet", phone, "unavailable")
	if codes(p) != "110 333" {
		t.Errorf("left with %s", dump(p))
	}
	n := 0
	for _, st := range w.rest(phone) {
		if st.Name() == "message" {
			n++
		}
	}
	if n > 500 {
		t.Errorf("%d lines were sent to who does not read", n)
	}
	// Coming back works as ever.
	w.AnswerResources(func(jid.JID) bool { return true })
	w.join(phone, room, "juliet")
}

// What is held for a client that is gone is not sent after it.
func TestGhostBehindAWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.chatter(1000, phone, "juliet")
	w.send("<message type='error' id='x' from='%s' to='%s/nurse'><error type='cancel'><recipient-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>", phone, room)
	for _, st := range w.rest(laptop) {
		if iq, ok := st.(*stanza.IQ); ok && iq.Type == "get" {
			w.SendStanza(domain, stanza.ErrorReply(iq, &stanza.Error{Condition: stanza.ServiceUnavailable}))
		}
	}
	w.silent(laptop)
}

// Who left and comes back begins anew.
func TestWindowAfterLeaving(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	for range 2 {
		w.join(phone, room, "juliet")
		w.chatter(400, phone, "juliet")
		n := 0
		for _, st := range w.rest(phone) {
			if st.Name() == "message" {
				n++
			}
		}
		if n != 400 {
			t.Errorf("%d of 400 lines came", n)
		}
		w.send("<presence type='unavailable' from='%s' to='%s'/>", phone, room)
		w.presence(room+"/juliet", phone, "unavailable")
	}
}
