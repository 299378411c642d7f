package stream

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"wherry/component/stanza"
)

// Reasons why one element of the stream is not taken.
var (
	ErrTooBig  = errors.New("stanza too big")
	ErrTooDeep = errors.New("stanza nested too deep")
	ErrMarkup  = errors.New("comment, instruction or directive")
	ErrPrefix  = errors.New("prefix without a declaration")
	ErrSyntax  = errors.New("not well-formed")
)

// scope maps prefixes to namespaces; the default one is "".
type scope map[string]string

// tree makes a tree of one whole element.
type tree struct {
	d        *xml.Decoder
	maxDepth int
}

func parse(p []byte, outer scope, maxDepth int) (stanza.Element, error) {
	t := tree{xml.NewDecoder(bytes.NewReader(p)), maxDepth}
	tok, err := t.token()
	if err != nil {
		return stanza.Element{}, err
	}
	start, ok := tok.(xml.StartElement)
	if !ok {
		return stanza.Element{}, ErrSyntax
	}
	e, err := t.element(start, outer, 1)
	if err != nil {
		return e, err
	}
	if _, err := t.d.RawToken(); err != io.EOF {
		return e, ErrSyntax
	}
	return e, nil
}

// parseHead reads only the first start tag in p, whatever follows.
func parseHead(p []byte, outer scope) (stanza.Element, scope, error) {
	tok, err := tree{d: xml.NewDecoder(bytes.NewReader(p))}.token()
	if err != nil {
		return stanza.Element{}, nil, err
	}
	start, ok := tok.(xml.StartElement)
	if !ok {
		return stanza.Element{}, nil, ErrSyntax
	}
	return open(start, outer)
}

func (t tree) token() (xml.Token, error) {
	tok, err := t.d.RawToken()
	switch tok.(type) {
	case xml.Comment, xml.ProcInst, xml.Directive:
		return nil, ErrMarkup
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return tok, nil
}

// element reads on behind start up to its end tag.
func (t tree) element(start xml.StartElement, outer scope, depth int) (stanza.Element, error) {
	e, in, err := open(start, outer)
	if err != nil {
		return e, err
	}
	if depth > t.maxDepth {
		return e, ErrTooDeep
	}
	for {
		tok, err := t.token()
		if err != nil {
			return e, err
		}
		switch tok := tok.(type) {
		case xml.CharData:
			e.Text += string(tok)
		case xml.StartElement:
			child, err := t.element(tok, in, depth+1)
			if err != nil {
				return e, err
			}
			e.Children = append(e.Children, child)
		case xml.EndElement:
			if tok.Name != start.Name {
				return e, ErrSyntax
			}
			if len(e.Children) > 0 && strings.Trim(e.Text, " \t\r\n") == "" {
				e.Text = ""
			}
			return e, nil
		}
	}
}

// open resolves the names of a start tag.
func open(start xml.StartElement, outer scope) (e stanza.Element, in scope, err error) {
	in = declare(start.Attr, outer)
	e.Name = start.Name.Local
	var ok bool
	if e.Space, ok = in[start.Name.Space]; !ok && start.Name.Space != "" {
		return e, in, fmt.Errorf("%w: %q", ErrPrefix, start.Name.Space)
	}
	e.Space = own(e.Space)
	for _, a := range start.Attr {
		space := ""
		switch {
		case a.Name.Space == "" && a.Name.Local == "xmlns", a.Name.Space == "xmlns":
			continue
		case a.Name.Space == "xml":
			space = stanza.NSXML
		case a.Name.Space != "":
			if space, ok = in[a.Name.Space]; !ok {
				return e, in, fmt.Errorf("%w: %q", ErrPrefix, a.Name.Space)
			}
		}
		e.Attrs = append(e.Attrs, stanza.Attr{Space: space, Name: a.Name.Local, Value: a.Value})
	}
	return e, in, nil
}

// declare adds the declarations of a start tag to a scope.
func declare(attrs []xml.Attr, outer scope) scope {
	in := outer
	for _, a := range attrs {
		prefix := a.Name.Local
		switch {
		case a.Name.Space == "" && prefix == "xmlns":
			prefix = ""
		case a.Name.Space != "xmlns":
			continue
		}
		next := make(scope, len(in)+1)
		for k, v := range in {
			next[k] = v
		}
		next[prefix] = a.Value
		in = next
	}
	return in
}

// own returns "" for the namespaces that a stream calls its own.
func own(space string) string {
	switch space {
	case stanza.NSAccept, stanza.NSClient, stanza.NSServer:
		return ""
	}
	return space
}
