package compose_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"wherry/transports/email/compose"
)

// allowed are the headers that a mail of ours has.
var allowed = []string{
	"Date", "From", "Message-ID", "To", "Cc", "Subject", "In-Reply-To", "References", "Auto-Submitted", "Content-Language", "Chat-Version", "Chat-Edit",
	"Disposition-Notification-To", "Chat-Disposition-Notification-To", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition",
}

// Whatever the values are, there are no other headers, no other parts and no
// other lines than those of the mail. MAIL-T12, MAIL-V5
func FuzzNew(f *testing.F) {
	f.Add("Ann", "ann@example.org", "bob@example.net", "Hello", "Text", "ref@x", "a.txt", "text/plain", uint8(2))
	f.Add("Jörg\r\nX: y", "jörg@bücher.example", "\"a b\"@x", strings.Repeat("長", 90), "> q\nFrom x\n"+strings.Repeat("word ", 50), "a>\r\nb", "ü\".eml\r\nX: y", "text/html;a=\"\r\n\"", uint8(1))
	f.Add("", "a@b", "a@b", "=?utf-8?q?x?=", "--=_x\n.\n", strings.Repeat("r", 2000), strings.Repeat("\u202e", 300), "multipart/mixed", uint8(0))
	f.Fuzz(func(t *testing.T, name, from, to, subject, text, ref, file, kind string, flags uint8) {
		const body = "body of a file"
		m, err := compose.New(compose.Mail{
			From: compose.Mailbox{Name: name, Addr: from}, To: []compose.Mailbox{{Name: subject, Addr: to}}, Cc: []compose.Mailbox{{Name: name, Addr: to}},
			Subject: subject, Text: text, Lang: kind, Date: noon, ID: id, Quote: compose.Quote(flags % 3), Chat: flags&4 != 0, Receipt: flags&8 != 0, Reaction: flags&16 != 0, Edits: ref,
			Answers: &compose.Original{ID: ref, References: []string{ref + "x", name}, Subject: subject, From: compose.Mailbox{Name: name}, Text: text},
			Files:   []compose.File{{Name: file, Type: kind, Size: int64(len(body)), Body: strings.NewReader(body)}},
		})
		if err != nil {
			return
		}
		var b bytes.Buffer
		n, err := m.WriteTo(&b)
		if err != nil {
			t.Fatal(err)
		}
		if size, ok := m.Size(); !ok || size != n {
			t.Errorf("size %d of %d", size, n)
		}
		onWire(t, "fuzz", b.Bytes(), m.UTF8())
		head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			if key, _, _ := strings.Cut(line, ":"); line[0] != ' ' && !slices.Contains(allowed, key) {
				t.Errorf("header %q", line)
			}
		}
		p, err := goRead(b.Bytes())
		if err != nil {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
		if len(p.Files) != 1 || p.Files[0].Hash != hash([]byte(body)) || len(p.To) != 1 || len(p.Cc) != 1 {
			t.Errorf("%+v\n%s", p, b.Bytes())
		}
	})
}

func FuzzSeen(f *testing.F) {
	f.Add("Ann", "ann@example.org", "bob@example.net", "Hello", "ref@x", "rfc822;x@y")
	f.Fuzz(func(t *testing.T, name, from, to, subject, ref, original string) {
		m, err := compose.NewSeen(compose.Seen{From: compose.Mailbox{Name: name, Addr: from}, To: compose.Mailbox{Name: subject, Addr: to}, ID: id, Date: noon, MailID: ref, Subject: subject, Original: original, Recipient: to, Lang: name})
		if err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := m.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		onWire(t, "fuzz", b.Bytes(), m.UTF8())
		if _, err := goRead(b.Bytes()); err != nil {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
	})
}

// A subject is one line, and what is not the subject is the text, as it was.
func FuzzSplitSubject(f *testing.F) {
	for _, s := range []string{"Subject: Lunch\n\nAt noon?", "BETREFF:x", "件名：x\r\ny", "Subject:\r\nX: y\n", "Subject: \x00\u2028\xff\u202e", strings.Repeat("Subject: x ", 200), "тема", "Subject"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		subject, rest, ok := compose.SplitSubject(text)
		switch {
		case !ok && (subject != "" || rest != text):
			t.Fatalf("%q: %q, %q", text, subject, rest)
		case !ok:
			return
		case subject == "" || strings.ContainsAny(subject, "\r\n\x00\v\f\u2028") || strings.TrimSpace(subject) != subject || !strings.HasSuffix(text, rest) || len(rest) >= len(text):
			t.Fatalf("%q: %q, %q", text, subject, rest)
		}
		again, after, ok := compose.SplitSubject("Subject: " + subject + "\n" + rest)
		if !ok || again != subject || after != rest {
			t.Errorf("%q: %q, %q, and again %q, %q", text, subject, rest, again, after)
		}
	})
}
