package message

import (
	"bufio"
	"bytes"
	"io"
	"strconv"

	"github.com/emersion/go-message/mail"
)

// lineBuffer is how much of a line is looked at as one piece. Longer lines are
// no boundaries.
const lineBuffer = 16 << 10

// entity is a part of a message, or the message.
type entity struct {
	path     string
	header   mail.Header
	kind     string // media type, lower case
	params   map[string]string
	parent   *entity
	children int

	boundary string // of a multipart
	guess    bool   // it has none that can be used: it is taken from the body
	preamble []byte // what stands before the first part
}

func (e *entity) multipart() bool { return len(e.kind) > 10 && e.kind[:10] == "multipart/" }

// child is the path of the n-th part within e.
func (e *entity) child(n int) string {
	if e.path == "" {
		return strconv.Itoa(n)
	}
	return e.path + "." + strconv.Itoa(n)
}

// visitor is told of each leaf, and takes its body as it stands in the message.
// A nil writer skips it. done tells that the body ended; whole, that it did so
// by a boundary, or by the end of a message without parts.
type visitor interface {
	leaf(*entity) io.Writer
	done(e *entity, whole bool) error
}

// walker goes once through a message, line by line.
type walker struct {
	in    *bufio.Reader
	out   visitor
	open  []*entity // the multiparts that the walker is in, outermost first
	parts int
	full  bool // there were more parts than maxParts
	whole bool // the message had its end, and all of it was seen

	leaf *entity
	body io.Writer
	eol  []byte // the end of the last line: a boundary's, if one follows (RFC 2046 §5.1.1)

	line  []byte // the current line or piece of one
	start bool   // it is the start of a line
	again bool   // it is to be read again
	err   error
	read  int64
}

func newWalker(r io.Reader, out visitor) *walker {
	return &walker{in: bufio.NewReaderSize(r, lineBuffer), out: out, start: true}
}

// next reads the next line, or piece of a long one.
func (w *walker) next() bool {
	if w.again {
		w.again = false
		return true
	}
	if w.err != nil {
		return false
	}
	w.start = len(w.line) == 0 || w.line[len(w.line)-1] == '\n'
	line, err := w.in.ReadSlice('\n')
	w.line, w.read = line, w.read+int64(len(line))
	if err != nil && err != bufio.ErrBufferFull && err != io.EOF {
		w.err = err
	}
	return len(line) > 0
}

// run walks the message. The error is the reader's or the visitor's.
func (w *walker) run(root *entity) error {
	if err := w.beginMessage(root); err != nil {
		return err
	}
	for w.next() {
		if err := w.step(); err != nil {
			return err
		}
	}
	return w.finish()
}

func (w *walker) beginMessage(root *entity) error {
	w.skipStart()
	w.readHeader(root)
	return w.enter(root)
}

// finish ends what is open at the end of the input.
func (w *walker) finish() error {
	w.whole = w.err == nil && len(w.open) == 0 && !w.full
	if err := w.leave(w.err == nil && len(w.open) == 0); err != nil {
		return err
	}
	if err := w.close(0); err != nil {
		return err
	}
	return w.err
}

func (w *walker) step() error {
	if w.start && len(w.open) > 0 && bytes.HasPrefix(w.line, []byte("--")) {
		if at, final := w.atBoundary(); at >= 0 {
			return w.cross(at, final)
		}
	}
	return w.write()
}

// cross goes over a boundary of the multipart at that place in open.
func (w *walker) cross(at int, final bool) error {
	if err := w.leave(true); err != nil {
		return err
	}
	if err := w.close(at + 1); err != nil {
		return err
	}
	e := w.open[at]
	if final {
		return w.close(at)
	}
	e.children++
	if w.parts++; w.parts > maxParts {
		w.full = true
		return nil
	}
	c := &entity{path: e.child(e.children), parent: e}
	w.readHeader(c)
	return w.enter(c)
}

// enter begins a part whose header was read.
func (w *walker) enter(e *entity) error {
	e.kind, e.params = contentType(e)
	if e.multipart() && len(w.open) < maxDepth {
		e.boundary = e.params["boundary"]
		e.guess = e.boundary == ""
		w.open = append(w.open, e)
		return nil
	}
	if e.path == "" {
		e.path = "1"
	}
	return w.begin(e)
}

func (w *walker) begin(e *entity) error {
	w.leaf, w.body, w.eol = e, w.out.leaf(e), nil
	return nil
}

// leave ends the current leaf.
func (w *walker) leave(whole bool) error {
	if w.leaf == nil {
		w.eol = nil
		return nil
	}
	if w.body != nil && len(w.eol) > 0 && (!whole || len(w.open) == 0) { // no boundary took it
		if _, err := w.body.Write(w.eol); err != nil {
			return err
		}
	}
	e := w.leaf
	w.leaf, w.body, w.eol = nil, nil, nil
	return w.out.done(e, whole)
}

// close ends the open multiparts from a place on. One without parts is read as
// the text that it holds.
func (w *walker) close(from int) error {
	for len(w.open) > from {
		e := w.open[len(w.open)-1]
		w.open = w.open[:len(w.open)-1]
		if e.children > 0 || len(bytes.TrimSpace(e.preamble)) == 0 {
			continue
		}
		c := &entity{path: e.child(1), parent: e, kind: typePlain, params: map[string]string{}}
		if err := w.begin(c); err != nil {
			return err
		}
		if w.body != nil {
			if _, err := w.body.Write(e.preamble); err != nil {
				return err
			}
		}
		if err := w.leave(true); err != nil {
			return err
		}
	}
	return nil
}

// write hands the current line to the leaf, or keeps it as a preamble.
func (w *walker) write() error {
	if w.leaf == nil {
		if n := len(w.open); n > 0 && w.open[n-1].children == 0 {
			e := w.open[n-1]
			e.preamble = append(e.preamble, w.line[:min(len(w.line), maxText-len(e.preamble))]...)
		}
		return nil
	}
	if w.body == nil {
		return nil
	}
	if len(w.eol) > 0 {
		if _, err := w.body.Write(w.eol); err != nil {
			return err
		}
		w.eol = w.eol[:0]
	}
	text := w.line
	switch {
	case bytes.HasSuffix(text, []byte("\r\n")):
		text = text[:len(text)-2]
		w.eol = append(w.eol, '\r', '\n')
	case bytes.HasSuffix(text, []byte("\n")):
		text = text[:len(text)-1]
		w.eol = append(w.eol, '\n')
	}
	if len(text) == 0 {
		return nil
	}
	_, err := w.body.Write(text)
	return err
}

// atBoundary tells of which open multipart the current line is the boundary; -1
// is none. Boundaries end parts within theirs too (RFC 2046 §5.1.2).
func (w *walker) atBoundary() (at int, final bool) {
	text := bytes.TrimRight(w.line, " \t\r\n")
	if len(text) < 2 {
		return -1, false
	}
	for at = len(w.open) - 1; at >= 0; at-- {
		e := w.open[at]
		if e.guess {
			if at != len(w.open)-1 || e.children > 0 || !w.guessBoundary(e, text) {
				continue
			}
			return at, false
		}
		rest, ok := bytes.CutPrefix(text[2:], []byte(e.boundary))
		switch {
		case !ok:
		case len(rest) == 0:
			return at, false
		case string(rest) == "--":
			return at, true
		}
	}
	return -1, false
}

// guessBoundary takes a line for the boundary of a multipart that names none, if
// fields of a part follow it.
func (w *walker) guessBoundary(e *entity, text []byte) bool {
	boundary := string(text[2:])
	if next := w.peek(); boundary == "" || len(boundary) > 200 || !startsField(next, partFields) {
		return false
	}
	e.boundary, e.guess = boundary, false
	return true
}

// peek returns the beginning of the next line, and makes the current one its own.
func (w *walker) peek() []byte {
	w.line = bytes.Clone(w.line)
	next, _ := w.in.Peek(128)
	if i := bytes.IndexByte(next, '\n'); i >= 0 {
		next = next[:i+1]
	}
	return next
}
