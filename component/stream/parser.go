package stream

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"wherry/component/stanza"
)

// Reasons why one element of the stream is not taken.
var (
	ErrTooBig  = errors.New("too big")
	ErrTooDeep = errors.New("nested too deep")
	ErrMarkup  = errors.New("comment, instruction or directive") // RFC 6120 §11.1
	ErrPrefix  = errors.New("undeclared or unusable prefix")
	ErrSyntax  = errors.New("not well-formed")
)

const (
	maxAttrs = 128     // of one element
	maxBound = 256     // prefixes in scope
	maxShare = 2 << 10 // the longest stanza whose strings share one allocation, in bytes

	maxScratch = 1 << 10 // elements for which room is kept between stanzas
)

// binding is a namespace declaration. The default namespace has no prefix.
type binding struct{ prefix, space string }

// parser makes trees of whole elements. It is strict about what is well-formed
// (XML 1.0 and Namespaces in XML 1.0, without DTDs), except that it does not
// normalize white space in attributes. It is used again for each element of a
// stream.
type parser struct {
	maxDepth int
	bound    []binding // in scope, the innermost last; first those of the stream's header

	p []byte // the element
	s string // the same, where it is short
	i int    // the next byte

	attrs []stanza.Attr    // of the start tag that is read, prefixes not resolved
	top   []stanza.Attr    // of the element itself, which nobody keeps
	open  []stanza.Element // the elements that are open, each with its children behind it
	buf   []byte
}

func (x *parser) reset(p []byte) {
	x.p, x.s, x.i = p, "", 0
	if len(p) <= maxShare {
		x.s = string(p)
	}
	x.close(0)
	clear(x.top)
	if cap(x.open) > maxScratch {
		x.open = nil
	}
}

// close forgets the elements from the first one on.
func (x *parser) close(first int) {
	clear(x.open[first:])
	x.open = x.open[:first]
}

// header reads the start tag of the stream; what it declares stays in scope.
func (x *parser) header(p []byte) (e stanza.Element, err error) {
	x.reset(p)
	_, _, err = x.startTag(&e, true)
	return e, err
}

// head reads the start tag that p begins with.
func (x *parser) head(p []byte) (stanza.Element, error) {
	outer := len(x.bound)
	e, err := x.header(p)
	x.bound = x.bound[:outer]
	return e, err
}

// parse reads the element that p is. Its own attributes are good until the next
// call, those of its children for good.
func (x *parser) parse(p []byte) (e stanza.Element, err error) {
	x.reset(p)
	outer := len(x.bound)
	err = x.element(1)
	x.bound = x.bound[:outer]
	if err == nil && x.i < len(x.p) {
		err = ErrSyntax
	}
	return x.open[0], err
}

// element reads an element, whose '<' is next, and leaves it on x.open.
func (x *parser) element(depth int) error {
	outer, at := len(x.bound), len(x.open)
	x.open = append(x.open, stanza.Element{})
	name, empty, err := x.startTag(&x.open[at], depth == 1)
	if err != nil {
		return err
	}
	if depth > x.maxDepth {
		return ErrTooDeep
	}
	if !empty {
		err = x.content(at, name, depth)
	}
	if n := len(x.open) - at - 1; n > 0 {
		e := &x.open[at]
		e.Children = append(make([]stanza.Element, 0, n), x.open[at+1:]...)
		x.close(at + 1)
		if blank(e.Text) {
			e.Text = ""
		}
	}
	x.bound = x.bound[:outer]
	return err
}

// content reads what is inside the element at a place of x.open, and the end tag of
// that name. Children are left behind it.
func (x *parser) content(at int, name []byte, depth int) error {
	for {
		text, err := x.text()
		if err != nil {
			return err
		}
		x.say(at, text)
		switch rest := x.p[x.i:]; {
		case len(rest) < 2:
			return ErrSyntax
		case rest[1] == '/':
			return x.endTag(name)
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			text, err := x.cdata()
			if err != nil {
				return err
			}
			x.say(at, text)
		case rest[1] == '!', rest[1] == '?':
			return ErrMarkup
		default:
			if err := x.element(depth + 1); err != nil {
				return err
			}
		}
	}
}

// say appends to the text of the element at a place of x.open.
func (x *parser) say(at int, text string) {
	if e := &x.open[at]; e.Text == "" {
		e.Text = text
	} else {
		e.Text += text
	}
}

// startTag reads the start tag of e and resolves its names. name is the element's
// name with its prefix; empty tells that the tag is an empty element's. Where top is
// set, the attributes of e are x.top.
func (x *parser) startTag(e *stanza.Element, top bool) (name []byte, empty bool, err error) {
	if !x.take('<') {
		return nil, false, ErrSyntax
	}
	start := x.i
	prefix, local, err := x.name()
	if err != nil {
		return nil, false, err
	}
	name = x.p[start:x.i]
	x.attrs = x.attrs[:0]
	for {
		spaced := x.space()
		if x.take('>') {
			break
		}
		if x.take('/') {
			if !x.take('>') {
				return nil, false, ErrSyntax
			}
			empty = true
			break
		}
		if !spaced {
			return nil, false, ErrSyntax
		}
		if err := x.attr(); err != nil {
			return nil, false, err
		}
	}
	space, err := x.lookup(prefix)
	if err != nil {
		return nil, false, err
	}
	e.Space, e.Name = own(space), local
	switch {
	case len(x.attrs) == 0:
		return name, empty, nil
	case top:
		x.top = append(x.top[:0], x.attrs...)
		e.Attrs = x.top
	default:
		e.Attrs = append(make([]stanza.Attr, 0, len(x.attrs)), x.attrs...)
	}
	return name, empty, x.resolve(e.Attrs)
}

// attr reads an attribute, or binds a prefix.
func (x *parser) attr() error {
	prefix, local, err := x.name()
	if err != nil {
		return err
	}
	x.space()
	if !x.take('=') {
		return ErrSyntax
	}
	x.space()
	value, err := x.value()
	switch {
	case err != nil:
		return err
	case prefix == "" && local == "xmlns":
		return x.bind("", value)
	case prefix == "xmlns":
		return x.bind(local, value)
	case len(x.attrs) == maxAttrs:
		return fmt.Errorf("attributes of one element: %w", ErrTooBig)
	}
	x.attrs = append(x.attrs, stanza.Attr{Space: prefix, Name: local, Value: value})
	return nil
}

// resolve finds the namespaces of the attributes of a start tag, of which no two
// may be the same.
func (x *parser) resolve(attrs []stanza.Attr) (err error) {
	for i := range attrs {
		a := &attrs[i]
		if a.Space != "" {
			if a.Space, err = x.lookup(a.Space); err != nil {
				return err
			}
		}
		for _, other := range attrs[:i] {
			if other.Name == a.Name && other.Space == a.Space {
				return ErrSyntax
			}
		}
	}
	return nil
}

// bind brings a declaration into scope. Namespaces in XML 1.0 §3
func (x *parser) bind(prefix, space string) error {
	switch {
	case prefix == "xml", prefix == "xmlns", prefix != "" && space == "":
		return fmt.Errorf("%w: %.50q", ErrPrefix, prefix)
	case len(x.bound) == maxBound:
		return fmt.Errorf("namespace declarations: %w", ErrTooBig)
	}
	x.bound = append(x.bound, binding{prefix, space})
	return nil
}

func (x *parser) lookup(prefix string) (space string, err error) {
	for i := len(x.bound) - 1; i >= 0; i-- {
		if x.bound[i].prefix == prefix {
			return x.bound[i].space, nil
		}
	}
	switch prefix {
	case "":
		return "", nil
	case "xml":
		return stanza.NSXML, nil
	}
	return "", fmt.Errorf("%w: %.50q", ErrPrefix, prefix)
}

// endTag reads the end tag of a name.
func (x *parser) endTag(name []byte) error {
	x.i += len("</")
	if !bytes.HasPrefix(x.p[x.i:], name) {
		return ErrSyntax
	}
	x.i += len(name)
	x.space()
	if !x.take('>') {
		return ErrSyntax
	}
	return nil
}

// own returns "" for the namespaces that a stream calls its own.
func own(space string) string {
	switch space {
	case stanza.NSAccept, stanza.NSClient, stanza.NSServer:
		return ""
	}
	return space
}

func blank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }
