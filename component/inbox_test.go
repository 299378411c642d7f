package component_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// said makes somebody on the network write to Juliet, and returns when that is
// in the inbox.
func (w *world) said(nick, id, text string) {
	w.Helper()
	err := w.session("juliet").Emit(transports.Received{Message: transports.Message{ID: id, Chat: person(nick), Nick: nick, Text: text}})
	if err != nil {
		w.Fatal(err)
	}
}

// here has one of Juliet's clients be online, and the gateway know.
func (w *world) here(full, inside string) {
	w.Helper()
	w.send("<presence from='%s' to='%s'>%s</presence>", full, domain, inside)
	w.barrier(full)
}

func (w *world) away(full string) {
	w.Helper()
	w.send("<presence type='unavailable' from='%s' to='%s'/>", full, domain)
	w.barrier(full)
}

// heard waits for the next message of a nick, and returns it.
func (w *world) heard(nick string) *stanza.Message {
	w.Helper()
	return w.message(nick+"%"+network+"@"+domain, juliet, "chat")
}

// asked waits for a ping to somebody.
func (w *world) pinged(to string) stanza.Stanza {
	w.Helper()
	j := jid.MustParse(to)
	return w.Expect(domain, func(st stanza.Stanza) bool {
		return st.Head().To == j && st.Head().Type == "get" && st.Child(nsPing, "ping") != nil
	})
}

func (w *world) unasked(to string) {
	w.Helper()
	for _, st := range w.rest(phone) {
		if st.Child(nsPing, "ping") != nil && st.Head().To.String() == to {
			w.Errorf("asked %s", to)
		}
	}
}

// waiting returns how many rows the inbox has in the store.
func (w *world) waiting() int {
	w.Helper()
	n, _, err := w.store.IncomingCount(context.Background(), domain, juliet)
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// drop breaks the stream, and returns when there is another.
func (w *world) drop() {
	w.Helper()
	w.runs++
	w.Server.Drop(domain)
	w.Disconnected(domain)
	w.connected(w.runs)
}

// What the network says is kept until a client of the user's has answered
// behind it; then it is not said again.
func TestSettledByAClient(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerResources(nil)
	w.here(phone, "")
	w.said("nurse", "1", "hello")
	m := w.heard("nurse")
	if body(m) != "hello" || m.ID == "" || m.Child(nsSID, "origin-id").Attr("id") != m.ID || m.Child(nsDelay, "delay") != nil {
		t.Errorf("heard %s", dump(m))
	}
	ping := w.pinged(phone)
	if w.waiting() != 1 {
		t.Error("not in the store")
	}
	w.SendStanza(domain, stanza.Result(ping.(*stanza.IQ)))
	w.emptied()
	w.drop()
	w.nothing()
}

// A client's answer shows nothing of what was written before the client came: that
// went to the server's store, and may be lost there.
func TestProvesOnlyWhatItGot(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerPings(false) // of the server; clients answer
	w.said("nurse", "1", "before it came")
	before := w.heard("nurse")
	w.here(phone, "")
	w.said("nurse", "2", "after it came")
	w.heard("nurse")
	for deadline := time.Now().Add(within); w.waiting() > 1; w.barrier(phone) { // time passes with it
		if time.Now().After(deadline) {
			t.Fatal("what came after it is not settled")
		}
	}
	w.drop()
	if m := w.heard("nurse"); m.ID != before.ID || body(m) != "before it came" {
		t.Errorf("said again: %s", dump(m))
	}
	w.nothing()
}

// Until then, a stream that ends has all said again: the same stanzas, in order,
// with the time when they came.
func TestSaidAgain(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerResources(nil)
	w.AnswerPings(false)
	w.here(phone, "")
	ids := map[string]string{}
	for i := range 3 {
		text := fmt.Sprint("line ", i)
		w.said("nurse", strconv.Itoa(i), text)
		ids[text] = w.heard("nurse").ID
	}
	for range 2 {
		w.drop()
		for i := range 3 {
			m := w.heard("nurse")
			if want := fmt.Sprint("line ", i); body(m) != want || m.ID != ids[want] || m.Child(nsDelay, "delay") == nil {
				t.Errorf("heard %s", dump(m))
			}
		}
	}
	w.restart()
	for i := range 3 {
		if m := w.heard("nurse"); body(m) != fmt.Sprint("line ", i) || m.ID != ids[body(m)] {
			t.Errorf("heard %s", dump(m))
		}
	}
}

// What comes while there is no stream waits for one.
func TestHeardWithoutAStream(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.Server.Refuse("system-shutdown")
	w.Server.Drop(domain)
	w.Disconnected(domain)
	for i := range 3 {
		w.said("nurse", strconv.Itoa(i), fmt.Sprint("line ", i))
	}
	w.Server.Refuse("")
	w.runs++
	w.connected(w.runs)
	for i := range 3 {
		if m := w.heard("nurse"); body(m) != fmt.Sprint("line ", i) {
			t.Errorf("heard %s", dump(m))
		}
	}
}

// Where no client is known, the user's server is asked, twice: its first answer
// shows nothing.
func TestSettledByTheServer(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerPings(false)
	w.said("nurse", "1", "hello")
	w.heard("nurse")
	for round := range 2 {
		ping := w.pinged("example.org")
		if w.waiting() != 1 {
			t.Errorf("settled before answer %d", round)
		}
		w.SendStanza(domain, stanza.Result(ping.(*stanza.IQ)))
	}
	w.emptied()
	w.unasked(phone)
}

// A client that is away is not woken for it.
func TestSleepersAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, inside := range []string{"<show>away</show>", "<show>xa</show>", "<priority>-1</priority>"} {
		t.Run(inside, func(t *testing.T) {
			t.Parallel()
			w := newMailWorld(t)
			w.here(phone, inside)
			w.said("nurse", "1", "hello")
			w.heard("nurse")
			w.emptied()
			w.unasked(phone)
		})
	}
}

// An error is an answer as well, if it is the client's: if that is still there
// when its server must have told that it is not.
func TestSettledByAnError(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerResources(nil)
	w.AnswerPings(false)
	refuse := func() {
		w.SendStanza(domain, stanza.ErrorReply(w.pinged(phone), &stanza.Error{Type: stanza.Cancel, Condition: stanza.ServiceUnavailable}))
	}
	w.here(phone, "")
	w.said("nurse", "1", "hello")
	w.heard("nurse")
	refuse()
	w.emptied()
	w.said("nurse", "2", "more")
	w.heard("nurse")
	refuse()
	w.away(phone)
	w.pinged("example.org") // now only the server can tell
	if w.waiting() != 1 {
		t.Error("settled by the error of a client that is gone")
	}
}

// A client's receipt and its marker settle what they name. XEP-0184, XEP-0333
func TestSettledByReceipts(t *testing.T) {
	t.Parallel()
	for _, confirm := range []string{
		"<received xmlns='" + nsReceipts + "' id='%s'/>",
		"<displayed xmlns='urn:xmpp:chat-markers:0' id='%s'/>",
	} {
		w := newMailWorld(t)
		w.AnswerResources(nil)
		w.AnswerPings(false)
		w.said("nurse", "1", "hello")
		w.chat(phone, nurseNick, w.id(), fmt.Sprintf(confirm, w.heard("nurse").ID))
		w.emptied()
		w.nothing()
	}
}

// The same event of the network's is told once, also after a restart.
func TestHeardOnce(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	for range 2 {
		w.said("nurse", "1", "hello")
	}
	w.said("friar", "1", "hello too")
	w.heard("nurse")
	w.heard("friar")
	w.emptied()
	w.restart()
	w.said("nurse", "1", "hello")
	w.said("nurse", "2", "the end")
	if m := w.heard("nurse"); body(m) != "the end" {
		t.Errorf("heard %s", dump(m))
	}
}

// No more is on its way than can be shown to arrive: the rest waits in the
// store, however much that is, and comes in order.
func TestInboxWindow(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerPings(false)
	const n = 1200
	for i := range n {
		w.said("nurse", strconv.Itoa(i), strconv.Itoa(i))
	}
	w.settled(phone, "juliet")
	var got []string
	var asked *stanza.IQ // the server
	for _, st := range w.rest(phone) {
		switch st := st.(type) {
		case *stanza.Message:
			got = append(got, body(st))
		case *stanza.IQ:
			if st.To.String() == "example.org" {
				asked = st
			}
		}
	}
	if len(got) != 100 || asked == nil {
		t.Errorf("%d on their way", len(got))
	}
	w.AnswerPings(true)
	w.SendStanza(domain, stanza.Result(asked))
	w.here(phone, "")
	for len(got) < n {
		got = append(got, body(w.heard("nurse")))
	}
	for i, text := range got {
		if text != strconv.Itoa(i) {
			t.Fatalf("message %d is %s", i, text)
		}
	}
	w.emptied()
}

// A server that has no place for messages, or a user who blocks us: what comes
// back is kept until the user shows up, tried once more, and then dropped. MAIL-V6
func TestBouncedUnavailable(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerPings(false)
	bounce := func() {
		m := w.heard("nurse")
		w.SendStanza(domain, stanza.ErrorReply(m, &stanza.Error{Type: stanza.Cancel, Condition: stanza.ServiceUnavailable}))
		w.barrier("nobody@example.org/x")
	}
	w.said("nurse", "1", "one")
	bounce()
	w.said("nurse", "2", "two")
	w.settled("nobody@example.org/x", "juliet")
	for _, st := range w.Drain(domain) {
		if st.Name() == "message" {
			t.Errorf("said to somebody who is not there: %s", dump(st))
		}
	}
	w.here(phone, "")
	bounce()
	if m := w.heard("nurse"); body(m) != "two" {
		t.Errorf("heard %s", dump(m))
	}
	w.emptied()
}

// A server that cannot take it now is tried again.
func TestBouncedForNow(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, with(func(c *component.Component) { component.ShortenBounces(c, 20*time.Millisecond) }))
	w.AnswerPings(false)
	w.said("nurse", "1", "one")
	for _, c := range []stanza.Condition{stanza.ResourceConstraint, stanza.RemoteServerTimeout} {
		m := w.heard("nurse")
		w.SendStanza(domain, stanza.ErrorReply(m, &stanza.Error{Type: stanza.Wait, Condition: c}))
	}
	if m := w.heard("nurse"); body(m) != "one" || m.Child(nsDelay, "delay") == nil {
		t.Errorf("heard %s", dump(m))
	}
}

// What a server refuses for another reason is dropped, and the user told once. SMS-I9
func TestBouncedForGood(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerPings(false)
	for i := range 2 {
		w.said("nurse", strconv.Itoa(i), "one")
		m := w.heard("nurse")
		w.SendStanza(domain, stanza.ErrorReply(m, &stanza.Error{Type: stanza.Modify, Condition: stanza.NotAcceptable}))
	}
	w.message(domain, juliet, "chat")
	w.emptied()
	w.nothing()
}

// Of a user whom the server does not know for a day nothing more is fetched:
// the account is suspended, and what came is kept for the grace time.
func TestBouncedUnknown(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, with(func(c *component.Component) { component.ShortenBounces(c, 20*time.Millisecond) }))
	w.AnswerPings(false)
	w.said("nurse", "1", "one")
	for range 3 {
		m := w.heard("nurse")
		w.SendStanza(domain, stanza.ErrorReply(m, &stanza.Error{Type: stanza.Cancel, Condition: stanza.ItemNotFound}))
	}
	w.barrier("nobody@example.org/x")
	accounts, err := w.domain().Accounts(context.Background(), jid.MustParse(juliet))
	if err != nil || len(accounts) != 1 || accounts[0].Suspended.IsZero() {
		t.Errorf("accounts %v, %v", accounts, err)
	}
	if w.waiting() != 1 {
		t.Error("nothing is kept")
	}
	w.register(network, "again")
	w.heard("nurse")
}

// Private messages of an attended network are kept, too: of them nothing is
// lost to a stream that breaks.
func TestPrivateMessageIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	w.AnswerPings(false)
	w.join(phone, room, "juliet")
	w.settled(phone, "juliet")
	w.said("nurse", "", "psst")
	id := w.heard("nurse").ID
	w.AnswerResources(func(jid.JID) bool { return true })
	w.drop()
	m := w.heard("nurse")
	if m.ID != id || body(m) != "psst" {
		t.Errorf("heard %s", dump(m))
	}
}

// More than anybody will ever read is not kept for ever, and that is told.
func TestInboxIsBounded(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, with(func(c *component.Component) { component.LimitInbox(c, 20) }))
	w.Server.Refuse("system-shutdown")
	w.Server.Drop(domain)
	w.Disconnected(domain)
	for i := range 30 {
		w.said("nurse", strconv.Itoa(i), strconv.Itoa(i))
	}
	w.Server.Refuse("")
	w.runs++
	w.connected(w.runs)
	var got []string
	for len(got) == 0 || got[len(got)-1] != "29" {
		got = append(got, body(w.heard("nurse")))
	}
	if len(got) > 20 || slices.Contains(got, "0") {
		t.Errorf("heard %q", got)
	}
	w.message(domain, juliet, "chat")
	w.emptied()
}
