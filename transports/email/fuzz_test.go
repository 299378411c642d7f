package email_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/compose"
)

// isLine tells whether a text may stand in one line of a stanza, XML 1.0 §2.2.
func isLine(text string) bool { return isText(text) && !strings.Contains(text, "\n") }

func isText(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\ufffe' || r == '\uffff'
	}) < 0
}

// isContact tells whether an address is one that the transport takes.
func isContact(a transports.Address) bool {
	again, err := email.New(email.Config{}).Address(a.Name, transports.Account{})
	return a.Kind == transports.Contact && err == nil && again == a
}

// checkEvents holds what a mail says to what is so of each.
func checkEvents(t testing.TB, raw []byte, events []transports.Event) {
	if len(events) > 200 {
		t.Errorf("%d events of %q", len(events), raw)
	}
	for _, ev := range events {
		switch ev := ev.(type) {
		case transports.Received:
			if len(events) > 1 {
				t.Errorf("%d events of %q", len(events), raw)
			}
			checkReceived(t, raw, ev.Message)
		case transports.Status:
			if !isContact(ev.Chat) || !compose.OwnID("account", ev.ID) || ev.Err != nil && !isLine(ev.Err.Text.String()) || (ev.Err == nil) != (ev.State != transports.Failed) {
				t.Errorf("%+v of %q", ev, raw)
			}
		case transports.Told:
			if !isContact(ev.Chat) || !isLine(ev.Text.String()) || ev.ID == "" {
				t.Errorf("%+v of %q", ev, raw)
			}
		default:
			t.Errorf("%+v of %q", ev, raw)
		}
	}
}

func checkReceived(t testing.TB, raw []byte, m transports.Message) {
	lines := []string{m.ID, m.Nick, m.Subject, m.Thread, m.ReplyTo, m.Ref}
	size := 0
	for _, n := range m.Notes {
		lines = append(lines, n.String())
		size += len(n.String())
	}
	for _, a := range m.Attachments {
		lines = append(lines, a.Ref, a.Name, a.Type)
	}
	for _, l := range lines {
		if !isLine(l) {
			t.Errorf("the line %q of %q", l, raw)
		}
	}
	if !isText(m.Text) || utf8.RuneCountInString(m.Text) > 10000 || size > 10000 || len(m.Attachments) > 51 || len(m.Trail) > transports.TrailMost || !isContact(m.Chat) {
		t.Errorf("%+v of %q", m, raw)
	}
	if m.ID == "" || m.Thread == "" || m.Own || m.Text == "" && m.Subject == "" && len(m.Notes) == 0 && len(m.Attachments) == 0 {
		t.Errorf("%+v of %q", m, raw)
	}
	if g := m.Gesture; g != nil {
		whole := g.Do == transports.React || g.Do == transports.Edit && g.Text != "" || g.Do == transports.Delete
		if !whole || len(g.To) == 0 || len(g.Signs) > 10 || !isText(g.Text) || utf8.RuneCountInString(g.Text) > 10000 {
			t.Errorf("%+v of %q", g, raw)
		}
		for _, line := range append(g.To, g.Signs...) {
			if !isLine(line) || line == "" {
				t.Errorf("%+v of %q", g, raw)
			}
		}
	}
	if trail, ok := email.ReadTrail(m.Trail); ok && (trail.ID != m.Ref || !isLine(trail.Subject)) {
		t.Errorf("%+v of %q", trail, raw)
	}
}

// FuzzConvert: whatever a mail is like, it is one message, or what became of ours.
func FuzzConvert(f *testing.F) {
	samples, err := filepath.Glob("message/testdata/mails/*.eml")
	if err != nil || len(samples) == 0 {
		f.Fatalf("no samples: %v", err)
	}
	for _, sample := range samples {
		raw, err := os.ReadFile(sample)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	ours := compose.StableID("account", "1", user)
	f.Add(incoming("1@x.test", "From: MAILER-DAEMON@x.test", "Content-Type: multipart/report; boundary=b", "", "--b", "", "sorry", "--b", "Content-Type: message/delivery-status", "",
		"Original-Envelope-Id: "+ours, "", "Final-Recipient: rfc822; bob@x.test", "Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 no\x01 such", "",
		"Final-Recipient: rfc822; \xff", "Action: delayed", "", "Final-Recipient: c@x.test", "Action: relayed", "--b--"))
	f.Add(incoming("1@x.test", "Content-Type: multipart/report; boundary=b", "", "--b", "", "seen", "--b", "Content-Type: message/disposition-notification", "",
		"Final-Recipient: rfc822; bob@x.test", "Original-Message-ID: <"+ours+">", "Disposition: manual-action/MDN-sent-manually; displayed", "--b--"))
	f.Add(incoming("1@x.test", "In-Reply-To: <"+ours+">", "Content-Type: text/plain", "Content-Disposition: reaction", "", "👍"))
	f.Add(incoming("1@x.test", "Chat-Version: 1.0", "Chat-Edit: <"+ours+">", "In-Reply-To: <"+ours+">", "", "On 2025-03-27, bob@x.test wrote:", "> Hello wordl!", "", "✏️Hello world!"))
	f.Add(incoming("1@x.test", "Chat-Version: 1.0", "Chat-Delete: <a@x.test> <"+ours+">", "", "foo"))
	f.Add(incoming("1@x.test", "From: \"a\x01b\" <a\"b@x.test>", "Reply-To: c@y.test", "To: u:;, d@x.test", "List-Id: a\x02 <\x03.x.test>", "Subject: =?utf-8?q?a=0Ab=00?=", "", "x"))
	s, err := email.New(email.Config{}).Open(transports.Account{Key: "account", Settings: transports.Settings{"address": user, "password": secret}}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { checkEvents(t, raw, email.Convert(s, raw, noon)) })
}
