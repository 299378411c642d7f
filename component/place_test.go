package component_test

import (
	"context"
	"strings"
	"testing"

	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// onFile returns Juliet's account.
func (w *world) onFile() store.Account {
	w.Helper()
	rec, err := w.store.Account(context.Background(), domain, juliet, network)
	if err != nil {
		w.Fatal(err)
	}
	return rec
}

// A command on a contact finds the session, and what was said there by both sides,
// the newest first; what was brought again is there once.
func TestPlace(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	w.comes(mail("nurse", "a", "", ""))
	w.comes(mail("friar", "x", "", ""))
	w.writes("nurse", "m1", inThread("thread-a"))
	again := mail("nurse", "a", "", "")
	again.ID = "again"
	w.comes(again)
	at, err := w.domain().Place(context.Background(), w.onFile(), person("nurse"))
	if err != nil || at.Session != w.session("juliet") || at.Chat != person("nurse") || at.Account.Settings["password"] != "pw" {
		t.Fatalf("%+v, %v", at, err)
	}
	if len(at.Past) != 2 || at.Past[0].Ref != "a" || at.Past[0].Own || string(at.Past[0].Trail) != "a" ||
		at.Past[1].Ref != "1" || !at.Past[1].Own || string(at.Past[1].Trail) != "a 1" {
		t.Errorf("%+v", at.Past)
	}
	if at, err := w.domain().Place(context.Background(), w.onFile(), transports.Address{}); err != nil || at.Past != nil {
		t.Errorf("at the gateway: %+v, %v", at, err)
	}
}

// What a command brings goes the way of all messages: once, and from the contact.
func TestFulfilBatch(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t, uploads(new(place)), cats)
	m := mail("nurse", "a", "", "")
	m.Text, m.Attachments = "", []transports.Attachment{{Ref: "cat", Name: "cat.jpg", Type: "image/jpeg"}}
	turn := transports.Turn{Batch: transports.Batch{
		Events: []transports.Event{transports.Received{Message: m}},
		Saves:  []transports.Save{{Name: "mark", Value: []byte("7")}},
	}}
	for range 2 {
		if err := w.domain().Fulfil(context.Background(), w.onFile(), turn); err != nil {
			t.Fatal(err)
		}
	}
	if m := w.heard("nurse"); !strings.HasSuffix(body(m), "cat.jpg") {
		t.Errorf("shown %s", dump(m))
	}
	w.nothing()
	at, err := w.domain().Place(context.Background(), w.onFile(), person("nurse"))
	if err != nil || string(at.Saved["mark"]) != "7" {
		t.Errorf("saved %v, %v", at.Saved, err)
	}
}

// What a command writes goes out as the user's own, in the conversation that it
// names, or in the one of the day; what follows it does so.
func TestFulfilSend(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	w.comes(mail("nurse", "a", "", ""))
	before := w.net.Count(transporttest.OpSend)
	says := func(m transports.Message) transports.Message {
		t.Helper()
		m.Chat, m.Text = person("nurse"), "by command"
		if err := w.domain().Fulfil(context.Background(), w.onFile(), transports.Turn{Send: []transports.Message{m}}); err != nil {
			t.Fatal(err)
		}
		got := w.net.AwaitCall(w, transporttest.OpSend, before).Message
		before++
		w.concluded()
		return got
	}
	if got := says(transports.Message{ReplyTo: "z", Trail: []byte("y z"), Subject: "s"}); string(got.Trail) != "y z" || got.ReplyTo != "z" || got.Subject != "s" || got.ID == "" || got.Time.IsZero() {
		t.Errorf("sent %+v", got)
	}
	if got := says(transports.Message{Thread: "thread-a"}); string(got.Trail) != "a" {
		t.Errorf("sent %+v", got)
	}
	w.nothing()
}

// Nobody's client knows what a command wrote: what becomes of it is told in words.
func TestFulfilSendFails(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.NotFound, Text: transports.Literal("Nobody lives there.")})
	m := transports.Message{Chat: person("nurse"), Text: "by command"}
	if err := w.domain().Fulfil(context.Background(), w.onFile(), transports.Turn{Send: []transports.Message{m}}); err != nil {
		t.Fatal(err)
	}
	if got := w.heard("nurse"); !strings.Contains(body(got), "Nobody lives there.") || !strings.Contains(body(got), "by command") || got.Type == stanza.TypeError {
		t.Errorf("told %s", dump(got))
	}
	m.Text = strings.Repeat("x", 1<<20)
	if err := w.domain().Fulfil(context.Background(), w.onFile(), transports.Turn{Send: []transports.Message{m}}); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.TooLong {
		t.Errorf("too long: %v", err)
	}
	rec := w.onFile()
	rec.Scope = "irc.example.com"
	if err := w.domain().Fulfil(context.Background(), rec, transports.Turn{Send: []transports.Message{m}}); err == nil {
		t.Error("an account that is not there writes")
	}
}
