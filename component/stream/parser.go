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

	attrs    []stanza.Attr    // of the start tag that is read, prefixes not resolved
	children []stanza.Element // of the elements that are open
	buf      []byte
}

func (x *parser) reset(p []byte) {
	x.p, x.s, x.i = p, "", 0
	if len(p) <= maxShare {
		x.s = string(p)
	}
	x.close(0)
	if cap(x.children) > maxScratch {
		x.children = nil
	}
}

// close forgets the children from the first one on.
func (x *parser) close(first int) {
	clear(x.children[first:])
	x.children = x.children[:first]
}

// header reads the start tag of the stream; what it declares stays in scope.
func (x *parser) header(p []byte) (stanza.Element, error) {
	x.reset(p)
	e, _, _, err := x.startTag()
	return e, err
}

// head reads the start tag that p begins with.
func (x *parser) head(p []byte) (stanza.Element, error) {
	outer := len(x.bound)
	e, err := x.header(p)
	x.bound = x.bound[:outer]
	return e, err
}

// parse reads the element that p is.
func (x *parser) parse(p []byte) (stanza.Element, error) {
	x.reset(p)
	outer := len(x.bound)
	e, err := x.element(1)
	x.bound = x.bound[:outer]
	if err == nil && x.i < len(x.p) {
		err = ErrSyntax
	}
	return e, err
}

// element reads an element, whose '<' is next.
func (x *parser) element(depth int) (e stanza.Element, err error) {
	outer, first := len(x.bound), len(x.children)
	e, name, empty, err := x.startTag()
	if err != nil {
		return e, err
	}
	if depth > x.maxDepth {
		return e, ErrTooDeep
	}
	if !empty {
		err = x.content(&e, name, depth)
	}
	if n := len(x.children) - first; n > 0 {
		e.Children = append(make([]stanza.Element, 0, n), x.children[first:]...)
		x.close(first)
		if blank(e.Text) {
			e.Text = ""
		}
	}
	x.bound = x.bound[:outer]
	return e, err
}

// content reads what is inside an element, and the end tag of that name.
// Children are left on x.children.
func (x *parser) content(e *stanza.Element, name []byte, depth int) error {
	for {
		text, err := x.text()
		if err != nil {
			return err
		}
		e.Text += text
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
			e.Text += text
		case rest[1] == '!', rest[1] == '?':
			return ErrMarkup
		default:
			child, err := x.element(depth + 1)
			if err != nil {
				return err
			}
			x.children = append(x.children, child)
		}
	}
}

// startTag reads a start tag and resolves its names. name is the element's
// name with its prefix; empty tells that the tag is an empty element's.
func (x *parser) startTag() (e stanza.Element, name []byte, empty bool, err error) {
	if !x.take('<') {
		return e, nil, false, ErrSyntax
	}
	start := x.i
	prefix, local, err := x.name()
	if err != nil {
		return e, nil, false, err
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
				return e, nil, false, ErrSyntax
			}
			empty = true
			break
		}
		if !spaced {
			return e, nil, false, ErrSyntax
		}
		if err := x.attr(); err != nil {
			return e, nil, false, err
		}
	}
	e.Name = local
	if e.Space, err = x.lookup(prefix); err != nil {
		return e, nil, false, err
	}
	e.Space = own(e.Space)
	e.Attrs, err = x.resolve()
	return e, name, empty, err
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

// resolve returns the attributes of the start tag with their namespaces, of
// which no two may be the same.
func (x *parser) resolve() (attrs []stanza.Attr, err error) {
	if len(x.attrs) == 0 {
		return nil, nil
	}
	attrs = append(make([]stanza.Attr, 0, len(x.attrs)), x.attrs...)
	for i := range attrs {
		a := &attrs[i]
		if a.Space != "" {
			if a.Space, err = x.lookup(a.Space); err != nil {
				return nil, err
			}
		}
		for _, other := range attrs[:i] {
			if other.Name == a.Name && other.Space == a.Space {
				return nil, ErrSyntax
			}
		}
	}
	return attrs, nil
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
