package message_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wherry/transports/email/message"
)

// mails are the samples of testdata/mails.
func mails(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)] = raw
	}
	return all
}

// check holds a mail to what is so of each.
func check(t testing.TB, raw []byte) {
	m, err := message.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range append(append(m.From, m.To...), m.ReplyTo...) {
		if strings.ContainsAny(a.Name+a.Spec, "\r\n\x00") || !utf8.ValidString(a.Name+a.Spec) || !strings.Contains(a.Spec, "@") {
			t.Errorf("address %q <%q>", a.Name, a.Spec)
		}
	}
	if strings.ContainsAny(m.Subject, "\r\n\x00") || !utf8.ValidString(m.Subject) {
		t.Errorf("subject %q", m.Subject)
	}
	for _, b := range m.Bodies {
		if !utf8.ValidString(b.Plain) || !utf8.ValidString(b.HTML) {
			t.Error("a text is not UTF-8")
		}
	}
	if len(m.References) > 100 || len(m.Parts) > 501 || len(m.ID) > 998 {
		t.Error("more than there may be")
	}
	seen := map[string]bool{}
	for i, p := range m.Parts {
		if seen[p.Path] || strings.ContainsAny(p.Name, "/\\\r\n\x00") && p.Name != "" {
			t.Errorf("part %+v", p)
		}
		if seen[p.Path] = true; i < 5 {
			checkPart(t, raw, p)
		}
	}
	m.Text(true)
	m.List()
	m.Chat()
	m.Origin()
	m.StableID("account")
	again, err := message.Read(iotest.OneByteReader(bytes.NewReader(raw)))
	if err != nil || again.StableID("") != m.StableID("") || !cmp.Equal(again.Parts, m.Parts) || !cmp.Equal(again.Bodies, m.Bodies) || again.Subject != m.Subject {
		t.Errorf("read byte by byte, it is another mail: %v", err)
	}
}

// checkPart holds what is said of a part to what it holds.
func checkPart(t testing.TB, raw []byte, p message.Part) {
	r, opened, err := message.OpenPart(bytes.NewReader(raw), p.Path)
	if err != nil {
		t.Fatalf("%s: %v", p.Path, err)
	}
	hash := sha256.New()
	n, err := io.Copy(hash, r)
	if err != nil || n != p.Size || opened.Name != p.Name || opened.Type != p.Type {
		t.Errorf("%+v: %d bytes, %+v, %v", p, n, opened, err)
	}
	if p.Known && !bytes.Equal(hash.Sum(nil), p.Sum[:]) {
		t.Errorf("%s has another sum", p.Path)
	}
}

func TestMails(t *testing.T) {
	t.Parallel()
	for name, raw := range mails(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, raw)
			crlf := bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
			check(t, crlf)
			for i := 0; i < len(raw); i += 1 + len(raw)/40 { // cut off anywhere
				check(t, raw[:i])
			}
		})
	}
}

// TestMixedUp: whatever lines a mail has, it is read. MAIL-T10
func TestMixedUp(t *testing.T) {
	t.Parallel()
	lines := []string{
		"", "--x", "--x--", "--y", "--y--", "--", "----", "Content-Type: multipart/mixed; boundary=x", "Content-Type: multipart/alternative; boundary=y",
		"Content-Type: multipart/report", "Content-Type: text/html", "Content-Type: text/plain; charset=\"utf-16\"", "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable",
		"Content-Disposition: attachment; filename*=utf-8''a%2fb", "Content-Type: message/delivery-status", "Subject: a", " folded", "From ", ">From x", "From: a <b@c>", "SGVsbG8=", "=C3=BC=", "no field", "Date: now", "\xff\xfe", "<div><p>a", "> a", "BEGIN:VEVENT",
	}
	rapid.Check(t, func(rt *rapid.T) {
		mail := strings.Join(rapid.SliceOfN(rapid.SampledFrom(lines), 0, 40).Draw(rt, "lines"), rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "end"))
		check(t, []byte(mail))
		if t.Failed() {
			rt.Fatalf("%q", mail)
		}
	})
}

// MAIL-T10
func FuzzRead(f *testing.F) {
	for _, raw := range mails(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { check(t, raw) })
}

// FuzzHeader: a field's texts come out fit to be shown, and the same when they are
// read again.
func FuzzHeader(f *testing.F) {
	f.Add("=?utf-8?q?a?= <a@b>, \"x\" <y@z>", "<a@b> c@d", "text/plain; charset=\"x\"; name*0*=utf-8'en'%41; name*1=b")
	f.Fuzz(func(t *testing.T, from, ids, kind string) {
		field := func(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }
		raw := "From: " + field(from) + "\nTo: " + field(from) + "\nSubject: " + field(from) + "\nReferences: " + field(ids) + "\nContent-Type: " + field(kind) + "\nList-Id: " + field(ids) + "\n\nx"
		check(t, []byte(raw))
		m, _ := message.Read(strings.NewReader(raw))
		for _, a := range m.From {
			again, _ := message.Read(strings.NewReader("From: <" + a.Spec + ">\n\nx"))
			if len(again.From) != 1 || again.From[0].Spec != a.Spec {
				t.Errorf("%q is read again as %+v", a.Spec, again.From)
			}
		}
		for _, id := range m.References {
			again, _ := message.Read(strings.NewReader("Message-ID: <" + id + ">\n\nx"))
			if again.ID != id {
				t.Errorf("%q is read again as %q", id, again.ID)
			}
		}
	})
}
