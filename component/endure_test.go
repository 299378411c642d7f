package component_test

import (
	"context"
	"errors"
	"fmt"
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

// Boxes that outlast what goes wrong inside the gateway and around it.

// After a panic of the user's, what waits both ways goes on: also a message that
// was on its way to the store.
func TestBoxesOutlastAPanic(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, bomb(false))
	w.AnswerPings(false)
	w.AnswerResources(nil)
	w.said("nurse", "1", "one")
	w.heard("nurse")
	release := w.net.Stall(transporttest.OpSend)
	w.post("nurse", "m1", "first")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	// The second is not in the store when the panic comes.
	w.send("<message type='chat' id='m2' from='%[1]s' to='%[2]s'><body>second</body></message>"+
		"<iq type='get' id='b' from='%[1]s' to='%[3]s'>%[4]s</iq>", phone, nurseNick, domain, theBomb)
	w.answer("b")
	w.net.AwaitCall(t, transporttest.OpRun, 1) // on the session before it nothing can be said any more
	w.said("nurse", "2", "two")
	release()
	for _, want := range []string{"one", "two"} {
		if m := w.heard("nurse"); body(m) != want {
			t.Errorf("heard %s, want %s", dump(m), want)
		}
	}
	for i := 1; ; i++ {
		if c := w.net.AwaitCall(t, transporttest.OpSend, i); c.Message.Text == "second" {
			break
		}
	}
	if n := strings.Count(strings.Join(w.sent(), " "), "second"); n != 1 {
		t.Errorf("sent %q", w.sent())
	}
}

// A client that has answered fast and then no more: what is on its way to it is
// settled by its server in the end, however much that is.
func TestClientThatStopsToAnswer(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, with(func(c *component.Component) { component.ShortenDeafness(c, 200*time.Millisecond) }))
	w.AnswerPings(true)
	w.here(phone, "")
	const n = 500
	for i := range n {
		w.said("nurse", strconv.Itoa(i), strconv.Itoa(i))
	}
	w.emptied()
	w.AnswerResources(nil)
	for i := range n {
		w.said("nurse", strconv.Itoa(n+i), strconv.Itoa(n+i))
	}
	w.emptied()
}

// What is too long for a stanza is shown in part, and nothing waits for it.
func TestTooLongToShow(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.said("nurse", "1", strings.Repeat("<ü>", 40000))
	w.said("nurse", "2", "short")
	if m := w.heard("nurse"); !strings.HasPrefix(body(m), "<ü><ü>") || !strings.HasSuffix(body(m), "…") || len(body(m)) > 10<<10 {
		t.Errorf("shown %d bytes: %.50s", len(body(m)), body(m))
	}
	if m := w.heard("nurse"); body(m) != "short" {
		t.Errorf("heard %.200s", dump(m))
	}
	w.emptied()
}

// A message that is shown through a room is kept as any other until it is known
// to have arrived.
func TestWhisperIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	w.together()
	w.AnswerPings(false)
	w.chat(phone, room+"/romeo", "p1", "<body>psst</body>")
	w.message(julietNick, "romeo@example.org", "chat")
	w.chat(romeo, julietNick, "p2", "<body>yes?</body>")
	id := w.message(room+"/romeo", phone, "chat").ID
	w.drop()
	m := componentMessage(w, "yes?")
	if m.ID != id {
		t.Errorf("said again as %s", dump(m))
	}
}

func componentMessage(w *world, text string) *stanza.Message {
	w.Helper()
	return w.Expect(domain, func(st stanza.Stanza) bool {
		m, ok := st.(*stanza.Message)
		return ok && body(m) == text
	}).(*stanza.Message)
}

// Who goes does not come: what the server sent back waits for a coming.
func TestGoingIsNoComing(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerPings(false)
	w.here(phone, "<priority>-1</priority>")
	w.said("nurse", "1", "one")
	w.SendStanza(domain, stanza.ErrorReply(w.heard("nurse"), &stanza.Error{Type: stanza.Cancel, Condition: stanza.ServiceUnavailable}))
	for _, from := range []string{phone, juliet} {
		w.send("<presence type='unavailable' from='%s' to='%s'/>", from, domain)
	}
	w.barrier("nobody@example.org/x")
	for _, st := range w.Drain(domain) {
		if st.Name() == "message" {
			t.Errorf("said to who is not there: %s", dump(st))
		}
	}
	w.here(phone, "")
	w.heard("nurse")
}

// An account that has resumed is not purged for its suspension of before.
func TestPurgeOfAResumedAccount(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	if err := w.domain().Purge(context.Background(), jid.MustParse(juliet), network); err != nil {
		t.Fatal(err)
	}
	if _, err := w.domain().Account(context.Background(), jid.MustParse(juliet), network); errors.Is(err, store.ErrNotFound) {
		t.Error("the account is gone")
	}
}

// What a removed account leaves counts for nobody else's.
func TestRemovalMakesRoom(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.register("other.example.net", "pw")
	w.AnswerPings(false)
	for i := range 150 {
		w.said("nurse", strconv.Itoa(i), fmt.Sprint("line ", i))
	}
	if _, err := w.domain().Unregister(context.Background(), jid.MustParse(juliet), network); err != nil {
		t.Fatal(err)
	}
	if n := w.waiting(); n != 0 {
		t.Errorf("%d rows wait for an account that is gone", n)
	}
	other := transports.Address{Kind: transports.Contact, Scope: "other.example.net", Name: "friar"}
	for _, s := range w.net.Sessions() {
		if s.Account.Scope == "other.example.net" {
			if err := s.Emit(transports.Received{Message: transports.Message{ID: "1", Chat: other, Nick: "friar", Text: "still"}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if m := w.message("friar%other.example.net@"+domain, juliet, "chat"); body(m) != "still" {
		t.Errorf("heard %s", dump(m))
	}
}

// A part that has failed upstream takes the next with it, also where the failure
// was told before the answer.
func TestEarlyFailureOfAPart(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	release := w.net.Stall(transporttest.OpSend)
	w.post("nurse", "m1", strings.Repeat("x", 1000))
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.told("nurse", "1", transports.Failed, &transports.Error{Kind: transports.NotFound})
	release()
	if m := w.message(nurseNick, phone, "error"); m.ID != "m1" {
		t.Errorf("told %s", dump(m))
	}
	w.post("nurse", "m2", "more")
	w.net.AwaitCall(t, transporttest.OpSend, 1)
	w.settled(phone, "juliet")
	if got := w.sent(); len(got) != 2 || !slices.Contains(got, "more") {
		t.Errorf("sent %d parts", len(got))
	}
	if n := len(w.queued()); n > 1 { // "more" is sent
		t.Errorf("%d parts wait", n)
	}
}
