package component_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const (
	nsReceipts = "urn:xmpp:receipts"
	nsHints    = "urn:xmpp:hints"
	wantsTick  = "<request xmlns='" + nsReceipts + "'/>"
	nurseNick  = "nurse%" + network + "@" + domain
)

func person(nick string) transports.Address {
	return transports.Address{Kind: transports.Contact, Scope: network, Name: nick}
}

// stores makes the network one that stores and forwards, like SMS and mail.
func stores(change ...func(*transports.About)) build {
	return about(func(a *transports.About) {
		a.Attended, a.Guests = false, false
		for _, f := range change {
			f(a)
		}
	})
}

// hurried has proofs and tries come soon.
var hurried = with(func(c *component.Component) { component.ShortenProofs(c, 20*time.Millisecond) })

// newMailWorld is a world whose network stores and forwards, with Juliet
// registered and logged in there, and no client of hers known.
func newMailWorld(t testing.TB, builds ...build) *world {
	t.Helper()
	w := newWorld(t, append([]build{stores(), hurried}, builds...)...)
	w.AnswerResources(func(j jid.JID) bool { return j.Local == "juliet" })
	w.register(network, "pw")
	w.settled(phone, "juliet")
	w.Drain(domain)
	return w
}

// post has Juliet's phone write to a nick, and wants a receipt.
func (w *world) post(nick, id, text string) {
	w.Helper()
	w.chat(phone, nick+"%"+network+"@"+domain, id, "<body>"+text+"</body>"+wantsTick)
}

// What is written to a contact is for the contact, whatever it looks like: the
// gateway's own words are understood in its own chat only. MAIL-A7
func TestNoCommandsInChats(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	for i, text := range []string{"register", "help", "unregister", "/quit", "1", "yes", "stop"} {
		w.post("nurse", "m"+strconv.Itoa(i), text)
		if sent := w.net.AwaitCall(t, transporttest.OpSend, i).Message; sent.Text != text {
			t.Errorf("%q went as %q", text, sent.Text)
		}
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// told makes the network say something of its i-th message to a nick.
func (w *world) told(nick, id string, s transports.State, err *transports.Error) {
	w.Helper()
	if e := w.session("juliet").Emit(transports.Status{Chat: person(nick), ID: id, State: s, Err: err}); e != nil {
		w.Fatal(e)
	}
}

// sent returns the texts that went to the network, in order.
func (w *world) sent() (texts []string) {
	for _, c := range w.net.Calls(transporttest.OpSend) {
		texts = append(texts, c.Message.Text)
	}
	return texts
}

// tick waits for the receipt of a message.
func (w *world) tick(from, id string) *stanza.Message {
	w.Helper()
	return w.Expect(domain, func(st stanza.Stanza) bool {
		r := st.Child(nsReceipts, "received")
		return r != nil && r.Attr("id") == id && st.Head().From == jid.MustParse(from)
	}).(*stanza.Message)
}

// nothing fails the test for messages that nobody waited for.
func (w *world) nothing() {
	w.Helper()
	for _, st := range w.rest(phone) {
		if st.Name() == "message" {
			w.Errorf("unexpected: %s", dump(st))
		}
	}
}

// A tick comes when the network says that the message arrived, not before, to
// the resource that asked, and only once. XEP-0184 §5 SMS-D1
func TestReceipt(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.post("nurse", "m1", "hello")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.settled(phone, "juliet")
	w.nothing()
	for _, s := range []transports.State{transports.Echoed, transports.Delivered, transports.Delivered, transports.Read} {
		w.told("nurse", "1", s, nil)
	}
	m := w.tick(nurseNick, "m1")
	if m.To.String() != phone || m.Type != "chat" || m.Child(nsHints, "store") == nil || m.ID == "" {
		t.Errorf("the receipt is %s", dump(m))
	}
	w.settled(phone, "juliet")
	w.nothing()
	// What is said late changes nothing.
	w.told("nurse", "1", transports.Failed, nil)
	w.settled(phone, "juliet")
	w.nothing()
}

// Who asked for no receipt gets none.
func TestNoReceipt(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.chat(phone, nurseNick, "m1", "<body>hello</body>")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.settled(phone, "juliet")
	w.told("nurse", "1", transports.Delivered, nil)
	w.settled(phone, "juliet")
	w.nothing()
}

// A failure is an error with the message's own id, once, and final. SMS-D4
func TestFailsLater(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.post("nurse", "m1", "hello")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.settled(phone, "juliet")
	gone := &transports.Error{Kind: transports.NotFound, Text: transports.T("No such nick.")}
	for range 2 {
		w.told("nurse", "1", transports.Failed, gone)
	}
	w.told("nurse", "1", transports.Delivered, nil)
	if m := w.message(nurseNick, phone, "error"); fault(m) != "cancel/item-not-found" || m.ID != "m1" {
		t.Errorf("told %s", dump(m))
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// A refusal at once is an error, too.
func TestRefusedAtOnce(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.NotAllowed})
	w.post("nurse", "m1", "hello")
	if m := w.message(nurseNick, phone, "error"); fault(m) != "cancel/not-allowed" || m.ID != "m1" {
		t.Errorf("told %s", dump(m))
	}
	w.post("nurse", "m2", "again")
	w.net.AwaitCall(t, transporttest.OpSend, 1)
}

// An error to a client that is gone is dropped by its server: then the user is
// told in words.
func TestFailureOfAClientThatIsGone(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerResources(func(j jid.JID) bool { return false })
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.NotAllowed, Text: transports.T("Not to her.")})
	w.post("nurse", "m1", "hello there")
	w.message(nurseNick, phone, "error")
	ping := w.Expect(domain, func(st stanza.Stanza) bool { return st.Child(nsPing, "ping") != nil && st.Head().To.String() == phone })
	w.SendStanza(domain, stanza.ErrorReply(ping, &stanza.Error{Type: stanza.Cancel, Condition: stanza.ServiceUnavailable}))
	m := w.message(nurseNick, juliet, "chat")
	if got := body(m); got != "[not delivered] Not to her.\n> hello there" {
		t.Errorf("told %q", got)
	}
	w.emptied()
}

// emptied waits until the inbox has nothing left.
func (w *world) emptied() {
	w.Helper()
	deadline := time.Now().Add(within)
	for time.Now().Before(deadline) {
		n, _, err := w.store.IncomingCount(context.Background(), domain, juliet)
		if err != nil {
			w.Fatal(err)
		}
		if n == 0 {
			return
		}
		w.barrier(phone) // time passes with it
	}
	w.Fatal("the inbox is not empty")
}

// What the network says of a message before it has answered is not lost. SMS-D3
func TestStatusBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	release := w.net.Stall(transporttest.OpSend)
	w.post("nurse", "m1", "hello")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.told("nurse", "1", transports.Delivered, nil)
	release()
	w.tick(nurseNick, "m1")
}

// What the network says of messages that are none of ours is not kept.
func TestStatusOfOthers(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.told("nurse", "1", transports.Failed, nil)
	w.post("nurse", "m1", "hello")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.settled(phone, "juliet")
	w.nothing()
	w.told("nurse", "1", transports.Delivered, nil)
	w.tick(nurseNick, "m1")
}

// A client that sends the same again is heard once; one whose ids begin anew
// loses nothing; what has come of it is told again. SMS-S9
func TestSentAgainByTheClient(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	for range 3 {
		w.post("nurse", "m1", "hello")
	}
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.post("nurse", "m1", "something else")
	w.net.AwaitCall(t, transporttest.OpSend, 1)
	w.chat(phone, nurseNick, "x", "<body>hello</body><origin-id xmlns='"+nsSID+"' id='m1'/>")
	w.settled(phone, "juliet")
	w.told("nurse", "1", transports.Delivered, nil)
	w.tick(nurseNick, "m1")
	w.post("nurse", "m1", "hello")
	w.tick(nurseNick, "m1")
	if got := w.sent(); !slices.Equal(got, []string{"hello", "something else"}) {
		t.Errorf("sent %q", got)
	}
	// Without an id nothing is a repeat.
	for range 2 {
		w.send("<message type='chat' from='%s' to='%s'><body>no id</body></message>", phone, nurseNick)
	}
	w.net.AwaitCall(t, transporttest.OpSend, 3)
}

// What waits can be corrected, in its place, and taken back. XEP-0308, XEP-0424 SMS-S8
// MAIL-M1, MAIL-M2
func TestChangedWhileItWaits(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	release := w.net.Stall(transporttest.OpSend)
	w.post("nurse", "m1", "one")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.post("nurse", "m2", "tow")
	w.post("nurse", "m3", "three")
	w.post("nurse", "m4", "four")
	correct := func(id, of, text string) {
		w.chat(phone, nurseNick, id, "<body>"+text+"</body>"+wantsTick+"<replace xmlns='urn:xmpp:message-correct:0' id='"+of+"'/>")
		w.barrier(phone)
	}
	w.barrier(phone)
	w.written()
	correct("c1", "m2", "two and "+strings.Repeat("y", 500))
	w.written()
	correct("c2", "m2", "two")
	w.written()
	w.chat(phone, nurseNick, "r1", "<retract xmlns='urn:xmpp:message-retract:1' id='m3'/><body>I took that back</body>")
	w.barrier(phone)
	w.written()
	w.chat(phone, nurseNick, "r2", "<retract xmlns='urn:xmpp:message-retract:1' id='m1'/>")
	if m := w.message(nurseNick, phone, "error"); m.ID != "r2" || fault(m) != "cancel/not-acceptable" {
		t.Errorf("told %s", dump(m))
	}
	release()
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	w.settled(phone, "juliet")
	correct("c3", "m1", "ONE")
	w.net.AwaitCall(t, transporttest.OpSend, 3)
	if got := w.sent(); !slices.Equal(got, []string{"one", "two", "four", "* ONE"}) {
		t.Errorf("sent %q", got)
	}
	w.told("nurse", "2", transports.Delivered, nil)
	w.tick(nurseNick, "c2")
	w.settled(phone, "juliet")
	w.nothing()
}

// written returns when the store has what was said so far.
func (w *world) written() {
	w.Helper()
	done := make(chan error, 1) // answers come in order: those to what was written before are there, too
	w.store.UpdateAsync(func(*store.Tx) error { return nil }, func(err error) { done <- err })
	if err := <-done; err != nil {
		w.Fatal(err)
	}
	w.barrier(phone)
}
