package e2e

import (
	"testing"

	"wherry/cmd/internal/world"
)

// Two lines and a correction are one mail, and its answer is one to the last. MAIL-H6
func TestMailGathered(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.holder(t), o.writer(t)
		b.signUp(map[string]string{"quiet": "3"})
		first, wrong := b.writes(w.Address)
		last, second := b.writes(w.Address)
		right := o.words()
		b.writesAs(world.NewID(), w.Address, right, world.XML(`<replace xmlns="urn:xmpp:message-correct:0" id="%s"/>`, first))
		got := gets(t, w, second)
		if got.text != right+"\n"+second || got.subject != right {
			t.Errorf("the mail is %q, called %q, and %q was corrected", got.text, got.subject, wrong)
		}
		answer := o.newNote("Re: " + right).answering(got.id())
		answer.send(w, b.box.Address)
		b.wantReply(b.comes(w.Address, answer.text), last)
	})
}
