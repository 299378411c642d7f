package component_test

import (
	"context"
	"fmt"
	"slices"
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

// Messages to one go in their order; one who keeps the network waiting does not
// hold up the others. SMS-S3
func TestOrderPerContact(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	release := w.net.Stall(transporttest.OpSend)
	w.post("nurse", "m1", "one")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.post("nurse", "m2", "two")
	w.post("friar", "m3", "elsewhere")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.Text != "elsewhere" {
		t.Errorf("sent %q", c.Message.Text)
	}
	release()
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	if got := w.sent(); !slices.Equal(got, []string{"one", "elsewhere", "two"}) {
		t.Errorf("sent %q", got)
	}
}

// A network that cannot be reached is tried again, in order, and nobody is told
// of it.
func TestTriedAgain(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	for range 2 {
		w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable})
	}
	w.post("nurse", "m1", "one")
	w.post("nurse", "m2", "two")
	w.net.AwaitCall(t, transporttest.OpSend, 3)
	if got := w.sent(); !slices.Equal(got, []string{"one", "one", "one", "two"}) {
		t.Errorf("sent %q", got)
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// A long message is one for its sender: one receipt for all of its parts.
func TestPartsHaveOneReceipt(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.post("nurse", "m1", strings.Repeat("x", 1000))
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	w.settled(phone, "juliet")
	w.told("nurse", "3", transports.Delivered, nil)
	w.told("nurse", "1", transports.Delivered, nil)
	w.settled(phone, "juliet")
	w.nothing()
	w.told("nurse", "2", transports.Delivered, nil)
	w.tick(nurseNick, "m1")
	w.settled(phone, "juliet")
	w.nothing()
}

// Where one part fails, those behind it are not sent.
func TestPartsFailTogether(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	release := w.net.Stall(transporttest.OpSend)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.NotFound})
	w.post("nurse", "m1", strings.Repeat("x", 1000))
	release()
	if m := w.message(nurseNick, phone, "error"); m.ID != "m1" {
		t.Errorf("told %s", dump(m))
	}
	w.post("nurse", "m2", "more")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.Text != "more" {
		t.Errorf("sent %q", c.Message.Text)
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// What waits survives a restart, in order. SMS-S2
func TestOutboxOverARestart(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Busy, After: time.Hour})
	w.post("nurse", "m1", "one")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.post("nurse", "m2", "two")
	w.settled(phone, "juliet")
	w.post("friar", "m3", "three")
	w.net.AwaitCall(t, transporttest.OpSend, 1)
	w.told("friar", "1", transports.Delivered, nil)
	w.tick("friar%"+network+"@"+domain, "m3")
	w.restart()
	if n := len(w.queued()); n != 2 {
		t.Errorf("%d wait after the restart", n)
	}
}

// queued returns what waits in Juliet's outbox.
func (w *world) queued() []store.Outgoing {
	w.Helper()
	out, _, err := w.store.QueuedOf(context.Background(), domain, juliet)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// Refused credentials make messages wait: all go out, in order, when the user
// has mended that. SMS-R5
func TestPausedByCredentials(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Credentials, Text: transports.T("The password is wrong.")})
	w.post("nurse", "m1", "one")
	w.message(domain, juliet, "chat") // told once
	w.post("nurse", "m2", "two")
	w.barrier(phone)
	w.register(network, "better")
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	if got := w.sent(); !slices.Equal(got, []string{"one", "one", "two"}) {
		t.Errorf("sent %q", got)
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// Where the account is removed instead, each sender is told.
func TestPurgedWhilePaused(t *testing.T) {
	t.Parallel()
	for _, scope := range []transports.Scope{network, ""} {
		t.Run(string(scope), func(t *testing.T) {
			t.Parallel()
			w := newMailWorld(t)
			w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Credentials})
			w.post("nurse", "m1", "one")
			w.message(domain, juliet, "chat")
			w.post("nurse", "m2", "two")
			w.barrier(phone)
			if _, err := w.domain().Unregister(context.Background(), jid.MustParse(juliet), scope); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"m1", "m2"} {
				if m := w.message(nurseNick, phone, "error"); m.ID != id || fault(m) != "cancel/item-not-found" {
					t.Errorf("told %s", dump(m))
				}
			}
			w.emptied()
		})
	}
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
	if err := w.store.Update(context.Background(), func(*store.Tx) error { return nil }); err != nil {
		w.Fatal(err)
	}
	w.barrier(phone)
}

// SMS-S10: where the network says when it will know, it is asked again then,
// however often it was asked before.
func TestLookedForWhenTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores(), hurried)
	w.net.SetFinder(func(context.Context, transports.Message, func(string) bool) (*transports.Sent, error) {
		return &transports.Sent{IDs: []string{"7"}}, nil
	})
	w.AnswerResources(func(jid.JID) bool { return true })
	w.register(network, "pw")
	w.settled(phone, "juliet")
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
	for range 14 { // without a word of when, these would take minutes
		w.net.Refuse(transporttest.OpFind, &transports.Error{Kind: transports.Unreachable, After: time.Millisecond})
	}
	w.post("nurse", "m1", "hello")
	w.net.AwaitCall(t, transporttest.OpFind, 14)
	w.settled(phone, "juliet")
	w.told("nurse", "7", transports.Delivered, nil)
	w.tick(nurseNick, "m1")
}

// A message that nobody knows to be sent is looked for, and sent again only
// where it is not there. SMS-S2, SMS-S10
func TestLookedFor(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{true, false} {
		t.Run(fmt.Sprint(there), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, stores(), hurried)
			w.net.SetFinder(func(_ context.Context, m transports.Message, known func(string) bool) (*transports.Sent, error) {
				if m.Text != "hello" || known("7") {
					t.Errorf("looked for %+v", m)
				}
				if !there {
					return nil, nil
				}
				return &transports.Sent{IDs: []string{"7"}}, nil
			})
			w.AnswerResources(func(jid.JID) bool { return true })
			w.register(network, "pw")
			w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
			w.net.Refuse(transporttest.OpFind, &transports.Error{Kind: transports.Unreachable})
			w.settled(phone, "juliet")
			w.post("nurse", "m1", "hello")
			w.net.AwaitCall(t, transporttest.OpFind, 1)
			id := "7"
			if !there {
				w.net.AwaitCall(t, transporttest.OpSend, 1)
				id = "1"
			}
			w.settled(phone, "juliet")
			w.told("nurse", id, transports.Delivered, nil)
			w.tick(nurseNick, "m1")
			if n := len(w.sent()); there && n != 1 || !there && n != 2 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

// So is one that is next in its conversation, and was to be sent as soon as the
// one before it was.
func TestTheNextIsLookedForToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores(), hurried)
	w.net.SetFinder(func(context.Context, transports.Message, func(string) bool) (*transports.Sent, error) {
		return &transports.Sent{IDs: []string{"7"}}, nil
	})
	w.AnswerResources(func(jid.JID) bool { return true })
	w.register(network, "pw")
	w.settled(phone, "juliet")
	release := w.net.Stall(transporttest.OpSend)
	w.post("nurse", "m1", "one")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.post("nurse", "m2", "two")
	w.post("nurse", "m3", "three")
	w.written()
	w.net.Refuse(transporttest.OpSend, nil) // "two"
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
	release()
	w.net.AwaitCall(t, transporttest.OpFind, 0)
	w.settled(phone, "juliet")
	w.told("nurse", "7", transports.Delivered, nil)
	w.tick(nurseNick, "m3")
	if got := w.sent(); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("sent %q", got)
	}
}

// Where nobody can look, it is sent again if the network folds repeats, with
// the same id.
func TestRepeatsAreFolded(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, stores(func(a *transports.About) { a.FoldsRepeats = true }))
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
	w.post("nurse", "m1", "hello")
	first, second := w.net.AwaitCall(t, transporttest.OpSend, 0), w.net.AwaitCall(t, transporttest.OpSend, 1)
	if first.Message.ID == "" || first.Message.ID != second.Message.ID {
		t.Errorf("sent as %q and %q", first.Message.ID, second.Message.ID)
	}
}

// Else it ends unsure, which is said, and is never sent again.
func TestUnsure(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
	w.post("nurse", "m1", "hello")
	m := w.message(nurseNick, phone, "error")
	if e := stanza.ParseError(m.Child("", "error")); m.ID != "m1" || !strings.Contains(e.Text, "not known") {
		t.Errorf("told %s", dump(m))
	}
	w.post("nurse", "m2", "next")
	w.net.AwaitCall(t, transporttest.OpSend, 1)
	if got := w.sent(); !slices.Equal(got, []string{"hello", "next"}) {
		t.Errorf("sent %q", got)
	}
}

// A message is not kept for ever. SMS-S10
func TestTooOldToSend(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, stores(func(a *transports.About) { a.MaxAge = 300 * time.Millisecond }))
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Busy, After: time.Hour})
	w.post("nurse", "m1", "hello")
	if m := w.message(nurseNick, phone, "error"); m.ID != "m1" || fault(m) != "wait/remote-server-timeout" {
		t.Errorf("told %s", dump(m))
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// That messages wait is told once for all of them.
func TestToldThatMessagesWait(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, with(func(c *component.Component) { component.ShortenWaiting(c, 200*time.Millisecond) }))
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Busy, After: time.Hour})
	w.post("nurse", "m1", "one")
	w.post("nurse", "m2", "two")
	if m := w.message(domain, juliet, "chat"); !strings.Contains(body(m), network+": 2 of your messages wait") {
		t.Errorf("told %q", body(m))
	}
	w.emptied()
	for _, o := range w.queued() {
		if !o.Told {
			t.Errorf("message %d is not noted as told", o.Message)
		}
	}
}

// Who is not registered is told to, and nothing is kept. SMS-S11
func TestEntrustWithoutAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores())
	w.post("nurse", "m1", "hello")
	if m := w.message(nurseNick, phone, "error"); fault(m) != "auth/registration-required" {
		t.Errorf("told %s", dump(m))
	}
}

// More than the limit is refused, not forgotten.
func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, settings(func(c *component.DomainConfig) { c.Limits.Queue = 3 }))
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Busy, After: time.Hour})
	for i := range 4 {
		w.post("nurse", fmt.Sprint("m", i), fmt.Sprint("text ", i))
		w.written()
	}
	if m := w.message(nurseNick, phone, "error"); m.ID != "m3" || fault(m) != "wait/resource-constraint" {
		t.Errorf("told %s", dump(m))
	}
}
