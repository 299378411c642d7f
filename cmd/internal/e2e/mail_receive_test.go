package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-imap/v2"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// A mail is a chat message of its author: with its subject, which also stands above
// the text, in a conversation, and with an id by which clients tell repeats. MAIL-I1,
// MAIL-I3
func TestMailIn(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		const subject = "Grüße aus Łódź ☃"
		n := o.newNote(subject)
		n.text = "Zażółć gęślą jaźń.\n" + n.text
		n.send(w, b.box.Address)
		m := b.comes(w.Address, n.text)
		if m.From() != o.contact(w.Address) || m.Body() != "Subject: "+subject+"\n"+n.text || m.Child("subject").Text != subject {
			t.Errorf("came %v", m)
		}
		if m.ID() == "" || m.Child("origin-id", "urn:xmpp:sid:0").Attr("id") != m.ID() || m.Child("thread").Text == "" || m.Has("reply", nsReply) {
			t.Errorf("want an id, an origin-id, a thread, and no reply: %v", m)
		}
		if m.Has("delay", world.NSDelay) {
			t.Errorf("a mail of now is delayed: %v", m)
		}

		// The same subject again is in another conversation, for nobody said otherwise.
		again := o.newNote(subject)
		again.send(w, b.box.Address)
		other := b.comes(w.Address, again.text)
		if other.Child("thread").Text == m.Child("thread").Text || other.ID() == m.ID() {
			t.Errorf("two mails are one conversation: %v", other)
		}
	})
}

// Of HTML the text is shown, and nothing is fetched that it refers to: nobody
// learns that it was read. MAIL-X3
func TestMailHTML(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		var asked atomic.Int64
		beacon := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		defer beacon.Close()
		b, w := o.subscriber(t), o.writer(t)
		n := o.newNote("look")
		page := fmt.Sprintf("<html><head><link rel=\"stylesheet\" href=\"%[1]s/style.css\"></head><body background=\"%[1]s/back.png\">"+
			"<p>Tom &amp; Jerry</p><p>%[2]s</p><img src=\"%[1]s/pixel.gif\" alt=\"\"></body></html>", beacon.URL, n.text)
		w.Submit(strings.Replace(n.raw(w.Address, b.box.Address), "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"+n.text,
			"text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"+page, 1), b.box.Address)
		if m := b.comes(w.Address, n.text); m.Body() != "Subject: look\nTom & Jerry\n\n"+n.text {
			t.Errorf("came %q", m.Body())
		}
		b.Sync(o.domain)
		if asked.Load() > 0 {
			t.Errorf("%d requests for what the mail refers to", asked.Load())
		}
	})
}

// The text comes first, then the file, which is put on the user's server. MAIL-F1
func TestMailFileIn(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		n := o.newNote("a picture")
		n.file = &attached{"Möwe.jpg", "image/jpeg", picture(t)}
		n.send(w, b.box.Address)
		words := b.comes(w.Address, n.text)
		m := b.Expect("the file", func(e *world.Element) bool {
			return e.Name() == "message" && e.From() == o.contact(w.Address) && e.Has("x", "jabber:x:oob")
		})
		url := m.Child("x", "jabber:x:oob").Child("url").Text
		if m.Body() != url || !strings.HasPrefix(url, o.xmpp.UploadURL) {
			t.Errorf("the file is at %s: %v", url, m)
		}
		if m.Child("thread").Text != words.Child("thread").Text {
			t.Errorf("the file is in another conversation than its mail: %v", m)
		}
		if named := m.Find("name", "urn:xmpp:file:metadata:0"); named == nil || named.Text != n.file.name {
			t.Errorf("the file has another name: %v", m)
		}
		if typ, got := fetched(t, url); typ != "image/jpeg" || !bytes.Equal(got, n.file.content) {
			t.Errorf("%s is %s, of %d bytes, not the picture of %d", url, typ, len(got), len(n.file.content))
		}
	})
}

// What comes by a list comes from the list, headed by who wrote; what is answered
// goes to the list. MAIL-A4, MAIL-L1, MAIL-L2
func TestMailList(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.member(t), o.writer(t)
		b.signUp(nil)
		n := o.newNote("all hands")
		n.send(w, crewList+"@"+world.MailHost)
		m := b.Expect("the list's mail", func(e *world.Element) bool {
			return e.Name() == "message" && e.Type() == "chat" && strings.HasSuffix(e.Body(), n.text)
		})
		if strings.Contains(m.From(), `\40`) || !strings.Contains(m.Body(), w.Address) {
			t.Errorf("want it from the list, with its author in the text: %v", m)
		}
		text, other := o.words(), worldtest.MailAt(t, o.mail, b.box, "INBOX")
		b.Sendf(`<message to="%s" type="chat" id="%s"><body>%s</body>`+replying(m)+`</message>`, m.From(), world.NewID(), text)
		got := gets(t, other, text) // by the list, where the writer is no member
		if !strings.Contains(got.Get("To"), crewList+"@"+world.MailHost) || got.Get("List-Id") == "" {
			t.Errorf("the answer did not go to the list: %v, to %s", got, got.Get("To"))
		}
		got.wantAnswers(t, n.id)
	})
}

// What a program answers is marked. MAIL-L3
func TestMailAutomaticReply(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, name := o.subscriber(t), fresh("away")
		text := o.words()
		away := worldtest.MailWith(t, o.mail, name, world.MailOptions{AutoReply: text})
		_, asked := b.writes(away.Address)
		gets(t, away, asked)
		if m := b.comes(away.Address, text); !strings.Contains(m.Body(), "[automatic reply]") {
			t.Errorf("not marked as one of a program: %v", m)
		}
	})
}

// Nothing marks a mail as seen but that its reader saw it: then their other
// programs know, and of those before it. MAIL-D3
func TestMailSeen(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w, other := o.subscriber(t), o.writer(t), o.writer(t)
		box := worldtest.MailAt(t, o.mail, b.box, "INBOX")
		var last *world.Element
		for range 2 {
			n := o.newNote("look")
			n.send(w, b.box.Address)
			last = b.comes(w.Address, n.text)
			gets(t, box, n.text)
		}
		unread := o.newNote("not yet")
		unread.send(other, b.box.Address)
		b.comes(other.Address, unread.text)
		gets(t, box, unread.text)
		if !last.Has("markable", nsMarkers) {
			t.Errorf("clients are not asked to tell what was seen: %v", last)
		}
		b.Sendf(`<message to="%s" type="chat" id="%s"><displayed xmlns="`+nsMarkers+`" id="%s"/></message>`, last.From(), world.NewID(), last.ID())
		box.ExpectMark(1, imap.FlagSeen)
		box.ExpectMark(2, imap.FlagSeen)
		for _, m := range box.Marks() {
			if m.Number == 3 && slices.Contains(m.Flags, imap.FlagSeen) {
				t.Error("a mail of somebody else was seen, too")
			}
		}
	})
}

const nsMarkers = "urn:xmpp:chat-markers:0"
