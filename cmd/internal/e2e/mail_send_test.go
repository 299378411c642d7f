package e2e

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
)

// What is written to a contact is a mail as good programs write it. MAIL-X6
func TestMailOut(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.holder(t), o.writer(t)
		b.signUp(map[string]string{"name": "Ånn Łee"})
		id, text := b.writes(w.Address, `<subject>Grüße ☃</subject>`)
		got := gets(t, w, text)
		if got.subject != "Grüße ☃" || got.from != "Ånn Łee <"+b.box.Address+">" || got.text != text || got.Get("To") != w.Address {
			t.Errorf("subject %q from %q to %q: %q", got.subject, got.from, got.Get("To"), got.text)
		}
		for name, values := range got.Header {
			if at := strings.IndexFunc(strings.Join(values, ""), func(r rune) bool { return r > 0x7e }); at >= 0 {
				t.Errorf("the header %s is not ASCII: %q", name, values)
			}
		}
		if at, err := mail.ParseDate(got.Get("Date")); err != nil || time.Since(at).Abs() > 10*time.Minute {
			t.Errorf("Date: %q, %v", got.Get("Date"), err)
		}
		if !strings.HasSuffix(got.id(), "@"+world.MailHost) || got.Get("In-Reply-To")+got.Get("References") != "" || strings.Contains(got.id(), id) {
			t.Errorf("it has the id %s, and answers %s", got.id(), got.Get("In-Reply-To"))
		}

		// The second one has no subject but that of its text, and answers the first.
		_, second := b.writes(w.Address)
		next := gets(t, w, second)
		if next.subject != "Re: Grüße ☃" {
			t.Errorf("the subject of the second is %q", next.subject)
		}
		next.wantAnswers(t, got.id())

		if n := len(w.Received()); n != 2 {
			t.Errorf("%d mails came, of 2: %v", n, w.Received())
		}
	})
}

// A mail that was given no subject has its first line. MAIL-H4
func TestMailOutSubject(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w := o.subscriber(t), o.writer(t)
		_, text := b.writes(w.Address)
		if got := gets(t, w, text); got.subject != text || got.text != text {
			t.Errorf("subject %q, text %q", got.subject, got.text)
		}
		text = o.words()
		b.writesAs(world.NewID(), w.Address, "Subject: Low tide\n"+text)
		got := gets(t, w, text)
		if got.subject != "Low tide" || got.text != text || got.Get("In-Reply-To") != "" {
			t.Errorf("subject %q, text %q, in reply to %q", got.subject, got.text, got.Get("In-Reply-To"))
		}
	})
}

// A file goes with the mail. MAIL-F5
func TestMailFileOut(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b, w, cat := o.subscriber(t), o.writer(t), picture(t)
		host := o.shows(t, "image/jpeg", cat)
		url, text := host+"/M%C3%B6we.jpg", o.words()
		b.writesAs(world.NewID(), w.Address, text+"\n"+url, world.XML(`<x xmlns="jabber:x:oob"><url>%s</url></x>`, url))
		got := gets(t, w, text)
		if got.text != text || len(got.files) != 1 {
			t.Fatalf("text %q, and %d files", got.text, len(got.files))
		}
		if f := got.files[0]; f.name != "Möwe.jpg" || f.typ != "image/jpeg" || !bytes.Equal(f.content, cat) {
			t.Errorf("the file is %q, %s, of %d bytes", f.name, f.typ, len(f.content))
		}
	})
}

// shows has a web server show a file, whatever its path, and returns its URL.
func (o *office) shows(t *testing.T, typ string, content []byte) string {
	t.Helper()
	cert, key, err := o.world.Certify(fresh("files"), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	host := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", typ)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	host.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	host.StartTLS()
	t.Cleanup(host.Close)
	return host.URL
}

// A mail to nobody comes back as the error of the message, and as nothing else. MAIL-E2
func TestMailBounce(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b := o.subscriber(t)
		nobody := fresh("nobody") + "@" + world.MailHost
		id, _ := b.writes(nobody)
		e := b.Expect("the error of "+id, func(e *world.Element) bool { return e.Name() == "message" && e.Type() == "error" && e.ID() == id })
		if e.Condition() != "item-not-found" || e.ErrorText() == "" || e.From() != o.contact(nobody) {
			t.Errorf("came back as %v", e)
		}
		b.Sync(o.domain)
		for _, m := range b.Received() {
			if m.Name() == "message" && m.Type() == "chat" {
				t.Errorf("something was said of it, too: %v", m)
			}
		}
	})
}

// A provider that refuses the mail at once is told by an error as well. MAIL-E4
func TestMailRefused(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b := o.subscriber(t)
		shut := fresh("shut") + "@" + world.MailHost
		o.mail.Refuse(shut)
		id, _ := b.writes(shut)
		e := b.Expect("the error of "+id, func(e *world.Element) bool { return e.Name() == "message" && e.Type() == "error" && e.ID() == id })
		if e.Condition() == "" || e.ErrorText() == "" || e.From() != o.contact(shut) {
			t.Errorf("came back as %v", e)
		}
	})
}
