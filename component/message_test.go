package component_test

import (
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const (
	romeoNick  = "romeo%" + network + "@" + domain
	julietNick = "juliet%" + network + "@" + domain
)

// chat has a user's client write to somebody.
func (w *world) chat(from, to, id, inside string) {
	w.Helper()
	w.send("<message type='chat' id='%s' from='%s' to='%s'>%s</message>", id, from, to, inside)
}

// Private messages go between the bare JIDs of people, with no room in between;
// no subscription is needed. IRC-M4, IRC-B15
func TestPrivateMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.chat(phone, romeoNick, "p1", "<body>psst</body>")
	m := w.message(julietNick, "romeo@example.org", "chat")
	if body(m) != "psst" || m.ID == "" || m.ID == "p1" || m.Child(nsSID, "origin-id").Attr("id") != m.ID {
		t.Errorf("the other sees %s", dump(m))
	}
	if m.Child(nsUser, "x") != nil {
		t.Errorf("marked as a room's: %s", dump(m))
	}
	w.settled(romeo, "romeo")
	w.silent(phone)
}

// Who was written to through a room answers through it, to each joined resource;
// once written to directly, directly. XEP-0045 §7.5. IRC-M4, IRC-B15
func TestPrivateMessageThroughTheRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	answer := func(text string) {
		w.chat(romeo, julietNick, w.id(), "<body>"+text+"</body>")
	}
	w.chat(phone, room+"/romeo", "p1", "<body>psst</body><x xmlns='"+nsUser+"'/>")
	w.message(julietNick, "romeo@example.org", "chat")
	answer("yes?")
	for _, full := range []string{phone, laptop} {
		if m := w.message(room+"/romeo", full, "chat"); body(m) != "yes?" || m.Child(nsUser, "x") == nil {
			t.Errorf("%s sees %s", full, dump(m))
		}
	}
	// Seats that are not there, or not sure to be, are none.
	w.send("<presence type='unavailable' from='%s' to='%s'/>", laptop, room)
	w.presence(room+"/juliet", laptop, "unavailable")
	answer("still?")
	w.message(room+"/romeo", phone, "chat")
	w.calm()
	w.send("<presence type='unavailable' from='%s' to='%s'/>", phone, room)
	w.presence(room+"/juliet", phone, "unavailable")
	answer("gone?")
	if m := w.message(romeoNick, juliet, "chat"); body(m) != "gone?" {
		t.Errorf("after leaving: %s", dump(m))
	}
	w.join(phone, room, "juliet")
	w.chat(phone, romeoNick, "p2", "<body>directly</body>")
	w.message(julietNick, "romeo@example.org", "chat")
	answer("directly too")
	if m := w.message(romeoNick, juliet, "chat"); body(m) != "directly too" {
		t.Errorf("after writing directly: %s", dump(m))
	}
	for _, st := range w.rest(phone) {
		if st.Name() == "message" {
			t.Errorf("unexpected: %s", dump(st))
		}
	}
}

// A private message that cannot be delivered comes back with its id: from the
// occupant where it went through the room. XEP-0045 §7.5, RFC 6120 §8.3.
func TestPrivateMessageRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	for _, tt := range []struct{ from, to, want string }{
		{phone, room + "/nobody", "cancel/item-not-found"},
		{"juliet@example.org/balcony", room + "/romeo", "cancel/not-acceptable"},
		{phone, "nonsense@" + domain, "modify/jid-malformed"},
		{phone, room, "cancel/not-acceptable"},
		{"stranger@elsewhere.example/x", romeoNick, "auth/forbidden"},
		{"stranger@elsewhere.example/x", domain, "auth/forbidden"},
	} {
		id := w.id()
		w.chat(tt.from, tt.to, id, "<body>psst</body>")
		if m := w.message(tt.to, tt.from, "error"); fault(m) != tt.want || m.ID != id {
			t.Errorf("to %s: %s", tt.to, dump(m))
		}
	}
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.NotFound})
	w.chat(phone, romeoNick, "p1", "<body>psst</body>")
	if m := w.message(romeoNick, phone, "error"); fault(m) != "cancel/item-not-found" || m.ID != "p1" {
		t.Errorf("refused by the network: %s", dump(m))
	}
	w.silent(phone)
}

// What the network says of a message later finds it by the network's id.
func TestPrivateMessageFailsLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	chat := transports.Address{Kind: transports.Contact, Scope: network, Name: "nobody"}
	w.chat(phone, "nobody%"+network+"@"+domain, "p1", "<body>psst</body>")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.settled(phone, "juliet")
	failed := transports.Status{Chat: chat, ID: "1", State: transports.Failed, Err: &transports.Error{Kind: transports.NotFound, Text: transports.T("No such nick.")}}
	for range 2 { // told twice, passed on once
		if err := w.session("juliet").Emit(failed); err != nil {
			t.Fatal(err)
		}
	}
	if m := w.message("nobody%"+network+"@"+domain, phone, "error"); fault(m) != "cancel/item-not-found" || m.ID != "p1" {
		t.Errorf("told %s", dump(m))
	}
	w.silent(phone)
}

// What says nothing to the network is swallowed, and answered by nothing. SMS-S1
func TestNothingSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	for _, inside := range []string{
		"", "<body/>",
		"<composing xmlns='http://jabber.org/protocol/chatstates'/>",
		"<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>",
		"<received xmlns='urn:xmpp:receipts' id='x'/>",
	} {
		for _, to := range []string{romeoNick, room + "/romeo", domain, network + "@" + domain, "nonsense@" + domain} {
			w.chat(phone, to, w.id(), inside)
		}
	}
	w.settled(phone, "juliet")
	w.settled(romeo, "romeo")
	w.silent(phone)
	if c := w.net.Calls(transporttest.OpSend); len(c) != 0 {
		t.Errorf("sent %v", c)
	}
}

// What is encrypted for somebody else is refused, never sent on. SMS-S7
func TestEncrypted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	for _, inside := range []string{
		"<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>",
		"<encrypted xmlns='urn:xmpp:omemo:2'><header sid='1'/></encrypted>",
		"<encryption xmlns='urn:xmpp:eme:0' namespace='eu.siacs.conversations.axolotl'/>",
		"<x xmlns='jabber:x:encrypted'>abc</x>",
	} {
		for _, to := range []string{romeoNick, room + "/romeo", domain} {
			id := w.id()
			w.chat(phone, to, id, inside+"<body>I sent you an OMEMO encrypted message</body>")
			m := w.message(to, phone, "error")
			if fault(m) != "cancel/not-acceptable" || m.ID != id || !strings.Contains(dump(m), "encryption off") {
				t.Errorf("%s to %s: %s", inside, to, dump(m))
			}
			w.chat(phone, to, id, inside) // also without a body
			w.message(to, phone, "error")
		}
		w.send("<message type='groupchat' id='g' from='%s' to='%s'><body>fallback</body>%s</message>", phone, room, inside)
		if m := w.message(room, phone, "error"); fault(m) != "cancel/not-acceptable" || m.ID != "g" {
			t.Errorf("%s: %s", inside, dump(m))
		}
	}
	w.settled(phone, "juliet")
	w.silent(phone)
	if c := w.net.Calls(transporttest.OpSend); len(c) != 0 {
		t.Errorf("sent %v", c)
	}
}

// Of several bodies the one in the user's language is sent; our texts are in it.
// RFC 6120 §8.3.
func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	bodies := "<body>hello</body><body xml:lang='de'>hallo</body><body xml:lang='it'>ciao</body>"
	for i, tt := range []struct{ lang, want string }{{"", "hello"}, {"de", "hallo"}, {"it-CH", "ciao"}, {"", "ciao"}, {"fr", "hello"}} {
		if tt.lang != "" {
			w.send("<presence xml:lang='%s' from='%s' to='%s'/>", tt.lang, phone, domain)
		}
		w.chat(phone, romeoNick, w.id(), bodies)
		if c := w.net.AwaitCall(t, transporttest.OpSend, i); c.Message.Text != tt.want {
			t.Errorf("in %q: %q, want %q", tt.lang, c.Message.Text, tt.want)
		}
	}
	w.calm()
	for _, lang := range []string{"de", "de-AT", "fr", "en"} {
		w.send("<message type='chat' id='l' xml:lang='%s' from='%s' to='%s/nobody'><body>x</body></message>", lang, phone, room)
		e := w.message(room+"/nobody", phone, "error").Child("", "error").Child("urn:ietf:params:xml:ns:xmpp-stanzas", "text")
		german := e.Lang() == "de" && e.Text != "There is nobody and nothing of that name."
		english := e.Lang() == "en" && e.Text == "There is nobody and nothing of that name."
		if strings.HasPrefix(lang, "de") && !german || !strings.HasPrefix(lang, "de") && !english {
			t.Errorf("in %s: %s %q", lang, e.Lang(), e.Text)
		}
	}
}

// A private message waits a while for a network that is being reached, then it
// comes back.
func TestPrivateMessageWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	release := w.net.Stall(transporttest.OpRun)
	w.chat(phone, romeoNick, "p1", "<body>one</body>")
	w.chat(phone, romeoNick, "p2", "<body>two</body>")
	w.barrier(phone)
	release()
	for i, want := range []string{"one", "two"} {
		if c := w.net.AwaitCall(t, transporttest.OpSend, i); c.Message.Text != want {
			t.Errorf("sent %q, want %q", c.Message.Text, want)
		}
	}
	w.silent(phone)
}

func TestPrivateMessageWaitsInVain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried, waits(200*time.Millisecond), with(func(c *component.Component) { component.ShortenWaits(c, 200*time.Millisecond) }))
	for _, to := range []string{romeoNick, network + "@" + domain} {
		defer w.net.Stall(transporttest.OpRun)()
		w.chat(phone, to, "p1", "<body>one</body>")
		if m := w.message(to, phone, "error"); fault(m) != "wait/remote-server-timeout" || m.ID != "p1" {
			t.Errorf("told %s", dump(m))
		}
	}
	w.nothing()
}

// Messages that wait are bounded; one too many is refused, with its id.
func TestTooManyWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings(func(c *component.DomainConfig) { c.Limits.Queue = 100 }))
	release := w.net.Stall(transporttest.OpRun)
	defer release()
	const n = 150
	for _, to := range []string{romeoNick, network + "@" + domain} {
		for range n {
			w.chat(phone, to, w.id(), "<body>one</body>")
		}
		busy := 0
		for _, st := range w.rest(phone) {
			if fault(st) != "wait/resource-constraint" {
				t.Errorf("unexpected: %s", dump(st))
			}
			busy++
		}
		if busy != n-100 {
			t.Errorf("%d of %d to %s refused", busy, n, to)
		}
	}
}

// From the network: services come from the network's address, actions and
// notices are shown as such, what is old has its time, and what the user said
// elsewhere is not shown as somebody else's. IRC-B19
func TestFromTheNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	s := w.session("juliet")
	from := transports.Address{Kind: transports.Contact, Scope: network, Name: "nurse"}
	at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		m          transports.Message
		from, want string
	}{
		{transports.Message{Chat: from, Nick: "Nurse", Text: "hi"}, nurse, "hi"},
		{transports.Message{Chat: from, Nick: "Nurse", Text: "waves", Style: transports.Act}, nurse, "/me waves"},
		{transports.Message{Chat: transports.Address{Kind: transports.Network, Scope: network}, Text: "welcome", Style: transports.Notice}, network + "@" + domain, "[notice] welcome"},
		{transports.Message{Chat: from, Nick: "Nurse", Text: "old", Time: at, Delayed: true, ID: "n1"}, nurse, "old"},
	} {
		if err := s.Emit(transports.Received{Message: tt.m}); err != nil {
			t.Fatal(err)
		}
		m := w.message(tt.from, juliet, "chat")
		if body(m) != tt.want {
			t.Errorf("shown %s", dump(m))
		}
		d := m.Child(nsDelay, "delay")
		if tt.m.Delayed != (d != nil) || d != nil && d.Attr("stamp") != "2020-01-02T03:04:05.000Z" {
			t.Errorf("delay of %s", dump(m))
		}
	}
	if err := s.Emit(transports.Received{Message: transports.Message{Chat: from, Nick: "juliet", Text: "mine", Own: true}}); err != nil {
		t.Fatal(err)
	}
	w.silent(phone)
	// A replay of the network's says nothing new.
	again := transports.Received{Message: transports.Message{Chat: from, Nick: "Nurse", Text: "x", ID: "n1"}}
	if err := s.Emit(again, again); err != nil {
		t.Fatal(err)
	}
	w.silent(phone)
}

// Invitations go both ways. XEP-0045 §7.8.2, XEP-0249. IRC-M10, IRC-B27
func TestInvitations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	w.chat(romeo, julietNick, "p", "<body>hi</body>") // brings romeo onto the network
	w.message(romeoNick, juliet, "chat")
	invite := func(to string) {
		w.send("<message id='i' from='%s' to='%s'><x xmlns='%s'><invite to='%s'><reason>come</reason></invite></x></message>", phone, room, nsUser, to)
	}
	check := func(m *stanza.Message, by string) {
		t.Helper()
		i := m.Child(nsUser, "x").Child(nsUser, "invite")
		if i.Attr("from") != by || m.Child("jabber:x:conference", "x").Attr("jid") != room || m.ID == "" || i.ChildText(nsUser, "reason") != "come" {
			t.Errorf("invitation %s", dump(m))
		}
	}
	invite(romeoNick)
	check(w.message(room, "romeo@example.org", ""), julietNick)
	invite("mercutio@elsewhere.example")
	check(w.message(room, "mercutio@elsewhere.example", ""), juliet)
	invite("nobody%" + network + "@" + domain)
	if m := w.message(room, phone, "error"); fault(m) != "cancel/item-not-found" {
		t.Errorf("nobody: %s", dump(m))
	}
	invite("@")
	w.message(room, phone, "error")
	w.send("<message id='i' from='%s' to='%s'><x xmlns='%s'><decline to='%s'/></x></message>", phone, room, nsUser, romeoNick)
	w.silent(phone)
}

// A network where people have no names is a network all the same.
func TestNamelessAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := account(nil)
	a.Scope = network
	if err := w.domain().Register(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	w.chat(phone, romeoNick, "p1", "<body>psst</body>")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 0); c.Message.Text != "psst" {
		t.Errorf("sent %+v", c)
	}
}
