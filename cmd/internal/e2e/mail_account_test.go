package e2e

import (
	"strconv"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// A password that is wrong from some day on is tried a few times at most, or the
// provider would lock the account; the user is told once. What waits goes out, and
// what came meanwhile comes, once, when they have registered again. MAIL-C1, MAIL-N3
func TestMailPasswordChanged(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w, way := o.holder(t), o.writer(t), newStrait(t, o.mail.IMAPS, 1)
		servers := at(o.mail.MailPorts)
		servers["imap_host"], servers["imap_port"] = "localhost", strconv.Itoa(way.port())
		b.signUp(servers)
		before := o.newNote("before")
		before.send(w, b.box.Address)
		b.comes(w.Address, before.text)

		var err error
		if b.box, err = o.mail.ChangePassword(b.name); err != nil {
			t.Fatal(err)
		}
		o.hides(b.box.Password)
		way.cut()
		b.Expect("to be told that the password is wrong", func(e *world.Element) bool { return b.isTold(e) })
		missed := o.newNote("missed")
		missed.send(w, b.box.Address)
		_, waits := b.writes(w.Address)
		b.Sync(o.domain)

		if answer := b.register(o.domain, b.fields(servers)); answer.Type() != "result" {
			t.Fatalf("refused: %v", answer)
		}
		gets(t, w, waits)
		b.comes(w.Address, missed.text)
		if n := b.mismatches(); n == 0 || n > 3 {
			t.Errorf("the wrong password was tried %d times", n)
		}
		after := o.newNote("after")
		after.send(w, b.box.Address)
		b.comes(w.Address, after.text)
		b.Sync(o.domain)
		told, came := 0, make(map[string]bool)
		for _, e := range b.Received() {
			if b.isTold(e) {
				told++
			}
			if e.Name() == "message" && e.From() == o.contact(w.Address) {
				came[e.ID()] = true
			}
		}
		if told != 1 || len(came) != 3 {
			t.Errorf("the user was told %d times, and got %d mails of 3", told, len(came))
		}
	})
}

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
