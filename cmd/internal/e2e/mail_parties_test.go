package e2e

import (
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// Who gets a mail with others is told of them by XEP-0033, and answers all of them in
// the same way. MAIL-P2, MAIL-I3
func TestMailParties(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w, carl, dora, eve := o.subscriber(t), o.writer(t), o.writer(t), o.writer(t), o.writer(t)
		n := o.newNote("Tea")
		n.more = []string{"Cc: " + dora.Address}
		from, to := w, []string{b.box.Address, carl.Address}
		from.Submit(n.raw(from.Address, to...), append(to, dora.Address)...)
		m := b.comes(w.Address, n.text)
		const ns = "http://jabber.org/protocol/address"
		want := []string{"to " + o.contact(carl.Address), "cc " + o.contact(dora.Address)}
		var got, back []string
		for _, a := range m.Child("addresses", ns).Children {
			got = append(got, a.Attr("type")+" "+a.Attr("jid"))
			back = append(back, world.XML(`<address type="%s" jid="%s"/>`, a.Attr("type"), a.Attr("jid")))
		}
		if !slices.Equal(got, want) {
			t.Errorf("told of %q, want %q", got, want)
		}
		back = append(back, world.XML(`<address type="bcc" jid="%s"/>`, o.contact(eve.Address)))
		_, text := b.writes(w.Address, replying(m), `<addresses xmlns="`+ns+`">`+strings.Join(back, "")+`</addresses>`)
		gets(t, w, text).wantAnswers(t, n.id)
		gets(t, carl, text).wantAnswers(t, n.id)
		gets(t, dora, text)
		if l := gets(t, eve, text); strings.Contains(l.Get("To")+l.Get("Cc")+l.Get("Bcc"), eve.Address) ||
			!strings.Contains(l.Get("To"), carl.Address) || !strings.Contains(l.Get("Cc"), dora.Address) {
			t.Errorf("the mail is to %q, %q, %q", l.Get("To"), l.Get("Cc"), l.Get("Bcc"))
		}
	})
}
