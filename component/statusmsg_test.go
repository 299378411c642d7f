package component_test

import (
	"testing"

	"wherry/component"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// What is said to some of a room says to whom, in both directions and in the
// history of those who were told, and nobody else's.
func TestSaidToSome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording, proving(network), settings(func(c *component.DomainConfig) { c.SharedHistory = true }))
	w.join(phone, room, "juliet")
	w.join(laptop, room, "juliet")
	said := transports.Message{ID: "n1", Chat: address, Nick: "nurse", Text: "a word", To: "@", Apart: true}
	acted := transports.Message{Chat: address, Nick: "nurse", Text: "nods", To: "+", Apart: true, Style: transports.Act}
	err := w.session("juliet").Emit(transports.RoomConfig{Room: address}, transports.Received{Message: said}, transports.Received{Message: acted})
	if err != nil {
		t.Fatal(err)
	}
	for _, full := range []string{phone, laptop} {
		w.sees(full, "[to @] a word")
		w.sees(full, "/me [to +] nods")
	}
	w.say(phone, room, "s1", "/statusmsg @ yes, *two*")
	if m := w.net.AwaitCall(t, transporttest.OpSend, 0).Message; m.To != "@" || m.Text != "yes, *two*" || m.Chat != address {
		t.Errorf("sent %+v", m)
	}
	for _, full := range []string{phone, laptop} {
		if m := w.message(room+"/juliet", full, "groupchat"); m.ID != "s1" || body(m) != "[to @] yes, *two*" {
			t.Errorf("shown as %s", dump(m))
		}
	}
	w.say(phone, room, "s2", "/statusmsg @ /me nods")
	if m := w.message(room+"/juliet", phone, "groupchat"); body(m) != "/me [to @] nods" {
		t.Errorf("shown as %s", dump(m))
	}
	w.want(w.query(phone, room, ""), "nurse: [to @] a word", "nurse: /me [to +] nods", "juliet: [to @] yes, *two*", "juliet: /me [to @] nods")
	w.join(romeo, room, "romeo")
	w.want(w.query(romeo, room, ""))
}

// What makes no sense is refused, and said to nobody.
func TestSaidToNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	for words, want := range map[string]string{
		"/statusmsg": "modify/bad-request", "/statusmsg @": "modify/bad-request", "/statusmsg  @ ": "modify/bad-request",
		"/statusmsg ! now": "cancel/feature-not-implemented", "/statusmsg #room now": "cancel/feature-not-implemented",
	} {
		id := w.id()
		w.say(phone, room, id, words)
		if m := w.message(room, phone, "error"); fault(m) != want || m.ID != id {
			t.Errorf("%q: %s", words, dump(m))
		}
	}
	if n := w.net.Count(transporttest.OpSend); n != 0 {
		t.Errorf("%d lines were said", n)
	}
	w.say(phone, room, "s", "/statusmsgs @ now")
	if m := w.message(room+"/juliet", phone, "groupchat"); body(m) != "/statusmsgs @ now" {
		t.Errorf("shown as %s", dump(m))
	}
}
