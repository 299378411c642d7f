package component_test

import (
	"fmt"
	"strings"
	"testing"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// ping answers the gateway's ping to a resource: with a result, or an error.
func (w *world) pong(full string, there bool) {
	w.Helper()
	j := jid.MustParse(full)
	st := w.Expect(domain, func(st stanza.Stanza) bool {
		iq, ok := st.(*stanza.IQ)
		return ok && iq.Type == "get" && iq.To == j && iq.Child(nsPing, "ping") != nil
	})
	if there {
		w.SendStanza(domain, stanza.Result(st.(*stanza.IQ)))
		return
	}
	w.SendStanza(domain, stanza.ErrorReply(st, &stanza.Error{Condition: stanza.ServiceUnavailable}))
}

// lines returns the bodies of messages, with "~" before those with a delay.
func lines(all []stanza.Stanza) string {
	out := ""
	for _, st := range all {
		if m, ok := st.(*stanza.Message); ok && m.Child("", "body") != nil {
			if m.Child(nsDelay, "delay") != nil {
				out += "~"
			}
			out += body(m) + " "
		}
	}
	return out
}

// When the stream comes back, a resource that answers is shown the room with
// what it missed; one that is gone has left. IRC-M13, IRC-B47
func TestStreamLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.join(laptop, room, "juliet")
	w.net.Say(address, "nurse", "heard")
	w.message(room+"/nurse", phone, "groupchat")
	w.settled(phone, "juliet")
	w.Drain(domain)
	for round := 1; round <= 2; round++ {
		w.Server.Drop(domain)
		w.Disconnected(domain)
		w.net.Say(address, "nurse", fmt.Sprint("missed ", round))
		w.connected(round + 1)
		w.pong(phone, true)
		all := w.shown(phone)
		// A line said right before may come again: nobody knows whether it came.
		if got, want := lines(all), fmt.Sprintf("~missed %d ", round); !strings.HasSuffix(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
		if codes(all[1]) != "110" {
			t.Errorf("not shown as a fresh join: %s", dump(all[1]))
		}
		if round == 1 {
			w.pong(laptop, false)
			w.barrier(laptop)
		}
		w.net.Say(address, "nurse", "live")
		if m := w.message(room+"/nurse", phone, "groupchat"); body(m) != "live" {
			t.Errorf("after the return: %s", dump(m))
		}
		w.silent(phone)
	}
	if n := len(w.net.Calls()); n != 2 {
		t.Errorf("the network noticed: %v", w.net.Calls())
	}
}

// A client that speaks before it answered is there: it is shown what it missed,
// and then its line under the id that it gave it.
func TestStreamLostInTalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.Server.Drop(domain)
	w.Disconnected(domain)
	w.net.Say(address, "nurse", "missed")
	w.connected(2)
	w.say(phone, room, "m1", "I am here")
	all := w.shown(phone)
	if got := lines(all); got != "~missed " {
		t.Errorf("shown %q", got)
	}
	if m := w.message(room+"/juliet", phone, "groupchat"); m.ID != "m1" || lines([]stanza.Stanza{m}) != "I am here " {
		t.Errorf("reflected %s", dump(m))
	}
	w.SendStanza(domain, stanza.Result(all[0].(*stanza.IQ))) // late, and no news
	w.silent(phone)
}

// A client's own line that it is shown as the past has the id that the client
// gave it: it knows it again.
func TestOwnLineInThePast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	w.send("<message type='groupchat' id='m1' from='%s' to='%s'><body>hello</body><origin-id xmlns='%s' id='o1'/></message>", phone, room, nsSID)
	live := w.message(room+"/juliet", phone, "groupchat")
	all := w.join(laptop, room, "juliet")
	past := all[len(all)-2].(*stanza.Message) // before the subject
	for _, m := range []*stanza.Message{live, past} {
		if m.ID != "m1" || m.Child(nsSID, "origin-id").Attr("id") != "o1" {
			t.Errorf("shown %s", dump(m))
		}
	}
	if id := live.Child(nsSID, "stanza-id").Attr("id"); id == "" || id == "m1" || id != past.Child(nsSID, "stanza-id").Attr("id") {
		t.Errorf("stanza-id %q", id)
	}
}

// A stream that is lost while seats are being looked at takes no seat.
func TestStreamLostTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	for i := range 2 {
		w.Server.Drop(domain)
		w.connected(i + 2)
		w.Expect(domain, func(st stanza.Stanza) bool { return st.Name() == "iq" }) // not answered
	}
	w.Server.Drop(domain)
	w.connected(4)
	w.pong(phone, true)
	w.shown(phone)
}

// What is held for a client when the stream is lost is no reason to throw it
// out.
func TestStreamLostBehindAWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.chatter(1000, phone, "juliet")
	w.Drain(domain)
	w.Server.Drop(domain)
	w.connected(2)
	w.pong(phone, true)
	if got := w.shown(phone); len(got) < 3 {
		t.Errorf("shown %d stanzas", len(got))
	}
}
