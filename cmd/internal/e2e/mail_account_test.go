package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// isTold tells whether a stanza is words of the gateway's own.
func (b *boxholder) isTold(e *world.Element) bool {
	return e.Name() == "message" && e.Type() == "chat" && e.From() == b.o.domain && e.Has("body")
}

// Who removes their mailbox leaves nothing: neither who wrote to whom nor what.
// MAIL-R10
func TestMailRemoved(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		n := o.newNote("gone tomorrow")
		n.send(w, b.box.Address)
		b.comes(w.Address, n.text)
		_, text := b.writes(w.Address)
		gets(t, w, text)
		if answer := b.unregister(o.domain); answer.Type() != "result" {
			t.Fatalf("removal: %v", answer)
		}
		b.Sync(o.domain)
		b.wantNothingKept()
		db := opened(t, o.gateway)
		for _, needle := range []string{w.Address, n.text, text, n.subject, n.id} {
			wantInNoRow(t, db, needle)
		}
		if there, _ := b.registered(o.domain); there {
			t.Error("still registered")
		}
	})
}

// What came while the gateway was down comes when it is up, once, with its time.
// MAIL-I3, MAIL-K1
func TestMailWhileDown(t *testing.T) {
	onEachOfficeApart(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		n := o.newNote("before")
		n.send(w, b.box.Address)
		b.comes(w.Address, n.text)
		if err := o.gateway.Stop(); err != nil {
			t.Fatal(err)
		}
		missed := o.newNote("missed")
		missed.send(w, b.box.Address)
		if err := o.gateway.Start(); err != nil {
			t.Fatal(err)
		}
		b.comes(w.Address, missed.text)
		b.connected()
		after := o.newNote("after")
		after.send(w, b.box.Address)
		b.comes(w.Address, after.text)
		ids := make(map[string]int)
		for _, e := range b.Received() {
			if e.Name() == "message" && strings.HasPrefix(e.From(), o.contact(w.Address)) {
				ids[e.ID()]++
			}
		}
		if len(ids) != 3 {
			t.Errorf("3 mails came as %d: %v", len(ids), ids)
		}
	})
}
