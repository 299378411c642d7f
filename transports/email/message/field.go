package message

import (
	"bytes"
	"slices"
	"strings"

	"github.com/emersion/go-message/mail"
)

// Fields by which the beginning of a header is told from text. They are in lower
// case; "x-" and so on are of all that begin so.
var (
	partFields = []string{"content-", "x-", "mime-version"}
	mailFields = append([]string{
		"received", "return-path", "from", "to", "cc", "subject", "date", "message-id", "reply-to", "sender", "in-reply-to",
		"references", "delivered-to", "dkim-", "arc-", "authentication-", "list-", "user-agent", "auto-submitted", "precedence",
	}, partFields...)
)

// startsField tells whether a line is one of the fields.
func startsField(line []byte, fields []string) bool {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 60 {
		return false
	}
	name := strings.ToLower(string(bytes.TrimRight(line[:i], " \t")))
	return slices.ContainsFunc(fields, func(f string) bool {
		return name == f || strings.HasSuffix(f, "-") && strings.HasPrefix(name, f)
	})
}

// skipStart skips what stands before a message: a byte order mark, blank lines
// and an mbox's line.
func (w *walker) skipStart() {
	if mark, _ := w.in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		w.in.Discard(3)
		w.read += 3
	}
	head, _ := w.in.Peek(1024)
	for at := 0; at < len(head); {
		line, _, ok := bytes.Cut(head[at:], []byte("\n"))
		if !ok {
			return
		}
		if blank := len(bytes.TrimSpace(line)) == 0; !blank && !isMbox(line) {
			if _, _, field := cutField(line); field && startsField(line, mailFields) || field && isMbox(head) {
				w.in.Discard(at)
				w.read += int64(at)
			}
			return
		}
		at += len(line) + 1
	}
}

// isMbox tells whether a line is what an mbox puts before a message, RFC 4155.
func isMbox(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// fields collects a header.
type fields struct {
	names, values []string
	value         []byte // of the last field, so far
	size          int
}

func (f *fields) begin(name, value []byte) {
	f.end()
	if len(f.names) < maxFields && f.size < maxHeader {
		f.names = append(f.names, string(name))
		f.value = f.value[:0]
		f.add(value)
	}
}

// add lets a field go on.
func (f *fields) add(more []byte) {
	if len(f.names) == len(f.values) {
		return // it was one too many
	}
	more = more[:max(0, min(len(more), maxField-len(f.value), maxHeader-f.size))]
	f.value = append(f.value, more...)
	f.size += len(more)
}

func (f *fields) end() {
	if len(f.names) > len(f.values) {
		f.values = append(f.values, string(bytes.TrimSpace(f.value)))
	}
}

// header returns what was collected, in its order.
func (f *fields) header() (h mail.Header) {
	f.end()
	for i := len(f.names) - 1; i >= 0; i-- { // each is put before the ones that are there
		h.Add(f.names[i], f.values[i])
	}
	return h
}

// readHeader reads a header up to the blank line after it, or up to what is none.
func (w *walker) readHeader(e *entity) {
	var f fields
	defer func() { e.header = f.header() }()
	for w.next() {
		line := w.line
		text := bytes.TrimRight(line, "\r\n")
		switch name, value, ok := cutField(text); {
		case !w.start:
			f.add(text)
		case len(bytes.TrimSpace(text)) == 0:
			if len(text) == 0 || !w.headerGoesOn() {
				return
			}
		case len(w.open) > 0 && bytes.HasPrefix(text, []byte("--")) && w.endsHeader():
			w.again = true
			return
		case text[0] == ' ' || text[0] == '\t':
			f.add(append([]byte{' '}, bytes.TrimLeft(text, " \t")...))
		case ok:
			f.begin(name, value)
		case isMbox(text):
		case len(w.open) > 0 && line[len(line)-1] != '\n' && len(line) < lineBuffer: // the mail was cut off in it
		case startsField(w.peek(), mailFields):
			// A line that lost its indentation, or its place. It is peculiar to lose
			// the header, and with it the mail's form, for that.
			f.add(append([]byte{' '}, bytes.TrimRight(w.line, "\r\n")...))
		default:
			w.again = true
			return
		}
	}
}

// headerGoesOn tells whether a line of blanks is a part of a field, as RFC 5322 §4.2
// has it of old: another field follows, perhaps after more of this one.
func (w *walker) headerGoesOn() bool {
	w.line = bytes.Clone(w.line)
	ahead, _ := w.in.Peek(1024)
	for line := range bytes.Lines(ahead) {
		if line[0] != ' ' && line[0] != '\t' {
			return startsField(line, mailFields)
		}
	}
	return false
}

// endsHeader tells whether a line is a boundary.
func (w *walker) endsHeader() bool {
	at, _ := w.atBoundary()
	return at >= 0
}

// cutField splits a line into a field's name and value, RFC 5322 §3.6.8. Blanks
// before the colon are old, but allowed (§4.5).
func cutField(line []byte) (name, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return nil, nil, false
	}
	name = bytes.TrimRight(line[:i], " \t")
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return nil, nil, false
		}
	}
	return name, line[i+1:], len(name) > 0 && len(name) <= 200
}
