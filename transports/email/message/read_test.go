package message_test

import (
	"crypto/sha256"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/transports/email/message"
)

// read reads a mail of lines, with CRLF at their ends.
func read(t testing.TB, lines ...string) *message.Mail {
	t.Helper()
	m, err := message.Read(strings.NewReader(strings.ReplaceAll(strings.Join(lines, "\n"), "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestHeader(t *testing.T) {
	t.Parallel()
	m := read(t,
		"Message-ID: <one@example.org>",
		"In-Reply-To: <zero@example.org>",
		"References: <root@example.org> <zero@example.org>",
		"From: Ann Lee <ann@example.org>, =?utf-8?q?J=C3=BCrgen?= <j@example.org>",
		"Sender: office@example.org",
		"Reply-To: \"Lee, Ann\" <lee@example.org>",
		"To: a@example.com,",
		"\tb@example.com",
		"Cc: Team: c@example.com, d@example.com;",
		"Subject: =?utf-8?B?w5xiZXI=?= =?utf-8?q?_uns?=",
		"Date: Mon, 5 Jan 2026 10:12:00 +0100",
		"", "Hello")
	want := &message.Mail{
		ID: "one@example.org", InReplyTo: []string{"zero@example.org"}, References: []string{"root@example.org", "zero@example.org"},
		From:    []message.Address{{Name: "Ann Lee", Spec: "ann@example.org"}, {Name: "Jürgen", Spec: "j@example.org"}},
		Sender:  []message.Address{{Spec: "office@example.org"}},
		ReplyTo: []message.Address{{Name: "Lee, Ann", Spec: "lee@example.org"}},
		To:      []message.Address{{Spec: "a@example.com"}, {Spec: "b@example.com"}},
		Cc:      []message.Address{{Spec: "c@example.com"}, {Spec: "d@example.com"}},
		Subject: "Über uns", Date: time.Date(2026, 1, 5, 9, 12, 0, 0, time.UTC),
		Bodies: []message.Body{{Plain: "Hello"}}, Whole: true,
	}
	m.Date = m.Date.UTC()
	if diff := cmp.Diff(want, m, cmp.FilterPath(func(p cmp.Path) bool {
		return len(p) == 3 && (p.Last().String() == ".Header" || p.Last().String() == ".extras" || p.Last().String() == ".size" || p.Last().String() == ".sum")
	}, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                                       "plain",
		"=?iso-8859-1?Q?=DCber_uns?=":                 "Über uns",
		"=?UTF-8?B?5pel?= =?UTF-8?B?5pys?=":           "日本",
		"=?UTF-8?B?5pc=?= =?UTF-8?B?peacrA==?=":       "日本", // cut within a character
		"=?utf-8?q?a?= b =?utf-8?q?c?=":               "a b c",
		"=?utf-8?q?spaces in words are=20wrong?=":     "spaces in words are wrong",
		"=?unknown-charset?q?x=E9?=":                  "xé",
		"=?utf-8*en?q?with_language?=":                "with language",
		"broken =?utf-8?q?no end":                     "broken =?utf-8?q?no end",
		"=?utf-8?x?abc?=":                             "=?utf-8?x?abc?=",
		"raw \xfcber":                                 "raw über",
		"raw ü":                                       "raw ü",
		"=?utf-7?q?+AOk-t+AOk-?=":                     "été",
		"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=":          "日本",
		"=?gb2312?B?1tDOxA==?=":                       "中文",
		"=?utf-8?q?line=0Abreak=00and=E2=80=AEturn?=": "line breakandturn",
		"=?utf-8?B?w5xiZXI?=":                         "Über", // no padding
		"=?us-ascii?q??=":                             "",
		"a =?utf-8?q?b?= =?iso-8859-1?q?=E9?=":        "a bé",
		"=?utf-8?q?a?==?utf-8?q?b?=":                  "ab",
	} {
		if got := read(t, "Subject: "+in, "", "x").Subject; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// MAIL-A5
func TestAddresses(t *testing.T) {
	t.Parallel()
	type list = []message.Address
	for in, want := range map[string]list{
		"ann@example.org":                            {{Spec: "ann@example.org"}},
		"<ann@example.org>":                          {{Spec: "ann@example.org"}},
		"ann@example.org (Ann Lee)":                  {{Name: "Ann Lee", Spec: "ann@example.org"}},
		`"Lee, Ann" <ann@example.org>`:               {{Name: "Lee, Ann", Spec: "ann@example.org"}},
		"Lee, Ann <ann@example.org>":                 {{Name: "Lee, Ann", Spec: "ann@example.org"}},
		"a@e.org, b@e.org":                           {{Spec: "a@e.org"}, {Spec: "b@e.org"}},
		"a@e.org; B <b@e.org>;":                      {{Spec: "a@e.org"}, {Name: "B", Spec: "b@e.org"}},
		"Ann [work] <ann@example.org>":               {{Name: "Ann [work]", Spec: "ann@example.org"}},
		"Müller <m@example.org>":                     {{Name: "Müller", Spec: "m@example.org"}},
		"M\xfcller <m@example.org>":                  {{Name: "Müller", Spec: "m@example.org"}},
		"=?utf-8?q?M=C3=BCller=2C_Eva?= <m@e.o>":     {{Name: "Müller, Eva", Spec: "m@e.o"}},
		`"=?utf-8?q?M=C3=BCller?=" <m@e.o>`:          {{Name: "Müller", Spec: "m@e.o"}},
		`"boss@bank.example" <mallory@evil.example>`: {{Spec: "mallory@evil.example"}},
		"undisclosed-recipients:;":                   nil,
		"":                                           nil,
		"nonsense":                                   nil,
		"<@relay.example:ann@example.org>":           {{Spec: "ann@example.org"}},
		`"a b"@example.org`:                          {{Spec: `"a b"@example.org`}},
		"Ann <ann@example.org":                       {{Name: "Ann", Spec: "ann@example.org"}},
		"Ann ann@example.org":                        {{Name: "Ann", Spec: "ann@example.org"}},
		"ann@müller.example":                         {{Spec: "ann@müller.example"}},
		"Ann <ann @ example.org>":                    {{Name: "Ann", Spec: "ann@example.org"}},
		"Ann\u202e <ann@example.org>":                {{Name: "Ann", Spec: "ann@example.org"}},
		"<>":                                         nil,
	} {
		got := read(t, "From: "+in, "", "x").From
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"<a@b>":                {"a@b"},
		"<a@b><c@d> (e) <f@g>": {"a@b", "c@d", "f@g"},
		"a@b c@d":              {"a@b", "c@d"},
		"<a b@c>":              {"ab@c"},
		"Ann's mail of Monday": nil,
		"<no-at-sign>":         {"no-at-sign"},
		"<unclosed@x":          {"unclosed@x"},
	} {
		if got := read(t, "References: "+in, "", "x").References; !cmp.Equal(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	m := read(t, "References:"+strings.Repeat(" <x@y>", 300), "", "")
	if len(m.References) != 100 {
		t.Errorf("%d references", len(m.References))
	}
}

// A line of blanks within a header ends it only where no field follows.
func TestBlankLineInHeader(t *testing.T) {
	t.Parallel()
	m := read(t, "Subject: one", "\t", "X-Report: * a", "  ", "  b", "From: bob@example.org", "", "x")
	if m.Subject != "one" || len(m.From) != 1 || m.Text(false) != "x" {
		t.Errorf("%q, %v", m.Subject, m.From)
	}
	for _, lines := range [][]string{{"Subject: one", " ", "Hello", "From: me"}, {"Subject: one", " ", " indented", "Hello"}, {"Subject: one", "\t", "", "From: me"}} {
		m := read(t, lines...)
		if m.Subject != "one" || len(m.From) != 0 || !strings.Contains(m.Text(false), lines[len(lines)-1]) {
			t.Errorf("%q: %q, %v, %q", lines, m.Subject, m.From, m.Text(false))
		}
	}
}

// A subject that says nothing of its encoding is in that of the text.
func TestSubjectLikeText(t *testing.T) {
	t.Parallel()
	for charset, raw := range map[string]string{"koi8-r": "\xd4\xc5\xd3\xd4", "windows-1251": "\xf2\xe5\xf1\xf2", "": "\xd1\x82\xd0\xb5\xd1\x81\xd1\x82"} {
		m := read(t, "Subject: "+raw, "Content-Type: multipart/mixed; boundary=x", "", "--x", "Content-Type: text/plain; charset="+charset, "", "x", "--x--")
		if m.Subject != "тест" {
			t.Errorf("%s: %q", charset, m.Subject)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 1, 5, 9, 12, 0, 0, time.UTC)
	for _, in := range []string{
		"Mon, 5 Jan 2026 10:12:00 +0100", "5 Jan 2026 10:12 +0100", "Mon, 05 Jan 2026 09:12:00 GMT", "Mon, 5 Jan 2026 10:12:00 +0100 (CET)",
		"Monday, 5 January 2026 10:12:00 +0100", "Mon 5 Jan 2026 10:12:00 +0100", "Mon, 5 Jan 26 10:12:00 +0100", "Mon, 5 Jan 2026 09:12:00 UTC",
		"Mon, 5 Jan 2026 10:12:00 GMT+0100", "Mon, 5 Jan 2026 10:12:00 +01:00", "2026-01-05 10:12:00 +0100", "2026-01-05T10:12:00+01:00", "Mon Jan  5 09:12:00 2026",
		"Mon, 5 Jan 2026 9:12:00 -0000", "Jan 5, 2026 10:12:00 +0100", "Mon, 5 Jan 2026 10.12.00 +0100",
		"Mon, 5 Jan 2026 04:12:00 EST", "Mon, 5 Jan 2026 10:12:00 (local) CET", "5 Jan 2026 09:12:00 XYZ", "Mon 05 Jan 2026 01:12:00 AM PST", "Monday, January 05, 2026 9:12 AM",
	} {
		if got := read(t, "Date: "+in, "", "x").Date; !got.Equal(want) {
			t.Errorf("%q: %v", in, got)
		}
	}
	for _, in := range []string{"", "yesterday", "Mon, 5 Jan 0001 00:00:00 +0000", strings.Repeat("1 ", 500)} {
		if got := read(t, "Date: "+in, "", "x").Date; !got.IsZero() {
			t.Errorf("%q: %v", in, got)
		}
	}
}

// text returns the plain text of what is read.
func text(m *message.Mail) string {
	var all []string
	for _, b := range m.Bodies {
		all = append(all, b.Plain+b.HTML)
	}
	return strings.Join(all, "|")
}

// TestBroken: what is broken costs as little as it can. MAIL-T10
func TestBroken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in     string
		subject, txt string
		parts        int
	}{
		{"mbox", "From ann@example.org Mon Jan  5 10:12:00 2026\nSubject: s\n\nHello\n", "s", "Hello\n", 0},
		{"escaped mbox line", ">From ann Mon Jan  5\nSubject: s\n\nHello\n", "s", "Hello\n", 0},
		{"byte order mark", "\xef\xbb\xbfSubject: s\n\nHello\n", "s", "Hello\n", 0},
		{"blank lines first", "\r\n\r\nSubject: s\r\n\r\nHello", "s", "Hello", 0},
		{"line without indentation", "Subject: one\ntwo\nFrom: a@b\n\nHello", "one two", "Hello", 0},
		{"text without a blank line", "Subject: s\nHello there\nyou", "s", "Hello there\nyou", 0},
		{"no header", "Hello there\nyou", "", "Hello there\nyou", 0},
		{"header alone", "Subject: s\n", "s", "", 0},
		{"blank before the colon", "Subject : s\n\nHello", "s", "Hello", 0},
		{"nothing", "", "", "", 0},
		{"no final boundary", "Subject: s\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nHello\n", "s", "Hello\n", 0},
		{"cut off in a header", "Subject: s\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nHello\n--x\nContent-Ty", "s", "Hello", 0},
		{"empty boundary", "Subject: s\nContent-Type: multipart/mixed; boundary=\"\"\n\n--abc\nContent-Type: text/plain\n\nHello\n--abc--\n", "s", "Hello", 0},
		{"no boundary", "Subject: s\nContent-Type: multipart/mixed\n\n--abc\nContent-Type: text/plain\n\nHello\n--abc--\n", "s", "Hello", 0},
		{"no part", "Subject: s\nContent-Type: multipart/mixed; boundary=x\n\nHello\n", "s", "Hello\n", 0},
		{"other boundary", "Subject: s\nContent-Type: multipart/mixed; boundary=x\n\n--y\n\nHello\n--y--\n", "s", "--y\n\nHello\n--y--\n", 0},
		{"outer boundary ends the inner", "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/alternative; boundary=y\n\n--y\n\nHello\n--x\nContent-Type: image/png\n\nabc\n--x--\n", "", "Hello", 1},
		{"unknown transfer encoding", "Content-Transfer-Encoding: x-none\n\nHello", "", "Hello", 0},
		{"8 bit in quoted-printable", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nü=C3=BC=\n=zz =", "", "üü=zz ", 0},
		{"base64 with dirt", "Content-Transfer-Encoding: base64\n\nSGV\n ***sbG8=\nIHlvdQ==\n", "", "Hello you", 0},
		{"base64 cut off", "Content-Transfer-Encoding: base64\n\nSGVsbG", "", "Hell", 0},
		{"unknown charset", "Content-Type: text/plain; charset=klingon\n\nh\xe9", "", "hé", 0},
		{"wrong charset", "Content-Type: text/plain; charset=us-ascii\n\nh\xe9", "", "hé", 0},
		{"UTF-8 that is none", "Content-Type: text/plain; charset=utf-8\n\nh\xe9", "", "hé", 0},
		{"a bad byte in UTF-8", "Content-Type: text/plain; charset=utf-8\n\nüö\xe9ä", "", "üö\ufffdä", 0},
		{"no charset, UTF-8", "Subject: s\n\nü", "s", "ü", 0},
		{"UTF-7", "Content-Type: text/plain; charset=utf-7\n\nA+AOk-B +- +IKw", "", "AéB + €", 0},
		{"Shift JIS by another name", "Content-Type: text/plain; charset=cp932\n\n\x93\xfa\x96\x7b", "", "日本", 0},
		{"HTML names its charset", "Content-Type: text/html\n\n<meta charset=koi8-r>\xd0", "", "<meta charset=koi8-r>п", 0},
		{"no media type", "Content-Type: text\n\nHello", "", "Hello", 0},
		{"a lonely semicolon", "Content-Type: text/plain;;charset=iso-8859-1;\n\nh\xe9", "", "hé", 0},
		{"NUL", "Subject: s\x00t\n\na\x00b", "st", "a\x00b", 0},
		{"boundary with blanks after", "Content-Type: multipart/mixed; boundary=x\n\n--x  \n\nHello\n--x-- \n", "", "Hello", 0},
		{"text after the end", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nHello\n--x--\nepilogue", "", "Hello", 0},
	} {
		m, err := message.Read(strings.NewReader(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if m.Subject != c.subject || text(m) != c.txt || len(m.Parts) != c.parts {
			t.Errorf("%s: subject %q, text %q, %d parts; want %q, %q, %d", c.name, m.Subject, text(m), len(m.Parts), c.subject, c.txt, c.parts)
		}
	}
}

// MAIL-F2
func TestParts(t *testing.T) {
	t.Parallel()
	m := read(t,
		"Content-Type: multipart/mixed; boundary=a",
		"",
		"This is for programs without MIME.",
		"--a",
		"Content-Type: multipart/related; boundary=b",
		"",
		"--b",
		"Content-Type: multipart/alternative; boundary=c",
		"",
		"--c",
		"Content-Type: text/plain; format=flowed; delsp=yes",
		"",
		"Hello",
		"--c",
		"Content-Type: text/html",
		"",
		`<img src="cid:logo@x">Hello`,
		"--c--",
		"--b",
		"Content-Type: image/png; name=logo.png",
		"Content-ID: <logo@x>",
		"Content-Transfer-Encoding: base64",
		"",
		"aGVsbG8=",
		"--b--",
		"--a",
		`Content-Type: application/pdf; name="=?utf-8?q?B=C3=BCcher.pdf?="`,
		"Content-Disposition: ATTACHMENT;",
		" filename*0*=utf-8''B%C3%BC;",
		" filename*1=cher.pdf",
		"",
		"%PDF",
		"--a",
		`Content-Disposition: attachment; filename="..\..\evil\..\a`+"\u202e"+`b.txt"`,
		"",
		"text",
		"--a",
		"Content-Type: message/rfc822",
		"",
		"Subject: inner",
		"",
		"--not a boundary",
		"--a",
		"",
		"A footer.",
		"--a--")
	want := []message.Part{
		{Path: "1.2", Name: "logo.png", Type: "image/png", Size: 5, ID: "logo@x", Used: true},
		{Path: "2", Name: "Bücher.pdf", Type: "application/pdf", Size: 4, Disposition: "attachment"},
		{Path: "3", Name: "ab.txt", Type: "text/plain", Size: 4, Disposition: "attachment"},
		{Path: "4", Type: "message/rfc822", Size: 34},
	}
	for i, content := range []string{"hello", "%PDF", "text", "Subject: inner\r\n\r\n--not a boundary"} {
		want[i].Known, want[i].Sum = true, sha256.Sum256([]byte(content))
	}
	if diff := cmp.Diff(want, m.Parts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]message.Body{{Plain: "Hello", HTML: `<img src="cid:logo@x">Hello`, Flowed: true, DelSp: true}, {Plain: "A footer."}}, m.Bodies); diff != "" {
		t.Error(diff)
	}
	if !m.Whole {
		t.Error("it is not whole")
	}
}

// MAIL-T10
func TestBounds(t *testing.T) {
	t.Parallel()
	var deep strings.Builder
	for i := range 2000 {
		b := strings.Repeat("x", i%50) + "b" + strings.Repeat("y", i/50)
		deep.WriteString("Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n")
	}
	deep.WriteString("\nHello\n")
	m, err := message.Read(strings.NewReader(deep.String()))
	if err != nil || len(m.Parts)+len(m.Bodies) != 1 {
		t.Errorf("deep: %d parts, %v", len(m.Parts), err)
	}
	m, err = message.Read(strings.NewReader("Content-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\nContent-Type: image/png\n\na\n", 5000) + "--x--\n"))
	if err != nil || len(m.Parts) != 500 || m.Whole {
		t.Errorf("many parts: %d, %v, %v", len(m.Parts), m.Whole, err)
	}
	m, err = message.Read(strings.NewReader(strings.Repeat("X-A: b\n", 1<<20) + "Subject: s\n\nHello"))
	if err != nil || text(m) != "Hello" || m.Header.Len() > 1000 {
		t.Errorf("many fields: %d, %q, %v", m.Header.Len(), text(m), err)
	}
	m, err = message.Read(strings.NewReader("To: " + strings.Repeat("a@b, ", 1<<20) + "\nSubject: s\n\nHello"))
	if err != nil || text(m) != "Hello" || m.Subject != "s" || len(m.To) != 500 {
		t.Errorf("a long field: %q, %d, %v", text(m), len(m.To), err)
	}
	m, err = message.Read(strings.NewReader("Subject: s\n\n" + strings.Repeat("Hello ", 1<<20)))
	if err != nil || len(text(m)) > 1<<20 || m.Whole {
		t.Errorf("long text: %d, %v, %v", len(text(m)), m.Whole, err)
	}
}

// failing is a reader that breaks.
type failing struct{ io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrClosedPipe
	}
	return n, err
}

func TestReaderBreaks(t *testing.T) {
	t.Parallel()
	m, err := message.Read(failing{strings.NewReader("Subject: s\n\nHello")})
	if err != io.ErrClosedPipe || m.Subject != "s" || text(m) != "Hello" || m.Whole {
		t.Errorf("%q, %q, %v, %v", m.Subject, text(m), m.Whole, err)
	}
	if _, _, err := message.OpenPart(failing{strings.NewReader("Subject: s\n\nHello")}, "7"); err != io.ErrClosedPipe {
		t.Error(err)
	}
}

// MAIL-F2
func TestOpenPart(t *testing.T) {
	t.Parallel()
	raw := "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n--x\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		strings.Repeat("aGVs\r\n", 50000) + "--x\r\n\r\nmore\r\n--x--\r\n"
	r, part, err := message.OpenPart(strings.NewReader(raw), "2")
	if err != nil || part.Name != "a.png" || part.Type != "image/png" || part.Path != "2" {
		t.Fatalf("%+v, %v", part, err)
	}
	if content, err := io.ReadAll(r); err != nil || string(content) != strings.Repeat("hel", 50000) {
		t.Errorf("%d bytes, %v", len(content), err)
	}
	for path, want := range map[string]string{"1": "Hello", "3": "more"} {
		r, _, err := message.OpenPart(strings.NewReader(raw), path)
		if err != nil {
			t.Fatal(path, err)
		}
		if content, err := io.ReadAll(r); err != nil || string(content) != want {
			t.Errorf("%s: %q, %v", path, content, err)
		}
	}
	for _, path := range []string{"", "4", "2.1", "x"} {
		if _, _, err := message.OpenPart(strings.NewReader(raw), path); err != message.ErrNoPart {
			t.Errorf("%q: %v", path, err)
		}
	}
	r, _, err = message.OpenPart(strings.NewReader("Subject: s\n\nAll\nof it\n"), "1")
	if err != nil {
		t.Fatal(err)
	}
	if content, _ := io.ReadAll(r); string(content) != "All\nof it\n" {
		t.Errorf("%q", content)
	}
}
