package component_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

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

// So it is where a session that can look cannot do so now.
func TestRepeatsAreFoldedWhereNobodyCanLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores(func(a *transports.About) { a.FoldsRepeats = true }), hurried)
	w.net.SetFinder(func(context.Context, transports.Message, func(string) bool) (*transports.Sent, error) {
		return nil, &transports.Error{Kind: transports.Unsupported}
	})
	w.register(network, "pw")
	w.settled(phone, "juliet")
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
	w.post("nurse", "m1", "hello")
	w.net.AwaitCall(t, transporttest.OpFind, 0)
	first, second := w.net.AwaitCall(t, transporttest.OpSend, 0), w.net.AwaitCall(t, transporttest.OpSend, 1)
	if first.Message.ID == "" || first.Message.ID != second.Message.ID {
		t.Errorf("sent as %q and %q", first.Message.ID, second.Message.ID)
	}
}

// A network that never says that it has a message is not sent it for ever.
func TestRepeatsEnd(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, stores(func(a *transports.About) { a.FoldsRepeats = true }))
	const most = 10
	for range most {
		w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
	}
	w.post("nurse", "m1", "hello")
	m := w.message(nurseNick, phone, "error")
	if e := stanza.ParseError(m.Child("", "error")); m.ID != "m1" || !strings.Contains(e.Text, "not known") {
		t.Errorf("told %s", dump(m))
	}
	if n := len(w.sent()); n < 3 || n >= most {
		t.Errorf("sent %d times", n)
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
