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

// waits makes messages on the network wait no longer than so.
func waits(most time.Duration) build {
	return about(func(a *transports.About) { a.MaxAge = most })
}

// newChatWorld is a world whose network people attend, with Juliet on it as a
// guest who is in no room.
func newChatWorld(t testing.TB, builds ...build) *world {
	t.Helper()
	w := newWorld(t, append([]build{hurried}, builds...)...)
	w.AnswerResources(func(j jid.JID) bool { return j.Local == "juliet" })
	w.psst("first")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.passed(1, store.Sent) // what is said while something waits may be that
	w.settled(phone, "juliet")
	w.Drain(domain)
	return w
}

// psst has Juliet's phone write to Romeo, and returns the id.
func (w *world) psst(text string) string {
	w.Helper()
	id := w.id()
	w.chat(phone, romeoNick, id, "<body>"+text+"</body>"+wantsTick)
	return id
}

// failed waits for the error of a message, from an address.
func (w *world) failed(from, id string) *stanza.Message {
	w.Helper()
	m := w.message(from, phone, "error")
	if m.ID != id {
		w.Errorf("told %s, want the error of %s", dump(m), id)
	}
	return m
}

// boxed returns what the outbox has of Juliet.
func (w *world) boxed() []store.Outgoing {
	w.Helper()
	out, _, err := w.store.QueuedOf(context.Background(), domain, juliet)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// passed waits until the outbox has so many rows of Juliet, all in a state, and the
// gateway knows it.
func (w *world) passed(n int, state store.OutState) {
	w.Helper()
	var rows []store.Outgoing
	for late := time.Now().Add(within); time.Now().Before(late); w.barrier(phone) {
		rows = w.boxed()
		if len(rows) == n && !slices.ContainsFunc(rows, func(o store.Outgoing) bool { return o.State != state }) {
			told := make(chan struct{}) // behind what was told of these
			w.store.UpdateAsync(func(*store.Tx) error { return nil }, func(error) { close(told) })
			<-told
			w.barrier(phone)
			return
		}
	}
	w.Fatalf("the outbox has %v, want %d of %v", rows, n, state)
}

// A message to somebody on a network that people attend is in the outbox, of an
// account that is in the store, before it goes out; no receipt tells that it
// arrived, for nobody knows. IRC-B15
func TestPrivateMessageIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	release := w.net.Stall(transporttest.OpRun)
	w.psst("one")
	w.passed(1, store.Queued)
	release()
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.passed(1, store.Sent)
	if d := component.Describe(w.boxed()[0].Content); d != `message ""` { // it may be a password
		t.Errorf("what was said is kept: %s", d)
	}
	w.settled(phone, "juliet")
	w.silent(phone)
}

// One that comes twice, from a client that does not know whether it was taken, is
// sent once.
func TestPrivateMessageRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	for range 3 {
		w.chat(phone, romeoNick, "p1", "<body>psst</body>")
	}
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.passed(1, store.Sent)
	w.chat(phone, romeoNick, "p1", "<body>psst</body>")
	w.psst("another")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.Text != "another" {
		t.Errorf("sent %q again", c.Message.Text)
	}
}

// What waits over a restart is sent after it, in order, if it is young enough;
// else it has failed. IRC-B15
func TestPrivateMessageOverARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	w.AnswerResources(func(jid.JID) bool { return true })
	release := w.net.Stall(transporttest.OpRun)
	old := []string{w.psst("old"), w.psst("old too")}
	w.psst("young")
	w.psst("younger")
	w.passed(4, store.Queued)
	w.stop()
	release()
	w.Disconnected(domain)
	for _, st := range w.Drain(domain) {
		t.Errorf("at the stop: %s", dump(st))
	}
	w.aged(2, time.Minute)
	w.start()
	w.connected(2)
	for range old {
		m := w.message(romeoNick, phone, "error")
		if fault(m) != "wait/remote-server-timeout" || !strings.Contains(dump(m), "in time") || !slices.Contains(old, m.ID) {
			t.Errorf("told %s", dump(m))
		}
		old = slices.DeleteFunc(old, func(id string) bool { return id == m.ID })
	}
	for i, want := range []string{"young", "younger"} {
		if c := w.net.AwaitCall(t, transporttest.OpSend, i); c.Message.Text != want {
			t.Errorf("sent %q, want %q", c.Message.Text, want)
		}
	}
	w.passed(2, store.Sent)
	w.nothing()
}

// aged makes the first n rows of Juliet's outbox older.
func (w *world) aged(n int, by time.Duration) {
	w.Helper()
	rows := w.boxed()
	err := w.store.Update(context.Background(), func(tx *store.Tx) error {
		for _, o := range rows { // all of them: what is added anew comes last
			if err := tx.RemoveOutgoing(o.Message); err != nil {
				return err
			}
		}
		for i, o := range rows {
			if i < n {
				o.Created = o.Created.Add(-by)
			}
			if _, _, err := tx.AddOutgoing([]store.Outgoing{o}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

// What may have been sent when the gateway died is looked for, and told as such
// where nobody can say; it is never sent again. IRC-B15
func TestPrivateMessageOfUnknownOutcome(t *testing.T) {
	for _, tt := range []struct {
		name   string
		finder transporttest.Finder
		found  bool
	}{
		{"no looking", nil, false},
		{"in vain", func(context.Context, transports.Message, func(string) bool) (*transports.Sent, error) {
			return nil, &transports.Error{Kind: transports.Unsupported}
		}, false},
		{"found", func(_ context.Context, m transports.Message, _ func(string) bool) (*transports.Sent, error) {
			return &transports.Sent{IDs: []string{"net-9"}}, nil
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, hurried)
			w.net.SetFinder(tt.finder)
			w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
			id := w.psst("one")
			if tt.found {
				w.passed(1, store.Sent)
			} else if m := w.failed(romeoNick, id); !strings.Contains(dump(m), "not known") {
				t.Errorf("told %s", dump(m))
			}
			w.psst("two")
			if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.Text != "two" {
				t.Errorf("sent %q", c.Message.Text)
			}
			w.settled(phone, "juliet")
			w.nothing()
		})
	}
}

// Where the network shows what it took, that counts: the next one to the same
// person waits for it, and a connection that ends before leaves it unknown. IRC-B15
func TestPrivateMessageEchoed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	w.net.SetAble(transports.CanEcho)
	w.psst("one")
	w.passed(1, store.Sent)
	w.net.SetSilent(true)
	id := w.psst("two")
	w.psst("three")
	w.net.AwaitCall(t, transporttest.OpSend, 1)
	w.settled(phone, "juliet")
	w.nothing()
	if got := w.sent(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("sent %q", got)
	}
	w.net.SetSilent(false)
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	if m := w.failed(romeoNick, id); !strings.Contains(dump(m), "not known") {
		t.Errorf("told %s", dump(m))
	}
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	w.passed(2, store.Sent)
	if got := w.sent(); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("sent %q", got)
	}
}

// A line that the network never shows is of unknown outcome as well; one that it
// refuses has failed.
func TestPrivateMessageUnechoed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried, with(func(c *component.Component) { component.ShortenEchoes(c, 300*time.Millisecond) }))
	w.net.SetAble(transports.CanEcho)
	w.net.SetSilent(true)
	id := w.psst("one")
	if m := w.failed(romeoNick, id); !strings.Contains(dump(m), "not known") {
		t.Errorf("told %s", dump(m))
	}
	id = w.psst("two")
	w.net.AwaitCall(t, transporttest.OpSend, 1)
	w.told("romeo", "2", transports.Failed, &transports.Error{Kind: transports.NotFound})
	if m := w.failed(romeoNick, id); fault(m) != "cancel/item-not-found" {
		t.Errorf("told %s", dump(m))
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// What went through a room fails as if it came from there, also when that is
// known later. XEP-0045 §7.5
func TestPrivateMessageThroughTheRoomFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	w.together()
	w.chat(phone, room+"/romeo", "p1", "<body>psst</body>")
	w.message(julietNick, "romeo@example.org", "chat")
	w.passed(1, store.Sent)
	w.told("romeo", "1", transports.Failed, &transports.Error{Kind: transports.NotFound})
	if m := w.failed(room+"/romeo", "p1"); fault(m) != "cancel/item-not-found" {
		t.Errorf("told %s", dump(m))
	}
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Forbidden})
	w.chat(phone, room+"/romeo", "p2", "<body>psst</body>")
	w.failed(room+"/romeo", "p2")
	w.chat(phone, room+"/romeo", "p2", "<body>psst</body>") // sent again by a client that did not hear it
	w.failed(room+"/romeo", "p2")
	w.settled(phone, "juliet")
	w.nothing()
}

// A network that cannot be reached at all says so at once.
func TestPrivateMessageToNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	w.net.Refuse(transporttest.OpRun, &transports.Error{Kind: transports.Unreachable, Text: transports.T("There is no such network.")})
	if m := w.failed(romeoNick, w.psst("one")); fault(m) != "wait/remote-server-timeout" || !strings.Contains(dump(m), "no such network") {
		t.Errorf("told %s", dump(m))
	}
}

// One that waits can be changed and taken back; one that is out cannot.
// XEP-0308, XEP-0424
func TestPrivateMessageRevised(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	release := w.net.Stall(transporttest.OpRun)
	first, second := w.psst("teh"), w.psst("never mind")
	w.passed(2, store.Queued)
	w.chat(phone, romeoNick, w.id(), "<body>the</body><replace id='"+first+"' xmlns='urn:xmpp:message-correct:0'/>")
	w.chat(phone, romeoNick, w.id(), "<retract id='"+second+"' xmlns='urn:xmpp:message-retract:1'/>")
	w.passed(1, store.Queued)
	w.psst("last")
	release()
	w.net.AwaitCall(t, transporttest.OpSend, 1)
	if got := w.sent(); !slices.Equal(got, []string{"the", "last"}) {
		t.Errorf("sent %q", got)
	}
	w.chat(phone, romeoNick, "r1", "<retract id='"+first+"' xmlns='urn:xmpp:message-retract:1'/>")
	if m := w.failed(romeoNick, "r1"); fault(m) != "cancel/not-acceptable" {
		t.Errorf("told %s", dump(m))
	}
}

// A guest who takes the gateway off their roster leaves nothing behind, and is
// told of what was not sent.
func TestGuestLeavesWithMessagesWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	defer w.net.Stall(transporttest.OpRun)()
	w.send("<presence type='subscribe' from='%s' to='%s'/>", juliet, domain)
	w.presence(domain, juliet, "subscribed")
	id := w.psst("one")
	w.passed(1, store.Queued)
	w.send("<presence type='unsubscribe' from='%s' to='%s'/>", juliet, domain)
	if m := w.failed(romeoNick, id); !strings.Contains(dump(m), "removed") {
		t.Errorf("told %s", dump(m))
	}
	w.passed(0, store.Queued)
	all, err := w.domain().Accounts(t.Context(), jid.MustParse(juliet))
	if err != nil || len(all) != 0 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}

// A guest rests when all is sent, and is known for some time, so that nothing is
// sent twice.
func TestGuestRestsAfterMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried, with(func(c *component.Component) { component.ShortenWaits(c, 100*time.Millisecond) }))
	w.chat(phone, romeoNick, "p1", "<body>psst</body>")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.gone("juliet")
	w.chat(phone, romeoNick, "p1", "<body>psst</body>")
	w.chat(phone, romeoNick, "p2", "<body>again</body>")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.Text != "again" {
		t.Errorf("sent %q", c.Message.Text)
	}
	w.gone("juliet")
}

// However many messages go to however many people, each goes once, and those to
// one person in their order.
func TestManyPrivateMessages(t *testing.T) {
	t.Parallel()
	w := newChatWorld(t)
	const people, each = 10, 20
	for i := range each {
		for p := range people {
			w.chat(phone, fmt.Sprintf("p%d%%%s@%s", p, network, domain), w.id(), fmt.Sprintf("<body>%d</body>", i))
		}
	}
	w.net.AwaitCall(t, transporttest.OpSend, people*each)
	got := map[string][]string{}
	for _, c := range w.net.Calls(transporttest.OpSend)[1:] {
		got[c.Message.Chat.Name] = append(got[c.Message.Chat.Name], c.Message.Text)
	}
	for p := range people {
		texts := got[fmt.Sprintf("p%d", p)]
		if len(texts) != each || !slices.IsSortedFunc(texts, func(a, b string) int { return len(a) - len(b) }) {
			t.Errorf("to p%d: %q", p, texts)
		}
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// A message that comes from somebody is written again when the stream ended before
// it was settled. IRC-B15
func TestPrivateMessageIsSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.psst("psst")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	if err := w.session("juliet").Emit(transports.Received{Message: transports.Message{Chat: person("romeo"), Nick: "Romeo", Text: "yes?"}}); err != nil {
		t.Fatal(err)
	}
	first := w.message(romeoNick, juliet, "chat")
	w.restart()
	if again := w.message(romeoNick, juliet, "chat"); again.ID != first.ID || body(again) != "yes?" {
		t.Errorf("after a restart: %s", dump(again))
	}
}
