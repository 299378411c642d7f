package e2e

import (
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// note is a mail as a mail program writes it.
type note struct {
	id      string // its Message-ID without <>
	chain   []string
	subject string
	text    string
	more    []string // further lines of the header
	file    *attached
}

// attached is a file of a mail.
type attached struct {
	name, typ string
	content   []byte
}

// newNote returns a note with an id of its own, and a text that nobody else says.
func (o *office) newNote(subject string) note {
	return note{id: fresh("note-") + "@" + world.MailHost, subject: subject, text: o.words()}
}

// answering makes a note the answer to the last of some mails, which are given by
// their ids, the oldest first.
func (n note) answering(chain ...string) note {
	n.chain = chain
	return n
}

// words returns a text that nobody else says, and that must not be logged.
func (o *office) words() string {
	text := fresh("the tide turns at ") + " bells"
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unsaid = append(o.unsaid, text)
	return text
}

// send sends a note from one to others.
func (n note) send(from *worldtest.Writer, to ...string) {
	from.Submit(n.raw(from.Address, to...), to...)
}

// raw returns the note as it is sent.
func (n note) raw(from string, to ...string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("From: %s <%s>", mime.QEncoding.Encode("utf-8", "Bob Ünlü"), from)
	line("To: %s", strings.Join(to, ", "))
	line("Subject: %s", mime.BEncoding.Encode("utf-8", n.subject))
	line("Date: %s", time.Now().Format(time.RFC1123Z))
	line("Message-ID: <%s>", n.id)
	if k := len(n.chain); k > 0 {
		line("In-Reply-To: <%s>", n.chain[k-1])
		line("References: <%s>", strings.Join(n.chain, ">\r\n <"))
	}
	for _, more := range n.more {
		line("%s", more)
	}
	line("MIME-Version: 1.0")
	const text = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
	if n.file == nil {
		line("%s\r\n%s", text, strings.ReplaceAll(n.text, "\n", "\r\n"))
		return b.String()
	}
	line("Content-Type: multipart/mixed; boundary=seam\r\n")
	line("--seam\r\n%s\r\n%s", text, strings.ReplaceAll(n.text, "\n", "\r\n"))
	line("--seam\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64", n.file.typ)
	line("Content-Disposition: %s\r\n", mime.FormatMediaType("attachment", map[string]string{"filename": n.file.name}))
	for chunk := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(n.file.content)), 76) {
		line("%s", chunk)
	}
	line("--seam--")
	return b.String()
}

// letter is a mail as it was read.
type letter struct {
	*world.Letter
	subject, from string
	text          string
	files         []attached
}

// read reads a mail by what Go's library makes of it.
func read(t *testing.T, l *world.Letter) letter {
	t.Helper()
	var words mime.WordDecoder
	subject, err := words.DecodeHeader(l.Get("Subject"))
	if err != nil {
		t.Errorf("the subject %q: %v", l.Get("Subject"), err)
	}
	got := letter{Letter: l, subject: subject}
	from, err := mail.ParseAddress(l.Get("From"))
	if err != nil {
		t.Fatalf("From: %v", err)
	}
	got.from = from.String()
	if name := from.Name; name != "" {
		got.from = name + " <" + from.Address + ">"
	}
	got.part(t, textproto.MIMEHeader(l.Header), l.Body)
	got.text = strings.TrimRight(strings.ReplaceAll(got.text, "\r\n", "\n"), "\n")
	return got
}

// part reads one part, and those in it.
func (l *letter) part(t *testing.T, h textproto.MIMEHeader, body string) {
	t.Helper()
	typ, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		typ = "text/plain"
	}
	if strings.HasPrefix(typ, "multipart/") {
		for r := multipart.NewReader(strings.NewReader(body), params["boundary"]); ; {
			p, err := r.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatalf("a part of the mail: %v", err)
			}
			inner, err := io.ReadAll(p)
			if err != nil {
				t.Fatalf("a part of the mail: %v", err)
			}
			l.part(t, p.Header, string(inner))
		}
	}
	var r io.Reader = strings.NewReader(body)
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("the content of the mail: %v", err)
	}
	disposition, names, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
	if disposition == "attachment" {
		l.files = append(l.files, attached{names["filename"], typ, content})
		return
	}
	l.text += string(content)
}

// id is the Message-ID without <>.
func (l letter) id() string { return strings.Trim(l.Get("Message-ID"), "<>") }

// wantAnswers: a mail answers the last of some, and names all of them.
func (l letter) wantAnswers(t *testing.T, chain ...string) {
	t.Helper()
	var refs []string
	for _, ref := range strings.Fields(l.Get("References")) {
		refs = append(refs, strings.Trim(ref, "<>"))
	}
	if want := "<" + chain[len(chain)-1] + ">"; l.Get("In-Reply-To") != want || !slices.Equal(refs, chain) {
		t.Errorf("%q answers %s and refers to %q, want %s and %q", l.subject, l.Get("In-Reply-To"), refs, want, chain)
	}
}

// gets waits until somebody has a mail with a text.
func gets(t *testing.T, w *worldtest.Writer, text string) letter {
	t.Helper()
	return read(t, w.Expect("the text "+text, func(l *world.Letter) bool { return strings.Contains(readable(l), text) }))
}

// readable is a mail's body, with what is mostly done to it undone: enough to find
// a text in it.
func readable(l *world.Letter) string {
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(l.Body)))
	if err != nil || l.Get("Content-Transfer-Encoding") == "base64" {
		text, _ = base64.StdEncoding.DecodeString(strings.ReplaceAll(l.Body, "\r\n", ""))
	}
	return l.Body + string(text)
}

// comes waits for a message of somebody's that says so, below whatever else.
func (b *boxholder) comes(from, text string) *world.Element {
	b.t.Helper()
	return b.Expect("the mail "+text, func(e *world.Element) bool {
		sender, _, _ := strings.Cut(e.From(), "/")
		return e.Name() == "message" && e.Type() == "chat" && sender == b.o.contact(from) && strings.HasSuffix(e.Body(), text)
	})
}

// writes sends a mail by XMPP, and returns its id and text.
func (b *boxholder) writes(to string, payload ...string) (id, text string) {
	b.t.Helper()
	id, text = world.NewID(), b.o.words()
	b.writesAs(id, to, text, payload...)
	return id, text
}

func (b *boxholder) writesAs(id, to, text string, payload ...string) {
	b.t.Helper()
	words := world.XML(`<message to="%s" type="chat" id="%s"><body>%s</body>`, b.o.contact(to), id, text)
	if err := b.Send(words + strings.Join(payload, "") + `</message>`); err != nil {
		b.t.Fatal(err)
	}
}

// replying says which message is answered (XEP-0461).
func replying(m *world.Element) string {
	return world.XML(`<reply xmlns="`+nsReply+`" to="%s" id="%s"/>`, m.From(), m.ID())
}

// threaded puts a message into a conversation (XEP-0201).
func threaded(m *world.Element) string {
	return world.XML(`<thread>%s</thread>`, m.Child("thread").Text)
}

// wantReply: a message answers one of the user's own.
func (b *boxholder) wantReply(m *world.Element, id string) {
	b.t.Helper()
	if got := m.Child("reply", nsReply); got.Attr("id") != id || got.Attr("to") != b.Bare {
		b.t.Errorf("want the answer to %s of %s: %v", id, b.Bare, m)
	}
}

const nsReply = "urn:xmpp:reply:0"
