package component_test

import (
	"testing"
	"time"

	"wherry/component"
	"wherry/component/stanza"
	"wherry/transports/transporttest"
)

// A client that is gone without a word stays there by its presence. What comes for
// the user does not wait for it: it is asked once, then the server is, twice; and
// nothing more is asked of a client until one is heard of.
func TestStalePresence(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, with(func(c *component.Component) { component.ShortenDeafness(c, 100*time.Millisecond) }))
	w.AnswerResources(nil)
	w.AnswerPings(false)
	answer := func() {
		t.Helper()
		w.SendStanza(domain, stanza.Result(w.pinged("example.org").(*stanza.IQ)))
	}
	w.here(phone, "")
	w.said("nurse", "1", "hello")
	w.heard("nurse")
	w.pinged(phone) // no answer
	answer()
	if w.waiting() != 1 {
		t.Error("settled by the server's first answer")
	}
	answer()
	w.emptied()
	w.said("nurse", "2", "hello?")
	w.heard("nurse")
	answer()
	answer()
	w.emptied()
	w.unasked(phone)

	w.here(phone, "<show>chat</show>") // it is back, and was never told to be away
	w.said("nurse", "3", "there you are")
	w.heard("nurse")
	w.SendStanza(domain, stanza.Result(w.pinged(phone).(*stanza.IQ)))
	w.emptied()
}

// A client that is gone without a word is in no room any more when what is said
// there comes back: what it said of being there counts no more, and with the last
// one the room is left. IRC-M15
func TestStalePresenceInRooms(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, 0)
	w.join(laptop, room, "juliet")
	show := func(full, inside string) {
		w.send("<presence from='%s' to='%s/juliet'>%s</presence>", full, room, inside)
	}
	bounce := func(full string) {
		w.send("<message type='error' id='x' from='%s' to='%s/nurse'><error type='cancel'>"+
			"<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>", full, room)
	}
	show(phone, "<show>away</show>")
	w.barrier(phone)
	if n := w.net.Count(transporttest.OpAway); n != 0 {
		t.Errorf("away though the laptop is there: %d", n)
	}
	bounce(laptop)
	if c := w.net.AwaitCall(t, transporttest.OpAway, 0); c.Text == "" {
		t.Errorf("not away: %+v", c)
	}
	w.Drain(domain)
	w.net.Say(address, "nurse", "anybody?")
	w.message(room+"/nurse", phone, "groupchat")
	w.silent(laptop)
	bounce(phone)
	if c := w.net.AwaitCall(t, transporttest.OpLeave, 0); c.Room != address {
		t.Errorf("left %+v", c)
	}
	w.join(phone, room, "juliet") // as anybody does who comes
}
