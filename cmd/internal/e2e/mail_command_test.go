package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// On a contact its last mail can be had as it came, and moved to the folder of spam.
// MAIL-X4, MAIL-V6
func TestMailCommands(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		n := o.newNote("bells")
		first, answer := n.text, o.words()
		n.text = answer + "\n\nOn Monday Ann wrote:\n> " + first
		n.answering("unknown@"+world.MailHost).send(w, b.box.Address)
		b.comes(w.Address, answer)
		contact := o.contact(w.Address)
		items := b.Ask("get", contact, `<query xmlns="http://jabber.org/protocol/disco#items" node="http://jabber.org/protocol/commands"/>`)
		for _, node := range []string{"original", "spam", "unsubscribe"} {
			if !lists(items, node) {
				t.Errorf("no command %s on a contact: %v", node, items)
			}
		}
		if e := b.command(contact, "original", map[string]string{"mail": "1"}); !succeeded(e) {
			t.Fatalf("refused: %v", e)
		}
		b.comes(w.Address, first)
		m := b.Expect("the original", func(e *world.Element) bool {
			return e.Name() == "message" && e.From() == contact && e.Has("x", "jabber:x:oob")
		})
		_, content := fetched(t, m.Body()) // a server may know no type of such a file
		if raw := string(content); !strings.HasSuffix(m.Body(), "/bells.eml") || !strings.Contains(raw, "Message-ID: <"+n.id+">\r\n") || !strings.Contains(raw, first) || !strings.Contains(raw, answer) {
			t.Errorf("%s has %d bytes", m.Body(), len(raw))
		}
		if e := b.command(contact, "spam", map[string]string{"mail": "1"}); !succeeded(e) {
			t.Fatalf("refused: %v", e)
		}
		gets(t, worldtest.MailAt(t, o.mail, b.box, "Junk"), answer)
	})
}
