package e2e

import (
	"strconv"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// What the gateway does in its own time, and not before, begins together. MAIL-S1,
// MAIL-C1, MAIL-N3
func TestMailPatience(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		copies := o.copies(t)
		o.newPassword(t)
		copies()
	})
}

// How long things take that a provider is given time for.
const (
	copyWithin   = 100 * time.Second // the first copy in Sent: does the provider make copies itself?
	refuseWithin = 70 * time.Second  // a password that was good once is tried once more
)

// copies: each mail has one copy in the folder of sent mails.
func (o *office) copies(t *testing.T) (finish func()) {
	b, w := o.subscriber(t), o.writer(t)
	sent := worldtest.MailAt(t, o.mail, b.box, "Sent")
	_, one := b.writes(w.Address, `<subject>Grüße ☃</subject>`)
	_, two := b.writes(w.Address)
	mails := []letter{gets(t, w, one), gets(t, w, two)}
	return func() {
		t.Helper()
		for _, l := range mails {
			copied := read(t, sent.Within(copyWithin, "the copy of "+l.text, func(c *world.Letter) bool { return c.Get("Message-ID") == l.Get("Message-ID") }))
			if copied.text != l.text || copied.subject != l.subject || copied.from != l.from || copied.Get("References") != l.Get("References") {
				t.Errorf("the copy of %q from %s in %q says %q from %s in %q", l.subject, l.from, l.text, copied.subject, copied.from, copied.text)
			}
		}
		_, three := b.writes(w.Address) // its copy comes behind all others
		last := gets(t, w, three)
		sent.Expect("the copy of "+three, func(c *world.Letter) bool { return c.Get("Message-ID") == last.Get("Message-ID") })
		if n := len(sent.Received()); n != 3 {
			t.Errorf("%d copies in Sent, of 3 mails: %v", n, sent.Received())
		}
	}
}

// newPassword: a password that is wrong from some day on is tried a few times at
// most, or the provider would lock the account; the user is told once. What waits
// goes out, and what came meanwhile comes, once, when they have registered again.
func (o *office) newPassword(t *testing.T) {
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
	if _, err := b.Within(refuseWithin, "to be told that the password is wrong", b.isTold); err != nil {
		t.Fatal(err)
	}
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
}
