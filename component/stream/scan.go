package stream

import (
	"bytes"
	"errors"
)

// What may stand between stanzas and ends the stream.
var (
	errClosed = errors.New("end tag of the stream")
	errText   = errors.New("text between stanzas")
)

// scanner finds where the elements of a stream start and end. It knows just
// enough of XML for that, so that an element may be too big, too deep or wrong
// inside and the stream goes on behind it. The zero value stands before an
// element.
type scanner struct {
	state state
	depth int  // of open elements
	quote byte // what ends the value of the attribute
	last  byte // the byte before, in a start tag
	match int  // how much of the mark that ends the state was seen
	root  bool // the element is the stream's own: only its start tag is read
}

type state uint8

const (
	content     state = iota // outside of markup
	markup                   // behind '<'
	startTag                 // in a start tag
	attribute                // in the value of an attribute
	endTag                   // in an end tag
	bang                     // behind "<!"
	dash                     // behind "<!-"
	bracket                  // behind "<![", where CDATA[ follows
	comment                  // up to "-->"
	cdata                    // up to "]]>"
	instruction              // up to "?>"
	directive                // up to '>'
)

const cdataMark = "CDATA["

// piece says what the bytes were that scan took.
type piece uint8

const (
	unfinished piece = iota // a part of an element
	between                 // something between elements, which has ended
	whole                   // the end of an element
)

// scan takes bytes from the start of p, up to and with the end of an element
// or of something between elements. It tells how many it took.
func (s *scanner) scan(p []byte) (n int, what piece, err error) {
	for n < len(p) && what == unfinished && err == nil {
		var took int
		took, what, err = s.step(p[n:])
		n += took
	}
	return n, what, err
}

// step does one step of scan; it may take nothing and only change the state.
func (s *scanner) step(p []byte) (n int, what piece, err error) {
	switch s.state {
	case content:
		return s.inContent(p)
	case markup:
		return s.behindOpen(p[0]), unfinished, nil
	case startTag:
		n, what = s.inStartTag(p)
		return n, what, nil
	case attribute:
		return s.inAttribute(p), unfinished, nil
	case endTag:
		return s.inEndTag(p)
	case comment:
		n, what = s.upTo(p, "-->")
	case cdata:
		n, what = s.upTo(p, "]]>")
	case instruction:
		n, what = s.upTo(p, "?>")
	case directive:
		n, what = s.upTo(p, ">")
	default:
		n = s.behindBang(p[0])
	}
	return n, what, nil
}

func (s *scanner) inContent(p []byte) (n int, what piece, err error) {
	n = bytes.IndexByte(p, '<')
	switch {
	case n < 0:
		n = len(p)
	case n == 0 || s.depth > 0:
		s.state = markup
		n++
	}
	if s.state == content && s.depth == 0 {
		if len(bytes.Trim(p[:n], " \t\r\n")) > 0 {
			return n, between, errText
		}
		return n, between, nil
	}
	return n, unfinished, nil
}

func (s *scanner) behindOpen(c byte) int {
	switch c {
	case '/':
		s.state = endTag
	case '!':
		s.state = bang
	case '?':
		s.state = instruction
	default:
		s.state, s.last = startTag, '<'
		return 0
	}
	return 1
}

func (s *scanner) inStartTag(p []byte) (n int, what piece) {
	for i, c := range p {
		switch c {
		case '\'', '"':
			s.state, s.quote = attribute, c
			return i + 1, unfinished
		case '>':
			return i + 1, s.opened()
		}
		s.last = c
	}
	return len(p), unfinished
}

// opened is called at the end of a start tag.
func (s *scanner) opened() piece {
	s.state = content
	if s.root {
		return whole
	}
	if s.last != '/' {
		s.depth++
		return unfinished
	}
	return s.ended()
}

// ended is called at the end of anything that does not open an element.
func (s *scanner) ended() piece {
	if s.depth == 0 {
		return whole
	}
	return unfinished
}

func (s *scanner) inAttribute(p []byte) int {
	i := bytes.IndexByte(p, s.quote)
	if i < 0 {
		return len(p)
	}
	s.state, s.last = startTag, s.quote
	return i + 1
}

func (s *scanner) inEndTag(p []byte) (n int, what piece, err error) {
	i := bytes.IndexByte(p, '>')
	if i < 0 {
		return len(p), unfinished, nil
	}
	s.state = content
	if s.depth == 0 {
		return i + 1, between, errClosed
	}
	s.depth--
	return i + 1, s.ended(), nil
}

// behindBang tells comments, CDATA sections and directives apart.
func (s *scanner) behindBang(c byte) int {
	switch {
	case s.state == bang && c == '-':
		s.state = dash
	case s.state == bang && c == '[':
		s.state = bracket
	case s.state == dash && c == '-':
		s.state = comment
	case s.state == bracket && c == cdataMark[s.match]:
		if s.match++; s.match == len(cdataMark) {
			s.state, s.match = cdata, 0
		}
	default:
		s.state, s.match = directive, 0
		return 0
	}
	return 1
}

// upTo takes bytes up to and with the mark, all of whose bytes but the last
// are the same.
func (s *scanner) upTo(p []byte, mark string) (n int, what piece) {
	end := len(mark) - 1
	for i, c := range p {
		switch {
		case s.match == end && c == mark[end]:
			s.state, s.match = content, 0
			if s.depth == 0 {
				return i + 1, between
			}
			return i + 1, unfinished
		case c != mark[0]:
			s.match = 0
		case s.match < end:
			s.match++
		}
	}
	return len(p), unfinished
}
