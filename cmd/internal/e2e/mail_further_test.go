package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// A user has two mailboxes. Each has an address of its own, with presence, and contacts of
// its own: what comes to one comes from there, and what is answered leaves from it. The
// second one is removed, and the first goes on. MAIL-A8
func TestMailTwoMailboxes(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		name := fresh("work")
		box, err := o.mail.AddUser(name)
		if err != nil {
			t.Fatal(err)
		}
		o.hides(box.Password)
		work := "work@" + o.domain
		wantRefused(t, b.register(work, b.fields(nil)), "conflict", "409", b.box.Password)
		if answer := b.register(work, map[string]string{"address": box.Address, "password": box.Password}); answer.Type() != "result" {
			t.Fatalf("refused: %v", answer)
		}
		b.Sendf(`<presence to="%s" type="subscribe"/>`, work)
		b.Expect("the second mailbox to be connected", func(e *world.Element) bool {
			from, _, _ := strings.Cut(e.From(), "/")
			return e.Name() == "presence" && from == work && e.Type() == "" && !e.Has("show")
		})
		if items := b.Ask("get", o.domain, `<query xmlns="http://jabber.org/protocol/disco#items"/>`); !strings.Contains(items.String(), work) {
			t.Errorf("the gateway does not list it: %v", items)
		}

		// One mail to both comes twice, and each is answered from where it came.
		n := o.newNote("for both")
		w.Submit(n.raw(w.Address, b.box.Address+", "+box.Address), b.box.Address, box.Address)
		for label, own := range map[string]string{"": b.box.Address, "%work": box.Address} {
			m := b.comes(w.Address+label, n.text)
			_, text := b.writes(w.Address+label, threaded(m), replying(m))
			got := gets(t, w, text)
			if !strings.Contains(got.from, own) {
				t.Errorf("the answer to %s is from %s", m.From(), got.from)
			}
			got.wantAnswers(t, n.id)
		}

		// A bounce is told of where it belongs.
		nobody := fresh("nobody") + "@" + world.MailHost
		id, _ := b.writes(nobody + "%work")
		if e := b.Expect("the error of "+id, func(e *world.Element) bool { return e.Name() == "message" && e.Type() == "error" && e.ID() == id }); e.From() != o.contact(nobody+"%work") {
			t.Errorf("came back as %v", e)
		}

		if answer := b.unregister(work); answer.Type() != "result" {
			t.Errorf("removal: %v", answer)
		}
		for _, needle := range []string{work, w.Address + "%work", nobody, box.Password} {
			wantInNoRow(t, opened(t, o.gateway), needle)
		}
		if there, _ := b.registered(o.domain); !there {
			t.Error("the first mailbox is gone, too")
		}
		last := o.newNote("still here")
		last.send(w, b.box.Address)
		b.comes(w.Address, last.text)
	})
}
