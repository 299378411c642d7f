package stanza

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// appendElement writes e inside an element of the namespace parent. Only
// where the two differ there is an xmlns; the stream's own namespace inside a
// foreign one is called jabber:client, as forwarded stanzas want it (XEP-0297).
func appendElement(dst []byte, e *Element, parent string, depth int) ([]byte, error) {
	if !isName(e.Name) {
		return dst, fmt.Errorf("element %q: %w", e.Name, ErrName)
	}
	if depth >= maxDepth {
		return dst, ErrDepth
	}
	dst = append(dst, '<')
	dst = append(dst, e.Name...)
	if e.Space != parent {
		space := e.Space
		if space == "" {
			space = NSClient
		}
		dst = appendAttr(dst, " xmlns='", space)
	}
	var err error
	if dst, err = appendAttrs(dst, e.Attrs); err != nil {
		return dst, err
	}
	if e.Text == "" && len(e.Children) == 0 {
		return append(dst, '/', '>'), nil
	}
	dst = append(dst, '>')
	dst = appendEscaped(dst, e.Text, false)
	for i := range e.Children {
		if dst, err = appendElement(dst, &e.Children[i], e.Space, depth+1); err != nil {
			return dst, err
		}
	}
	dst = append(dst, '<', '/')
	dst = append(dst, e.Name...)
	return append(dst, '>'), nil
}

func appendAttrs(dst []byte, attrs []Attr) ([]byte, error) {
	for i := range attrs {
		a := &attrs[i]
		if !isName(a.Name) || a.Space == "" && a.Name == "xmlns" {
			return dst, fmt.Errorf("attribute %q: %w", a.Name, ErrName)
		}
		for k := range i {
			if attrs[k].Name == a.Name && attrs[k].Space == a.Space {
				return dst, fmt.Errorf("attribute %q twice: %w", a.Name, ErrName)
			}
		}
		dst = append(dst, ' ')
		switch a.Space {
		case "":
		case NSXML:
			dst = append(dst, "xml:"...)
		default:
			dst = appendPrefix(dst, i, a.Space)
		}
		dst = append(dst, a.Name...)
		dst = appendAttr(dst, "='", a.Value)
	}
	return dst, nil
}

// appendPrefix declares a prefix for the namespace of the i-th attribute and
// writes it.
func appendPrefix(dst []byte, i int, space string) []byte {
	dst = append(dst, "xmlns:n"...)
	dst = strconv.AppendInt(dst, int64(i), 10)
	dst = appendAttr(dst, "='", space)
	dst = append(dst, " n"...)
	dst = strconv.AppendInt(dst, int64(i), 10)
	return append(dst, ':')
}

// appendEscaped writes s filtered and escaped, as text or as the value of an
// attribute between single quotes.
func appendEscaped(dst []byte, s string, attr bool) []byte {
	start := len(dst)
	if dst = append(dst, s...); allEasy(dst[start:]) { // as nearly all are
		return dst
	}
	return appendMarked(dst[:start], s, attr)
}

// appendMarked is appendEscaped where something in s may need a look.
func appendMarked(dst []byte, s string, attr bool) []byte {
	if !utf8.ValidString(s) {
		s = mend(s)
	}
	start := 0
	for i := 0; i < len(s); i++ {
		k := class[s[i]]
		if k == plain || !attr && k >= blanks {
			continue
		}
		skip := 1
		if k == maybeFF {
			if !nonchar(s[i:]) {
				continue
			}
			skip = 3
		}
		dst = append(dst, s[start:i]...)
		start = i + skip
		switch s[i] {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		case '\t':
			dst = append(dst, "&#x9;"...)
		case '\n':
			dst = append(dst, "&#xA;"...)
		case '\r':
			dst = appendCR(dst, s[i:], attr)
		}
	}
	return append(dst, s[start:]...)
}

// appendCR writes the LF for the CR at the start of s, unless one follows.
func appendCR(dst []byte, s string, attr bool) []byte {
	switch {
	case len(s) > 1 && s[1] == '\n':
		return dst
	case attr:
		return append(dst, "&#xA;"...)
	}
	return append(dst, '\n')
}

// isName tells whether s may be a name without a prefix. Namespaces in XML
// 1.0 §3 [4]
func isName(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', c == '-' && i > 0, c == '_':
		case i > 0 && ('0' <= c && c <= '9' || c == '.'):
		case c >= utf8.RuneSelf:
			return isWideName(s)
		default:
			return false
		}
	}
	return true
}

// isWideName is isName beyond ASCII; it takes a few characters less than XML
// does, all of them odd.
func isWideName(s string) bool {
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			return false
		case unicode.IsLetter(r), r == '_':
		case i > 0 && (unicode.IsDigit(r) || unicode.IsMark(r) || r == '-' || r == '.'):
		default:
			return false
		}
	}
	return utf8.ValidString(s)
}
