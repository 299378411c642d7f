package e2e

import (
	"testing"
)

// A command on a contact answers its last mail to all who got it. MAIL-P2
func TestMailReplyAll(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w, carl := o.subscriber(t), o.writer(t), o.writer(t)
		n := o.newNote("Tea")
		to := []string{b.box.Address, carl.Address}
		w.Submit(n.raw(w.Address, to...), to...)
		b.comes(w.Address, n.text)
		text := o.words()
		if e := b.command(o.contact(w.Address), "reply-all", map[string]string{"text": text, "mail": "1"}); !succeeded(e) {
			t.Fatalf("refused: %v", e)
		}
		gets(t, w, text).wantAnswers(t, n.id)
		gets(t, carl, text).wantAnswers(t, n.id)
	})
}
