package stream

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// framer cuts the bytes of a stream into top-level pieces: whole elements and
// the white space, comments and instructions between them. It knows just
// enough of XML to find where an element ends, so that an element may be too
// big, too deep or broken inside, and the stream goes on behind it.
type framer struct {
	r     *bufio.Reader
	max   int    // bytes of an element that are kept
	buf   []byte // the element
	over  bool   // it is longer than max; buf holds its start
	size  int64  // how long it is
	depth int    // of open elements
}

// errNotXML is something between elements that no stream has there.
var errNotXML = errors.New("not well-formed XML")

func newFramer(r io.Reader, limit int) *framer {
	return &framer{r: bufio.NewReaderSize(r, 32<<10), max: limit}
}

// keep takes bytes of the element; beyond max they are only counted.
func (f *framer) keep(p []byte) {
	f.size += int64(len(p))
	if room := f.max - len(f.buf); len(p) > room {
		f.over = true
		p = p[:room]
	}
	f.buf = append(f.buf, p...)
}

// next reads one element. Its bytes are in f.buf until the next call. It
// returns io.EOF at the end tag of the stream and where the connection ends
// between elements.
func (f *framer) next() error {
	f.buf, f.over, f.size, f.depth = f.buf[:0], false, 0, 0
	if cap(f.buf) > 64<<10 {
		f.buf = nil
	}
	for {
		if err := f.skipTo('<'); err != nil {
			return err
		}
		done, err := f.markup()
		if err != nil {
			return unexpected(err)
		}
		if done {
			return nil
		}
	}
}

// unexpected is for an end of the connection inside of something.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// errClosed is the end tag of the stream.
var errClosed = errors.New("stream closed by the server")

// skipTo reads up to and with the delimiter; inside an element the bytes are
// kept, outside only white space is allowed.
func (f *framer) skipTo(delim byte) error {
	for {
		p, err := f.r.ReadSlice(delim)
		if f.depth > 0 {
			f.keep(p)
		} else if !blank(bytes.TrimSuffix(p, []byte{delim})) {
			return errNotXML
		} else if err == nil {
			f.keep(p[len(p)-1:])
		}
		switch {
		case err == bufio.ErrBufferFull:
		case err != nil && f.depth > 0:
			return unexpected(err)
		default:
			return err
		}
	}
}

func blank(p []byte) bool { return len(bytes.Trim(p, " \t\r\n")) == 0 }

// markup reads what follows a '<' and tells whether the element is whole.
func (f *framer) markup() (done bool, err error) {
	c, err := f.r.ReadByte()
	if err != nil {
		return false, err
	}
	f.keep([]byte{c})
	switch c {
	case '?':
		return false, f.ignore(f.until("?>"))
	case '!':
		return false, f.ignore(f.bang())
	case '/':
		if err := f.until(">"); err != nil {
			return false, err
		}
		if f.depth == 0 {
			return false, errClosed
		}
		f.depth--
		return f.depth == 0, nil
	}
	empty, err := f.tag()
	if err != nil {
		return false, err
	}
	if !empty {
		f.depth++
	}
	return f.depth == 0, nil
}

// ignore forgets what was read between elements.
func (f *framer) ignore(err error) error {
	if f.depth == 0 {
		f.buf, f.over, f.size = f.buf[:0], false, 0
	}
	return err
}

// tag reads the rest of a start tag and tells whether it is an empty one.
func (f *framer) tag() (empty bool, err error) {
	var quote, last byte
	for {
		c, err := f.r.ReadByte()
		if err != nil {
			return false, err
		}
		f.keep([]byte{c})
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'', c == '"':
			quote = c
		case c == '>':
			return last == '/', nil
		}
		last = c
	}
}

// bang reads a comment, a CDATA section or a directive.
func (f *framer) bang() error {
	head, err := f.r.Peek(2)
	if err == nil && string(head) == "--" {
		f.keep(head)
		_, _ = f.r.Discard(2)
		return f.until("-->")
	}
	if head, err = f.r.Peek(7); err == nil && string(head) == "[CDATA[" {
		f.keep(head)
		_, _ = f.r.Discard(7)
		return f.until("]]>")
	}
	return f.until(">")
}

// until reads up to and with the mark, which ends in its last byte only.
func (f *framer) until(mark string) error {
	var tail []byte
	for {
		c, err := f.r.ReadByte()
		if err != nil {
			return err
		}
		f.keep([]byte{c})
		if tail = append(tail, c); len(tail) > len(mark) {
			tail = tail[1:]
		}
		if string(tail) == mark {
			return nil
		}
	}
}

// header reads the start tag of the stream, and leaves it in f.buf.
func (f *framer) header() error {
	for {
		if err := f.skipTo('<'); err != nil {
			return unexpected(err)
		}
		c, err := f.r.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		f.keep([]byte{c})
		switch c {
		case '?':
			err = f.ignore(f.until("?>"))
		case '!':
			err = f.ignore(f.bang())
		default:
			_, err = f.tag()
			return unexpected(err)
		}
		if err != nil {
			return unexpected(err)
		}
	}
}
