package compose_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email/compose"
)

var update = flag.Bool("update", false, "write the golden files anew")

// write writes the mail of a sample.
func (s sample) write(t testing.TB) (*compose.Message, []byte) {
	t.Helper()
	var m *compose.Message
	var err error
	if s.seen != nil {
		m, err = compose.NewSeen(*s.seen)
	} else {
		m, err = compose.New(letter(s.mail))
	}
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	var b bytes.Buffer
	n, err := m.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%s: wrote %d of %d: %v", s.name, n, b.Len(), err)
	}
	if size, ok := m.Size(); !ok || size != n {
		t.Errorf("%s: size %d, %v, of %d", s.name, size, ok, n)
	}
	return m, b.Bytes()
}

func golden(name string) string { return filepath.Join("testdata", name+".eml") }

// The bytes are those that were looked at, and keep the rules of the wire. MAIL-T9,
// MAIL-T12, MAIL-X6
func TestGolden(t *testing.T) {
	t.Parallel()
	all := samples()
	files, err := filepath.Glob(golden("*"))
	if err != nil || len(files) != len(all) && !*update {
		t.Errorf("%d files of %d mails, %v", len(files), len(all), err)
	}
	for _, s := range all {
		m, got := s.write(t)
		if *update {
			if err := os.WriteFile(golden(s.name), got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden(s.name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v\n%s", s.name, err, got)
		}
		if m.UTF8() != s.utf8 {
			t.Errorf("%s: utf8 %v", s.name, m.UTF8())
		}
		for _, h := range s.headers {
			if !strings.Contains("\r\n"+string(got), h) {
				t.Errorf("%s lacks %q:\n%s", s.name, h, got)
			}
		}
		for _, h := range s.lacks {
			if strings.Contains(string(got), h) {
				t.Errorf("%s has %q:\n%s", s.name, h, got)
			}
		}
		onWire(t, s.name, got, s.utf8)
	}
}

// onWire holds a mail to RFC 5322 §2.1.1 and §2.3, and to seven bits.
func onWire(t testing.TB, name string, mail []byte, utf8 bool) {
	t.Helper()
	if !bytes.HasSuffix(mail, []byte("\r\n")) {
		t.Errorf("%s ends in a line", name)
	}
	for line := range bytes.SplitSeq(mail, []byte("\r\n")) {
		if len(line) > 998 {
			t.Errorf("%s: a line of %d bytes", name, len(line))
		}
		for _, c := range line {
			if c == '\r' || c == '\n' || c == 0 || c >= 0x80 && !utf8 {
				t.Errorf("%s: byte %#x in %q", name, c, line)
			}
		}
	}
}

// Headers are at most 78 characters wide where they can be folded. MAIL-X6
func TestFolding(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		_, mail := s.write(t)
		head, _, _ := bytes.Cut(mail, []byte("\r\n\r\n"))
		for line := range strings.SplitSeq(string(head), "\r\n") {
			if len(line) > 78 {
				t.Errorf("%s: %d bytes in %q", s.name, len(line), line)
			}
			if strings.TrimSpace(line) == "" {
				t.Errorf("%s: an empty line in the head", s.name)
			}
		}
	}
}

// MAIL-V5
func TestRefused(t *testing.T) {
	t.Parallel()
	to := func(addr string) compose.Mail {
		return letter(compose.Mail{Text: "x", To: []compose.Mailbox{{Addr: addr}}})
	}
	with := func(change func(*compose.Mail)) compose.Mail {
		m := letter(compose.Mail{Text: "x"})
		change(&m)
		return m
	}
	for _, tt := range []struct {
		name string
		mail compose.Mail
		kind transports.ErrorKind
	}{
		{"nothing", letter(compose.Mail{Text: " \r\n\x00"}), transports.Incomplete},
		{"nobody", with(func(m *compose.Mail) { m.To = nil }), transports.Incomplete},
		{"too many", with(func(m *compose.Mail) {
			m.To = nil
			for _, l := range many(501, "#@x") {
				m.To = append(m.To, compose.Mailbox{Addr: l})
			}
			for i := range m.To {
				m.To[i].Addr = strings.Repeat("q", i%200+1) + m.To[i].Addr
			}
		}), transports.TooLong},
		{"to", to("bob@example.net>, eve@example.org"), transports.Malformed},
		{"to newline", to("bob@example.net\r\nBcc: eve@example.org"), transports.Malformed},
		{"from", with(func(m *compose.Mail) { m.From.Addr = "ann" }), transports.Malformed},
		{"id", with(func(m *compose.Mail) { m.ID = "a>\r\nBcc: x" }), transports.Internal},
		{"no id", with(func(m *compose.Mail) { m.ID = "" }), transports.Internal},
		{"date", with(func(m *compose.Mail) { m.Date = time.Time{} }), transports.Internal},
	} {
		if _, err := compose.New(tt.mail); err == nil || transports.AsError(err).Kind != tt.kind {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := compose.NewSeen(compose.Seen{From: ann, To: compose.Mailbox{Addr: "x\ny@z"}, ID: id, Date: noon}); err == nil {
		t.Error("a report to nowhere")
	}
}

// MAIL-T9
func TestRecipients(t *testing.T) {
	t.Parallel()
	m, err := compose.New(letter(compose.Mail{Text: "x", To: []compose.Mailbox{bob, {Addr: "Bob@example.net"}}, Cc: []compose.Mailbox{bob}, Bcc: []compose.Mailbox{{Addr: "c@BÜCHER.example"}}}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.Recipients(), []string{"bob@example.net", "Bob@example.net", "c@xn--bcher-kva.example"}; !slices.Equal(got, want) || m.From() != "ann@example.org" {
		t.Errorf("%q from %q", got, m.From())
	}
	r, err := compose.NewSeen(compose.Seen{From: ann, To: bob, ID: id, Date: noon})
	if err != nil || r.From() != "" || !slices.Equal(r.Recipients(), []string{bob.Addr}) {
		t.Errorf("%v, %v", r, err)
	}
}

// A file that is not what it was said to be ends the mail in the middle.
func TestFileFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, f := range []compose.File{
		{Name: "short", Size: 5, Body: strings.NewReader("1234")},
		{Name: "long", Size: 3, Body: strings.NewReader("1234")},
		{Name: "broken", Size: -1, Body: io.MultiReader(strings.NewReader("1234"), errorReader{broken})},
	} {
		m, err := compose.New(letter(compose.Mail{Text: "x", Files: []compose.File{f}}))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := m.WriteTo(&b); err == nil || bytes.HasSuffix(b.Bytes(), []byte("--\r\n")) || f.Name == "broken" && !errors.Is(err, broken) {
			t.Errorf("%s: %v\n%s", f.Name, err, b.Bytes())
		}
		if _, ok := m.Size(); ok != (f.Size >= 0) {
			t.Errorf("%s: size known %v", f.Name, ok)
		}
	}
	m, _ := compose.New(letter(compose.Mail{Files: []compose.File{file("a", "", "b")}}))
	_, _ = m.WriteTo(io.Discard)
	if _, err := m.WriteTo(io.Discard); err == nil {
		t.Error("files were read twice")
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// A large file is never held. MAIL-T8
func TestFileStreams(t *testing.T) {
	const size = 8 << 20
	m, err := compose.New(letter(compose.Mail{Files: []compose.File{{Name: "big", Size: size, Body: io.LimitReader(zeros{}, size)}}}))
	if err != nil {
		t.Fatal(err)
	}
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		if b.N == 1 {
			if n, err := m.WriteTo(io.Discard); err != nil || n < size*4/3 {
				b.Errorf("%d, %v", n, err)
			}
		}
	}).MemBytes
	if allocated > 1<<20 {
		t.Errorf("%d bytes were allocated", allocated)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// MAIL-E1
func TestIDs(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z2-7]{26,32}@xn--bcher-kva\.example$`)
	const addr = "ann@Bücher.example"
	a, b := compose.NewID(addr), compose.NewID(addr)
	c, d := compose.StableID("secret", "1", addr), compose.StableID("secret", "1", addr)
	e, f := compose.StableID("secret", "2", addr), compose.StableID("other", "1", addr)
	for _, id := range []string{a, b, c, d, e, f} {
		if !form.MatchString(id) {
			t.Errorf("id %q", id)
		}
	}
	if a == b || c != d || c == e || c == f {
		t.Error(a, b, c, d, e, f)
	}
	if !compose.OwnID("secret", c) || !compose.OwnID("secret", e) || compose.OwnID("secret", a) || compose.OwnID("secret", f) {
		t.Error("ids of ours are not told from others")
	}
	for _, forged := range []string{"", "@", c[:20], "a" + c[1:], strings.Replace(c, "@", "@x.", 1), c[:31]} {
		if compose.OwnID("secret", forged) {
			t.Errorf("%q is taken for ours", forged)
		}
	}
}

// MAIL-H3, MAIL-H4
func TestSubjects(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"Lunch", "Re: Lunch"}, {"Re: Lunch", "Re: Lunch"}, {"RE: re : AW: Lunch", "Re: Lunch"}, {"Re[3]: Lunch", "Re: Lunch"}, {"Re：Lunch", "Re: Lunch"},
		{"回复：你好", "Re: 你好"}, {"Fwd: Lunch", "Re: Fwd: Lunch"}, {"Re: Fwd: Re: x", "Re: Fwd: Re: x"}, {"", "Re:"}, {"Note: x", "Re: Note: x"}, {"Ref: 12345", "Re: Ref: 12345"}, {"Re:", "Re:"}, {"[list] Re: x", "Re: [list] Re: x"},
	} {
		if got := compose.ReplySubject(tt.in); got != tt.want {
			t.Errorf("%q became %q", tt.in, got)
		}
	}
	for _, tt := range []struct{ in, want string }{
		{"\n\n  Hi  there \nmore", "Hi there"}, {"", ""}, {"> quoted\nmine", "quoted"},
		{strings.Repeat("word ", 20), "word word word word word word word word word word word ..."},
		{strings.Repeat("あ", 61), strings.Repeat("あ", 56) + "..."},
		{strings.Repeat("e\u0301", 31), strings.Repeat("e\u0301", 28) + "..."},
		{strings.Repeat("x", 60), strings.Repeat("x", 60)},
	} {
		got := compose.NewSubject(tt.in)
		if got != tt.want || len([]rune(got)) > 60 {
			t.Errorf("%q became %q", tt.in, got)
		}
	}
	for _, tt := range []struct {
		in, subject, rest string
		ok                bool
	}{
		{"Subject: Lunch\n\nAt noon?", "Lunch", "At noon?", true}, {"SUBJECT:x", "x", "", true}, {"Subject:\nx", "", "Subject:\nx", false}, {"Subjects: x", "", "Subjects: x", false}, {"x", "", "x", false},
		{"Betreff : x", "", "Betreff : x", false}, {"ТЕМА: Обед\nУра", "Обед", "Ура", true}, {"主题：你好\n再见", "你好", "再见", true}, {"https://a:b", "", "https://a:b", false},
		{"subject: a: b", "a: b", "", true}, {"\nSubject: x", "", "\nSubject: x", false}, {" Subject: x", "", " Subject: x", false},
	} {
		if s, rest, ok := compose.SplitSubject(tt.in); s != tt.subject || rest != tt.rest || ok != tt.ok {
			t.Errorf("%q: %q, %q, %v", tt.in, s, rest, ok)
		}
	}
}

// However long a mail was, its answer repeats no more than a bounded part.
func TestQuoteBound(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("ä", 100<<10), strings.Repeat("ein Wort ", 20<<10), strings.Repeat("Zeile\n", 20<<10)} {
		for _, q := range []compose.Quote{compose.QuoteShort, compose.QuoteFull} {
			_, got := sample{name: "long", mail: compose.Mail{Text: "x", Quote: q, Answers: &compose.Original{ID: "a@b", Text: text}}}.write(t)
			p, err := goRead(got)
			if err != nil || len(got) > 150<<10 || q == compose.QuoteShort && len(got) > 4<<10 || !strings.Contains(p.Text, "[...]") {
				t.Errorf("%d bytes of quote %d, %v", len(got), q, err)
			}
			onWire(t, "long", got, false)
		}
	}
}
