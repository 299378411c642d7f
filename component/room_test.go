package component_test

import (
	"strings"
	"testing"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// let asks for what two people need to talk, and clears the table.
func (w *world) together() {
	w.Helper()
	w.AnswerResources(func(jid.JID) bool { return true })
	w.join(phone, room, "juliet")
	w.join(laptop, room, "juliet")
	w.join(romeo, room, "romeo")
	w.calm()
}

// calm waits until all is said, and forgets it.
func (w *world) calm() {
	w.Helper()
	w.settled(romeo, "romeo")
	w.settled(phone, "juliet")
	w.Drain(domain)
}

// item returns the item of a room's presence as "affiliation/role nick".
func item(st stanza.Stanza) string {
	x := st.Child(nsUser, "x")
	if x == nil {
		return ""
	}
	e := x.Child(nsUser, "item")
	return strings.TrimSpace(e.Attr("affiliation") + "/" + e.Attr("role") + " " + e.Attr("nick"))
}

// A network that is down: rooms are told 110 and 333, lines fail at once; when
// it is back the rooms are joined and shown again. XEP-0045 §7. IRC-M5
func TestNetworkDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.together()
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	for _, full := range []string{phone, laptop} {
		if p := w.presence(room+"/juliet", full, "unavailable"); codes(p) != "110 333" {
			t.Errorf("told %s", dump(p))
		}
	}
	w.say(phone, room, "m1", "hello")
	m := w.message(room, phone, "error")
	if fault(m) != "wait/remote-server-timeout" || m.ID != "m1" {
		t.Errorf("said while down: %s", dump(m))
	}
	if p := w.get(phone, room+"/juliet", "<ping xmlns='"+nsPing+"'/>"); fault(p) != "cancel/not-acceptable" {
		t.Errorf("self-ping while down: %s", dump(p))
	}
	for _, full := range []string{phone, laptop} {
		all := w.shown(full)
		if own := all[len(all)-2]; codes(own) != "110" {
			t.Errorf("shown %s", dump(own))
		}
	}
	w.say(phone, room, "m2", "back")
	w.message(room+"/juliet", phone, "groupchat")
	w.message(room+"/juliet", laptop, "groupchat")
	if m := w.message(room+"/juliet", romeo, "groupchat"); body(m) != "back" {
		t.Errorf("the other sees %s", dump(m))
	}
}

// Leaving is answered to who leaves; the last one leaves the network's room.
// XEP-0045 §7.1. IRC-M2, IRC-M5, IRC-B4, IRC-B7
func TestLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	leave := func(full, status string) {
		w.send("<presence type='unavailable' from='%s' to='%s'>%s</presence>", full, room, status)
		if p := w.presence(room+"/juliet", full, "unavailable"); codes(p) != "110" {
			t.Errorf("told %s", dump(p))
		}
	}
	leave(laptop, "") // to the bare room
	w.settled(phone, "juliet")
	w.silent(phone)
	leave(phone, "<status>good night</status>")
	if p := w.presence(room+"/juliet", romeo, "unavailable"); p.Child("", "status") == nil || p.Child("", "status").Text != "good night" || codes(p) != "" {
		t.Errorf("the other sees %s", dump(p))
	}
	if c := w.net.AwaitCall(t, transporttest.OpLeave, 0); c.Text != "good night" {
		t.Errorf("left with %q", c.Text)
	}
	w.say(phone, room, "m1", "hello")
	w.message(room, phone, "error")
	w.join(phone, room, "juliet")
}

// Change of nick: 303 with the new one, then the new presence. XEP-0045 §7. IRC-M5, IRC-B6
func TestRename(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.send("<presence from='%s' to='%s/jule'/>", phone, room)
	for _, full := range []string{phone, laptop} {
		old := w.presence(room+"/juliet", full, "unavailable")
		if codes(old) != "303 110" || !strings.HasSuffix(item(old), " jule") {
			t.Errorf("the old nick: %s", dump(old))
		}
		if p := w.presence(room+"/jule", full, ""); codes(p) != "110" {
			t.Errorf("the new nick: %s", dump(p))
		}
	}
	old := w.presence(room+"/juliet", romeo, "unavailable")
	if codes(old) != "303" || !strings.HasSuffix(item(old), " jule") {
		t.Errorf("the other sees %s", dump(old))
	}
	if p := w.presence(room+"/jule", romeo, ""); codes(p) != "" {
		t.Errorf("the other sees %s", dump(p))
	}
	w.silent(phone)
	// Joining again under the new nick is no surprise to the client.
	all := w.join(phone, room, "jule")
	if own := all[len(all)-2]; codes(own) != "110" {
		t.Errorf("own presence: %s", dump(own))
	}
	// A nick that is taken.
	w.send("<presence id='r' from='%s' to='%s/romeo'/>", phone, room)
	if p := w.presence(room+"/romeo", phone, "error"); fault(p) != "cancel/conflict" || p.ID != "r" {
		t.Errorf("a nick that is taken: %s", dump(p))
	}
	w.settled(phone, "jule")
	w.silent(phone)
}

// Self-ping: joined a result, not joined not-acceptable; another's nick is asked
// on the network, an unknown one is not there. XEP-0410. IRC-M13, IRC-B26
func TestSelfPing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	const ping = "<ping xmlns='" + nsPing + "'/>"
	for _, tt := range []struct{ from, to, want string }{
		{phone, room + "/juliet", ""},
		{laptop, room + "/juliet", ""},
		{"juliet@example.org/balcony", room + "/juliet", "cancel/not-acceptable"},
		{phone, "#other%" + network + "@" + domain + "/juliet", "cancel/not-acceptable"},
		{phone, room + "/nobody", "cancel/item-not-found"},
		{phone, room + "/romeo", ""},
		{phone, room, ""},
	} {
		if a := w.get(tt.from, tt.to, ping); fault(a) != tt.want {
			t.Errorf("%s to %s: %s", tt.from, tt.to, dump(a))
		}
	}
	if c := w.net.Calls(transporttest.OpPing); len(c) != 1 || c[0].Room.Name != "romeo" {
		t.Errorf("the network was asked %v", c)
	}
}

// A bounce of room traffic takes its resource out of the rooms: one of our own
// presence's odd address does not. IRC-M15, IRC-B11
func TestGhost(t *testing.T) {
	t.Parallel()
	conditions := []string{"gone", "item-not-found", "recipient-unavailable", "redirect", "remote-server-not-found",
		"remote-server-timeout", "jid-malformed", "service-unavailable"}
	for _, c := range append(conditions, "bad-request", "presence jid-malformed") {
		t.Run(c, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.together()
			condition, isPresence := strings.CutPrefix(c, "presence ")
			name := "message"
			if isPresence {
				name = "presence"
			}
			w.send("<%s type='error' id='x' from='%s' to='%s/romeo'><error type='cancel'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></%s>",
				name, laptop, room, condition, name)
			w.silent(phone)
			w.say(romeo, room, "m1", "hello")
			w.message(room+"/romeo", romeo, "groupchat")
			w.message(room+"/romeo", phone, "groupchat")
			if isPresence || c == "bad-request" {
				w.message(room+"/romeo", laptop, "groupchat")
			}
			w.settled(phone, "juliet")
			w.silent(romeo)
		})
	}
}

// A room that the network lets us into when nobody wants it any more is left
// again; what is told of rooms and people unknown harms nothing.
func TestUnwanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	s := w.session("juliet")
	other := transports.Address{Kind: transports.Room, Scope: network, Name: "#other"}
	nowhere := transports.Address{Kind: transports.Room, Scope: network, Name: "#\x00"}
	err := s.Emit(
		transports.Joined{Room: other, Nick: "juliet", Occupants: []transports.Occupant{{Nick: "juliet"}}},
		transports.Renamed{Room: address, Old: "nobody", New: "somebody"},
		transports.Renamed{Room: address, Old: "juliet", New: "juliet"},
		transports.Left{Room: address, Nicks: []string{"nobody"}},
		transports.Left{Room: other, Nicks: []string{"juliet"}},
		transports.Entered{Room: other, Occupants: []transports.Occupant{{Nick: "nurse"}}},
		transports.Subject{Room: other, Text: "x"},
		transports.RoomConfig{Room: other, Moderated: true},
		transports.Received{Message: transports.Message{Chat: other, Nick: "nurse", Text: "x"}},
		transports.Received{Message: transports.Message{Chat: transports.Address{Kind: transports.Contact, Scope: network, Name: "\x00"}, Text: "x"}},
		transports.Invited{Room: nowhere, By: address},
		transports.Invited{Room: address, By: nowhere},
		transports.Status{Chat: other, ID: "x", State: transports.Delivered},
	)
	if err != nil {
		t.Fatal(err)
	}
	if c := w.net.AwaitCall(t, transporttest.OpLeave, 0); c.Room != other {
		t.Errorf("left %v", c.Room)
	}
	w.silent(phone)
	if a := w.get(phone, room+"/juliet", "<ping xmlns='"+nsPing+"'/>"); a.Type != "result" {
		t.Errorf("self-ping: %s", dump(a))
	}
}
