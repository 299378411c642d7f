package compose_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gomail "github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"

	"wherry/transports/email/addrspec"
	"wherry/transports/email/compose"
)

// parsed is what a program reads from a mail.
type parsed struct {
	Subject string
	From    []string // name, address
	To, Cc  [][]string
	Text    string // as it is on the wire once decoded
	Flowed  bool
	Files   []parsedFile
}

type parsedFile struct{ Name, Type, Hash string }

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// wanted is what is to be read from a sample's mail.
func (s sample) wanted(t *testing.T) parsed {
	m := letter(s.mail)
	if s.seen != nil {
		m.From, m.To, m.Subject = s.seen.From, []compose.Mailbox{s.seen.To}, s.subject
	}
	w := parsed{Subject: or(s.subject, m.Subject), Text: or(s.text, m.Text), From: pair(m.From)}
	w.From[0] = or(s.from, w.From[0])
	for _, to := range m.To {
		w.To = append(w.To, pair(to))
	}
	for _, cc := range m.Cc {
		w.Cc = append(w.Cc, pair(cc))
	}
	for i, f := range m.Files {
		again := f.Body.(*strings.Reader)
		if _, err := again.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(again)
		if err != nil {
			t.Fatal(err)
		}
		p := parsedFile{f.Name, f.Type, hash(body)}
		if s.names != nil {
			p.Name = s.names[i]
		}
		if s.types != nil {
			p.Type = s.types[i]
		}
		w.Files = append(w.Files, p)
	}
	return w
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// pair returns what a mailbox is read as.
func pair(m compose.Mailbox) []string {
	a, err := addrspec.Parse(m.Addr)
	if err != nil {
		panic(err)
	}
	name := m.Name
	if name == m.Addr {
		name = ""
	}
	return []string{name, a.String()}
}

// same compares what a program read, flowed text put together again.
func same(t *testing.T, program string, s sample, got parsed) {
	t.Helper()
	got.Text = strings.TrimSuffix(strings.ReplaceAll(got.Text, "\r\n", "\n"), "\n")
	if got.Flowed {
		got.Text = reflow(got.Text)
	}
	got.Flowed = false
	if diff := cmp.Diff(s.wanted(t), got); diff != "" {
		t.Errorf("%s reads %s otherwise:\n%s", program, s.name, diff)
	}
}

// Python's email package reads what was meant, and finds no defect. MAIL-X6
func TestPython(t *testing.T) {
	t.Parallel()
	all := samples()
	args := []string{filepath.Join("testdata", "parse.py")}
	for _, s := range all {
		args = append(args, golden(s.name))
	}
	var complaint bytes.Buffer
	cmd := exec.Command("python3", args...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaint.Bytes())
	}
	var got []parsed
	if err := json.Unmarshal(out, &got); err != nil || len(got) != len(all) {
		t.Fatalf("%d mails, %v", len(got), err)
	}
	for i, s := range all {
		same(t, "Python", s, got[i])
	}
}

// go-message reads what was meant.
func TestGoMessage(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		_, mail := s.write(t)
		got, err := goRead(mail)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		same(t, "go-message", s, got)
	}
}

func goRead(b []byte) (parsed, error) {
	var p parsed
	r, err := gomail.CreateReader(bytes.NewReader(b))
	if err != nil {
		return p, err
	}
	if p.Subject, err = r.Header.Subject(); err != nil {
		return p, err
	}
	for name, list := range map[string]*[][]string{"From": {}, "To": &p.To, "Cc": &p.Cc} {
		if r.Header.Get(name) == "undisclosed-recipients:;" {
			continue
		}
		addrs, err := r.Header.AddressList(name)
		if err != nil {
			return p, err
		}
		for _, a := range addrs {
			*list = append(*list, []string{a.Name, goAddr(a.Address)})
			if name == "From" {
				p.From = []string{a.Name, goAddr(a.Address)}
			}
		}
	}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return p, nil
		} else if err != nil {
			return p, err
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			return p, err
		}
		switch h := part.Header.(type) {
		case *gomail.InlineHeader:
			kind, params, err := h.ContentType()
			if err != nil {
				return p, err
			}
			if kind == "text/plain" {
				p.Text, p.Flowed = string(body), params["format"] == "flowed"
			}
		case *gomail.AttachmentHeader:
			name, err := h.Filename()
			if err != nil {
				return p, err
			}
			kind, _, err := h.ContentType()
			if err != nil {
				return p, err
			}
			if strings.HasSuffix(kind, "disposition-notification") {
				continue
			}
			p.Files = append(p.Files, parsedFile{name, kind, hash(body)})
		}
	}
}

// goAddr quotes a local part as it was: net/mail takes the quotes off.
func goAddr(s string) string {
	if at := strings.LastIndexByte(s, '@'); strings.Contains(s[:at], " ") {
		return `"` + s[:at] + `"` + s[at:]
	}
	return s
}

// mblaze reads what was meant, but for addresses, which it does not take apart.
func TestMblaze(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		want := s.wanted(t)
		got := parsed{From: want.From, To: want.To, Cc: want.Cc}
		path := golden(s.name)
		got.Subject = strings.TrimSuffix(run(t, "mhdr", "-d", "-h", "subject", path), "\n")
		head, rest, _ := strings.Cut(run(t, "mshow", "-n", "-t", path), "\n  ")
		if !strings.Contains(head, path) {
			t.Fatalf("%s: %q", s.name, head)
		}
		for i, line := range strings.Split(rest, "\n  ") {
			fields := strings.Fields(line)
			number, kind := strings.TrimSuffix(fields[0], ":"), fields[1]
			if strings.HasPrefix(kind, "multipart/") || strings.Contains(kind, "disposition-notification") {
				continue
			}
			body := run(t, "mshow", "-n", "-O", path, number)
			if kind == "text/plain" && (i == 0 || i == 1) && !strings.Contains(line, "name=") {
				got.Text = body
				continue
			}
			_, name, _ := strings.Cut(line, "name=\"")
			if i := strings.LastIndex(name, "\""); i >= 0 {
				name = name[:i]
			}
			got.Files = append(got.Files, parsedFile{name, kind, hash([]byte(body))})
		}
		mail, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got.Flowed = bytes.Contains(mail, []byte("format=flowed"))
		same(t, "mblaze", s, got)
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var complaint bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &complaint
	cmd.Env = append(cmd.Environ(), "MBLAZE="+t.TempDir(), "LC_ALL=C.UTF-8")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, complaint.Bytes())
	}
	return string(out)
}
