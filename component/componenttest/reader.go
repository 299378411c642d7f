package componenttest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"wherry/component/stanza"
)

const nsStreams = "http://etherx.jabber.org/streams"

var (
	errEnd    = errors.New("end of the stream")
	errMarkup = errors.New("a comment, instruction, directive, undeclared prefix or text where none may be")
)

// reader reads the component's side of a stream by encoding/xml, a second
// opinion on what the package stream takes and the package stanza writes.
type reader struct {
	d      *xml.Decoder
	record bytes.Buffer    // what was read since raw
	offset int64           // of the record's start
	raw    string          // the last element
	spaces map[string]bool // every namespace declared so far
}

func newReader(r io.Reader) *reader {
	in := &reader{spaces: map[string]bool{"": true, stanza.NSXML: true}}
	in.d = xml.NewDecoder(io.TeeReader(r, &in.record))
	return in
}

// header reads the start tag of the stream.
func (r *reader) header() (stanza.Element, error) {
	for {
		tok, err := r.d.Token()
		if err != nil {
			return stanza.Element{}, err
		}
		if start, ok := tok.(xml.StartElement); ok {
			return r.open(start)
		}
	}
}

// element reads the next element of the stream.
func (r *reader) element() (stanza.Element, error) {
	r.cutTo(r.d.InputOffset())
	for {
		tok, err := r.d.Token()
		if err != nil {
			return stanza.Element{}, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			e, err := r.tree(tok)
			r.raw = r.record.String()[:r.d.InputOffset()-r.offset]
			return e, err
		case xml.EndElement:
			return stanza.Element{}, errEnd
		case xml.CharData:
			if !blank(string(tok)) {
				return stanza.Element{}, errMarkup
			}
		default:
			return stanza.Element{}, errMarkup
		}
	}
}

// cutTo forgets the record up to an offset.
func (r *reader) cutTo(offset int64) {
	r.record.Next(int(offset - r.offset))
	r.offset = offset
}

// tail returns what was read of an element that was not finished.
func (r *reader) tail() string { return r.record.String() }

func (r *reader) tree(start xml.StartElement) (stanza.Element, error) {
	e, err := r.open(start)
	if err != nil {
		return e, err
	}
	for {
		tok, err := r.d.Token()
		if err != nil {
			return e, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			child, err := r.tree(tok)
			if err != nil {
				return e, err
			}
			e.Children = append(e.Children, child)
		case xml.CharData:
			e.Text += string(tok)
		case xml.EndElement:
			if len(e.Children) > 0 && blank(e.Text) {
				e.Text = ""
			}
			return e, nil
		default:
			return e, errMarkup
		}
	}
}

// open makes an element of a start tag. A declaration stays on it as an
// attribute named xmlns, for the checks.
func (r *reader) open(start xml.StartElement) (stanza.Element, error) {
	e := stanza.Element{Space: own(start.Name.Space), Name: start.Name.Local}
	for _, a := range start.Attr {
		switch {
		case a.Name.Local == "xmlns" && a.Name.Space == "", a.Name.Space == "xmlns":
			r.spaces[a.Value] = true
		default:
			e.Attrs = append(e.Attrs, stanza.Attr{Space: a.Name.Space, Name: a.Name.Local, Value: a.Value})
		}
	}
	if !r.spaces[start.Name.Space] {
		return e, errMarkup
	}
	for _, a := range e.Attrs {
		if !r.spaces[a.Space] {
			return e, errMarkup
		}
	}
	return e, nil
}

func own(space string) string {
	switch space {
	case stanza.NSAccept, stanza.NSClient, stanza.NSServer:
		return ""
	}
	return space
}

func blank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }
