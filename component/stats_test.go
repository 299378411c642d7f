package component_test

import (
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// counted waits until the domain has counted so much.
func (w *world) counted(want component.Delivery) {
	w.Helper()
	var got component.Delivery
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if got = w.gate.Status()[0].Delivery; got == want {
			return
		}
		w.barrier("nobody@example.org/x") // time passes with it
	}
	w.Fatalf("counted %+v, want %+v", got, want)
}

// What is told to a user counts when it is written, when it has arrived, and
// when its stream ends before.
func TestCountsInbox(t *testing.T) {
	t.Parallel()
	took := make(chan time.Duration, 10)
	w := newMailWorld(t, with(func(c *component.Component) {
		c.Observe(func(name string, d time.Duration) {
			if name == domain {
				took <- d
			}
		})
	}))
	w.AnswerResources(nil)
	w.AnswerPings(false)
	w.here(phone, "")
	w.said("nurse", "1", "one")
	w.heard("nurse")
	w.counted(component.Delivery{Written: 1})
	w.drop()
	w.heard("nurse")
	w.counted(component.Delivery{Written: 2, Rewritten: 1})
	ping := w.pinged("example.org") // the first of two
	w.AnswerPings(true)
	w.SendStanza(domain, stanza.Result(ping.(*stanza.IQ)))
	w.counted(component.Delivery{Written: 2, Rewritten: 1, Settled: 1})
	w.AnswerResources(func(jid.JID) bool { return true })
	w.here(phone, "")
	w.said("nurse", "2", "two")
	w.counted(component.Delivery{Written: 3, Rewritten: 1, Settled: 2})
	if d := <-took; d <= 0 {
		t.Errorf("a question took %v", d)
	}
	if s := w.gate.Status()[0]; s.Streams != 2 || s.Panics != 0 || s.Withheld != 0 {
		t.Errorf("status %+v", s)
	}
}

// What the user's server sends back for good is dropped, not settled.
func TestCountsBounces(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.AnswerPings(false)
	w.said("nurse", "1", "one")
	m := w.heard("nurse")
	w.SendStanza(domain, stanza.ErrorReply(m, &stanza.Error{Type: stanza.Modify, Condition: stanza.NotAcceptable}))
	w.emptied()
	w.counted(component.Delivery{Written: 1, Bounced: 1, Dropped: 1})
}

// What is told to a network counts by what came of each try.
func TestCountsOutbox(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	for i, test := range []struct {
		err  error
		want component.Delivery
	}{
		{nil, component.Delivery{Sent: 1}},
		{&transports.Error{Kind: transports.Unreachable}, component.Delivery{Sent: 2, Retried: 1}},
		{&transports.Error{Kind: transports.NotAllowed}, component.Delivery{Sent: 2, Retried: 1, Failed: 1}},
		{&transports.Error{Kind: transports.Unreachable, Unsure: true}, component.Delivery{Sent: 2, Retried: 1, Failed: 1, Unsure: 1, Lost: 1}},
	} {
		if test.err != nil {
			w.net.Refuse(transporttest.OpSend, test.err)
		}
		w.chat(phone, nurseNick, w.id(), "<body>hello</body>")
		w.outboxCounted(i, test.want)
	}
	w.told("nurse", "1", transports.Failed, nil)
	w.told("nurse", "1", transports.Failed, nil)
	w.outboxCounted(4, component.Delivery{Sent: 2, Retried: 1, Failed: 2, Unsure: 1, Lost: 1})
}

// outboxCounted waits until the outbox has counted so much, whatever the inbox
// has.
func (w *world) outboxCounted(step int, want component.Delivery) {
	w.Helper()
	var got component.Delivery
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		all := w.gate.Status()[0].Delivery
		got = component.Delivery{Sent: all.Sent, Failed: all.Failed, Lost: all.Lost, Unsure: all.Unsure, Retried: all.Retried}
		if got == want {
			return
		}
		w.barrier(phone) // time passes with it
	}
	w.Fatalf("step %d: counted %+v, want %+v", step, got, want)
}

// A stanza that would end the stream is withheld, and counts.
func TestCountsWithheld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	if err := w.session("juliet").Emit(transports.Subject{Room: address, Text: strings.Repeat("x", 100<<10)}); err != nil {
		t.Fatal(err)
	}
	w.net.Say(address, "nurse", "after")
	w.message(room+"/nurse", phone, "groupchat")
	if s := w.gate.Status()[0]; s.Withheld != 1 || s.Dropped != 0 || s.Delivery != (component.Delivery{}) {
		t.Errorf("status %+v", s)
	}
}
