package component_test

import (
	"fmt"
	"strings"
	"testing"

	"wherry/component/componenttest"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// A line is reflected once to each resource of the sender, with its id, its
// origin-id, and no stanza-id but the room's; others see the same line once.
// XEP-0045 §7.4. IRC-M3, IRC-B13
func TestGroupchat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.send("<message type='groupchat' id='m1' from='%s' to='%s'><body>hello</body>"+
		"<origin-id xmlns='%s' id='o1'/><stanza-id xmlns='%s' id='forged' by='%s'/>"+
		"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/><x xmlns='%s'/></message>", phone, room, nsSID, nsSID, room, nsUser)
	var ids []string
	for _, full := range []string{phone, laptop} {
		m := w.message(room+"/juliet", full, "groupchat")
		if m.ID != "m1" || body(m) != "hello" || m.Child(nsSID, "origin-id").Attr("id") != "o1" {
			t.Errorf("reflected %s", dump(m))
		}
		var stanzaIDs, occupants []string
		for _, e := range m.Payload {
			switch e.Name {
			case "stanza-id":
				stanzaIDs = append(stanzaIDs, e.Attr("by")+" "+e.Attr("id"))
			case "occupant-id":
				occupants = append(occupants, e.Attr("id"))
			}
		}
		if len(stanzaIDs) != 1 || !strings.HasPrefix(stanzaIDs[0], room+" ") || strings.Contains(stanzaIDs[0], "forged") {
			t.Errorf("stanza-ids %q", stanzaIDs)
		}
		if len(occupants) != 1 || occupants[0] == "forged" {
			t.Errorf("occupant-ids %q", occupants)
		}
		ids = append(ids, stanzaIDs...)
	}
	if ids[0] != ids[1] {
		t.Errorf("one line, two ids: %q", ids)
	}
	if m := w.message(room+"/juliet", romeo, "groupchat"); body(m) != "hello" || m.Child(nsSID, "stanza-id") == nil {
		t.Errorf("the other sees %s", dump(m))
	}
	w.settled(romeo, "romeo")
	w.silent(phone)
}

// A line that goes upstream in several parts is reflected once, in whole; a chat
// state not at all. XEP-0045 §7.4. IRC-M3, IRC-B16
func TestGroupchatInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.say(phone, room, "m1", "one\ntwo\nthree")
	for _, full := range []string{phone, laptop} {
		if m := w.message(room+"/juliet", full, "groupchat"); body(m) != "one\ntwo\nthree" || m.ID != "m1" {
			t.Errorf("reflected %s", dump(m))
		}
	}
	for _, want := range []string{"one", "two", "three"} {
		if m := w.message(room+"/juliet", romeo, "groupchat"); body(m) != want {
			t.Errorf("the other sees %s", dump(m))
		}
	}
	w.send("<message type='groupchat' id='m2' from='%s' to='%s'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>", phone, room)
	w.send("<message type='groupchat' id='m3' from='%s' to='%s'><body/></message>", phone, room)
	w.settled(romeo, "romeo")
	w.silent(phone)
}

// Where a part is refused, its sender is told so, and sees what others see.
func TestGroupchatFailsInPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.net.Refuse(transporttest.OpSend, nil)
	w.net.Refuse(transporttest.OpSend, nil)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Forbidden})
	w.say(phone, room, "m1", "one\ntwo\nthree")
	for _, full := range []string{phone, laptop, romeo} {
		for _, want := range []string{"one", "two"} {
			if m := w.message(room+"/juliet", full, "groupchat"); body(m) != want || m.ID == "m1" {
				t.Errorf("%s sees %s", full, dump(m))
			}
		}
	}
	if m := w.message(room, phone, "error"); m.ID != "m1" || fault(m) != "auth/forbidden" || !strings.Contains(dump(m), "Only the beginning") {
		t.Errorf("failed: %s", dump(m))
	}
}

// What is too long to come back is refused, whatever it would be on the network.
func TestGroupchatTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	for _, tt := range []struct {
		text string
		want string
	}{
		{strings.Repeat("a", 50<<10), ""},
		{strings.Repeat("a", 60<<10), "modify/policy-violation"},
		{strings.Repeat("&amp;", 10<<10), ""},
		{strings.Repeat("&amp;", 12<<10), "modify/policy-violation"},
	} {
		id := w.id()
		w.say(phone, room, id, tt.text)
		m := componenttest.Await(w.Server, domain, func(m *stanza.Message) bool { return m.ID == id && m.To.String() == phone })
		if got := fault(m); got != tt.want {
			t.Errorf("%d bytes: %q", len(tt.text), got)
		}
	}
}

// Lines keep their order, whoever says them.
func TestOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	const n = 100
	for i := range n {
		w.say(phone, room, fmt.Sprint("m", i), fmt.Sprint("line ", i))
	}
	for _, full := range []string{phone, romeo} {
		for i := range n {
			if m := w.message(room+"/juliet", full, "groupchat"); body(m) != fmt.Sprint("line ", i) {
				t.Fatalf("%s sees %q as line %d", full, body(m), i)
			}
		}
	}
}

// What cannot be said is refused with the same id. XEP-0045 §7.4. IRC-M3
func TestGroupchatRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	other := "#other%" + network + "@" + domain
	for _, tt := range []struct{ from, to, want string }{
		{"juliet@example.org/balcony", room, "cancel/not-acceptable"},
		{phone, other, "cancel/not-acceptable"},
		{phone, room + "/romeo", "modify/bad-request"},
		{phone, nurse, "modify/bad-request"},
		{phone, domain, "modify/bad-request"},
		{"stranger@elsewhere.example/x", room, "auth/forbidden"},
	} {
		id := w.id()
		w.say(tt.from, tt.to, id, "hello")
		if m := w.message(tt.to, tt.from, "error"); fault(m) != tt.want || m.ID != id {
			t.Errorf("%s to %s: %s", tt.from, tt.to, dump(m))
		}
	}
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Forbidden, Text: transports.T("You are muted.")})
	w.say(phone, room, "muted", "hello")
	if m := w.message(room, phone, "error"); fault(m) != "auth/forbidden" || m.ID != "muted" || !strings.Contains(dump(m), "You are muted.") {
		t.Errorf("refused by the network: %s", dump(m))
	}
	w.settled(romeo, "romeo")
	w.silent(phone)
}

// The subject: asked for, shown to all from who set it, with its time to those
// who come later; a refusal is an error on the message. XEP-0045 §8.1. IRC-M9, IRC-B20
func TestSubject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.send("<message type='groupchat' id='s1' from='%s' to='%s'><subject>Verona</subject></message>", phone, room)
	for _, full := range []string{phone, laptop, romeo} {
		m := w.message(room+"/juliet", full, "groupchat")
		if s, _, _ := m.Subject(); s != "Verona" || m.Child("", "body") != nil {
			t.Errorf("%s sees %s", full, dump(m))
		}
		if full == phone && m.ID != "s1" {
			t.Errorf("reflected under another id: %s", dump(m))
		}
	}
	w.silent(phone)
	all := w.join(laptop, room, "juliet")
	last := all[len(all)-1].(*stanza.Message)
	if s, _, _ := last.Subject(); s != "Verona" || last.From.Resource != "juliet" || last.Child(nsDelay, "delay") == nil {
		t.Errorf("who joins sees %s", dump(last))
	}
	w.net.Refuse(transporttest.OpSubject, &transports.Error{Kind: transports.Forbidden})
	w.send("<message type='groupchat' id='s2' from='%s' to='%s'><subject>Mantua</subject></message>", romeo, room)
	if m := w.message(room, romeo, "error"); fault(m) != "auth/forbidden" || m.ID != "s2" {
		t.Errorf("refused: %s", dump(m))
	}
	w.silent(phone)
}
