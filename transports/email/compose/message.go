package compose

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"wherry/transports"
)

// Message is a mail that can be written.
type Message struct {
	envelope
	parts []part
	end   []byte // what follows the last part
	wrote bool
}

// envelope is what SMTP is told of a mail.
type envelope struct {
	from string
	to   []string
	utf8 bool
}

// part is a piece of a mail: something that is known, and a file behind it.
type part struct {
	known []byte
	file  *File
}

// From returns the address that failures are reported to; empty for a report.
func (m *Message) From() string { return m.from }

// Recipients returns the addresses of all who get the mail, once each.
func (m *Message) Recipients() []string { return m.to }

// UTF8 tells that the mail can only go by SMTPUTF8 (RFC 6531).
func (m *Message) UTF8() bool { return m.utf8 }

// Size returns how many bytes WriteTo writes; false where the size of a file is
// not known.
func (m *Message) Size() (int64, bool) {
	n := int64(len(m.end))
	for _, p := range m.parts {
		n += int64(len(p.known))
		if p.file == nil {
			continue
		}
		if p.file.Size < 0 {
			return 0, false
		}
		n += encodedSize(p.file.Size)
	}
	return n, true
}

// errTwice tells that a mail with files was to be written again.
var errTwice = errors.New("the files were read already")

// WriteTo writes the mail. A mail with files is written once only. A file that
// cannot be read, or is not as long as it was said to be, ends it in the middle:
// what was written then is no mail, and must not be sent.
func (m *Message) WriteTo(w io.Writer) (int64, error) {
	c := &counter{w: w}
	for _, p := range m.parts {
		if p.file != nil && m.wrote {
			return c.n, errTwice
		}
		if _, err := c.Write(p.known); err != nil {
			return c.n, err
		}
		if p.file != nil {
			if err := p.file.write(c); err != nil {
				return c.n, err
			}
		}
	}
	m.wrote = true
	_, err := c.Write(m.end)
	return c.n, err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// write writes a file in base64.
func (f *File) write(w io.Writer) error {
	lines := &lineWriter{w: w}
	enc := base64.NewEncoder(base64.StdEncoding, lines)
	body := f.Body
	if f.Size >= 0 {
		body = io.LimitReader(f.Body, f.Size+1)
	}
	n, err := io.Copy(enc, body)
	if err != nil {
		return fmt.Errorf("file %.40q: %w", f.Name, err)
	}
	if f.Size >= 0 && n != f.Size {
		return &transports.Error{Kind: transports.Undelivered, Text: transports.T("The file %s is not as long as it was said to be. Nothing was sent.", cleanName(f.Name)),
			Err: fmt.Errorf("%d bytes, not %d", n, f.Size)}
	}
	if err := enc.Close(); err != nil {
		return err
	}
	return lines.end()
}

// lineMost is how long a line of an encoding may be (RFC 2045 §6.7, §6.8).
const lineMost = 76

// lineWriter cuts into lines.
type lineWriter struct {
	w   io.Writer
	col int
	buf bytes.Buffer
}

func (l *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	l.buf.Reset()
	for len(p) > 0 {
		if l.col == lineMost {
			l.buf.WriteString("\r\n")
			l.col = 0
		}
		piece := p[:min(len(p), lineMost-l.col)]
		l.buf.Write(piece)
		l.col += len(piece)
		p = p[len(piece):]
	}
	if _, err := l.w.Write(l.buf.Bytes()); err != nil {
		return 0, err
	}
	return n, nil
}

func (l *lineWriter) end() error {
	if l.col == 0 {
		return nil
	}
	_, err := io.WriteString(l.w, "\r\n")
	return err
}

// encodedSize returns the length of so many bytes in base64, with its lines.
func encodedSize(n int64) int64 {
	n = (n + 2) / 3 * 4
	return n + (n+lineMost-1)/lineMost*2
}
