package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// What a mail program sets to a mail of the user's is a reaction to that message, and one
// of the user's goes to who did. Who asks is told that the user saw the mail, where these
// want that. MAIL-M3, MAIL-D4
func TestMailGestures(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.member(t), o.writer(t)
		b.signUp(map[string]string{"tell_read": "true"})
		n := o.newNote("Tea")
		n.more = []string{"Disposition-Notification-To: " + w.Address}
		n.send(w, b.box.Address)
		m := b.comes(w.Address, n.text)

		id, text := b.writes(w.Address, replying(m))
		sign := o.newNote("Re: Tea").answering(gets(t, w, text).id())
		sign.text, sign.more = "👍", []string{"Content-Disposition: reaction"}
		sign.send(w, b.box.Address)
		b.Expect("the reaction", func(e *world.Element) bool {
			r := e.Child("reactions", nsReactions)
			return e.Name() == "message" && e.From() == o.contact(w.Address) && r != nil && r.Attr("id") == id && r.Child("reaction").Text == "👍" && e.Body() == ""
		})

		b.Sendf(`<message to="%s" type="chat" id="%s"><reactions xmlns="`+nsReactions+`" id="%s"><reaction>🎉</reaction></reactions></message>`, m.From(), world.NewID(), m.ID())
		got := gets(t, w, "🎉")
		if got.Get("Content-Disposition") != "reaction" || got.Get("In-Reply-To") != "<"+n.id+">" || got.text != "🎉" {
			t.Errorf("the reaction is %q, to %s", got.text, got.Get("In-Reply-To"))
		}

		b.Sendf(`<message to="%s" type="chat" id="%s"><displayed xmlns="`+nsMarkers+`" id="%s"/></message>`, m.From(), world.NewID(), m.ID())
		told := w.Expect("the report", func(l *world.Letter) bool { return strings.Contains(l.Get("Content-Type"), "disposition-notification") })
		if !strings.Contains(told.Body, "Original-Message-ID: <"+n.id+">") || !strings.Contains(told.Body, "; displayed") || told.Get("Return-Path") != "<>" {
			t.Errorf("the report says %s, from %s", told.Body, told.Get("Return-Path"))
		}
	})
}

const nsReactions = "urn:xmpp:reactions:0"
