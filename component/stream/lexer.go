package stream

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// take reads c, if it is next.
func (x *parser) take(c byte) bool {
	if x.i < len(x.p) && x.p[x.i] == c {
		x.i++
		return true
	}
	return false
}

// space reads white space and tells whether there was any.
func (x *parser) space() bool {
	start := x.i
	for x.i < len(x.p) && (x.p[x.i] == ' ' || x.p[x.i] == '\n' || x.p[x.i] == '\t' || x.p[x.i] == '\r') {
		x.i++
	}
	return x.i > start
}

// cut returns the bytes from a up to b.
func (x *parser) cut(a, b int) string {
	if x.s != "" {
		return x.s[a:b]
	}
	return string(x.p[a:b])
}

// name reads a name and takes it apart. Namespaces in XML 1.0 §4
func (x *parser) name() (prefix, local string, err error) {
	start, i := x.i, x.i
	for i < len(x.p) && 'a' <= x.p[i]|0x20 && x.p[i]|0x20 <= 'z' { // as nearly all are
		i++
	}
	if i < len(x.p) && i > start && (x.p[i] == '=' || x.p[i] == '>' || x.p[i] == ' ') {
		x.i = i
		return "", x.cut(start, i), nil
	}
	return x.anyName()
}

func (x *parser) anyName() (prefix, local string, err error) {
	start, colon := x.i, -1
	for x.i < len(x.p) {
		c := x.p[x.i]
		n := 1
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		case c == ':' && colon < 0 && x.i > start:
			colon = x.i
		case ('0' <= c && c <= '9' || c == '-' || c == '.') && x.i > start && x.i != colon+1:
		case c >= utf8.RuneSelf:
			if n = wideName(x.p[x.i:], x.i == start || x.i == colon+1); n == 0 {
				return "", "", ErrSyntax
			}
		default:
			return x.nameOf(start, colon)
		}
		x.i += n
	}
	return x.nameOf(start, colon)
}

func (x *parser) nameOf(start, colon int) (prefix, local string, err error) {
	switch {
	case x.i == start, x.i == colon+1:
		return "", "", ErrSyntax
	case colon < 0:
		return "", x.cut(start, x.i), nil
	}
	return x.cut(start, colon), x.cut(colon+1, x.i), nil
}

// value reads the value of an attribute, with its quotes.
func (x *parser) value() (string, error) {
	if x.i == len(x.p) || x.p[x.i] != '\'' && x.p[x.i] != '"' {
		return "", ErrSyntax
	}
	start := x.i + 1
	n := bytes.IndexByte(x.p[start:], x.p[x.i])
	if n < 0 {
		return "", ErrSyntax
	}
	x.i = start + n + 1
	return x.decode(start, start+n, true)
}

// text reads up to the next '<'.
func (x *parser) text() (string, error) {
	start := x.i
	n := bytes.IndexByte(x.p[start:], '<')
	if n < 0 {
		return "", ErrSyntax
	}
	x.i += n
	return x.decode(start, x.i, false)
}

// cdata reads a CDATA section.
func (x *parser) cdata() (string, error) {
	start := x.i + len("<![CDATA[")
	n := bytes.Index(x.p[start:], []byte("]]>"))
	if n < 0 {
		return "", ErrSyntax
	}
	end := start + n
	x.i = end + len("]]>")
	if _, ok := look(x.p[start:end], true); !ok {
		return "", ErrSyntax
	}
	if bytes.IndexByte(x.p[start:end], '\r') < 0 {
		return x.cut(start, end), nil
	}
	x.buf = x.buf[:0]
	for i := start; i < end; i++ {
		x.lineEnd(i, end)
	}
	return string(x.buf), nil
}

// decode returns the characters from a up to b, where markup is escaped.
func (x *parser) decode(a, b int, attr bool) (string, error) {
	simple, ok := look(x.p[a:b], attr)
	if !ok {
		return "", ErrSyntax
	}
	if simple {
		return x.cut(a, b), nil
	}
	x.buf = x.buf[:0]
	for i := a; i < b; i++ {
		switch x.p[i] {
		case '<':
			return "", ErrSyntax
		case '&':
			r, n := reference(x.p[i:b])
			if n == 0 {
				return "", ErrSyntax
			}
			x.buf = utf8.AppendRune(x.buf, r)
			i += n - 1
		default:
			x.lineEnd(i, b)
		}
	}
	return string(x.buf), nil
}

// lineEnd copies the i-th byte, and makes an LF of CR and CRLF. XML 1.0 §2.11
func (x *parser) lineEnd(i, end int) {
	switch {
	case x.p[i] != '\r':
		x.buf = append(x.buf, x.p[i])
	case i+1 == end || x.p[i+1] != '\n':
		x.buf = append(x.buf, '\n')
	}
}

// look tells whether p is all characters of XML, and whether it stands for
// itself. Where free is set, "]]>" may stand in it. XML 1.0 §2.2, §2.4
func look(p []byte, free bool) (simple, ok bool) {
	n := 0
	for n < len(p) && ordinary[p[n]] {
		n++
	}
	if n == len(p) {
		return true, true
	}
	return lookClosely(p, free)
}

// ordinary are the bytes that stand for themselves wherever they are, and are a
// character each.
var ordinary = func() (all [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		all[c] = c != '&' && c != '<' && c != ']'
	}
	return all
}()

func lookClosely(p []byte, free bool) (simple, ok bool) {
	simple = true
	for i, c := range p {
		switch {
		case c >= ' ' && c != '&' && c != '<' && c != ']' && c != 0xef:
		case c == '&', c == '<', c == '\r':
			simple = false
		case c == ']':
			if !free && bytes.HasPrefix(p[i:], []byte("]]>")) {
				return false, false
			}
		case c == 0xef:
			if len(p) > i+2 && p[i+1] == 0xbf && p[i+2] >= 0xbe {
				return false, false
			}
		case c != '\t' && c != '\n':
			return false, false
		}
	}
	return simple, utf8.Valid(p)
}

// reference reads the reference at the start of p; n is 0 where it is none
// that XML 1.0 §4.1 and §4.6 know.
func reference(p []byte) (r rune, n int) {
	end := bytes.IndexByte(p, ';')
	if end < 0 {
		return 0, 0
	}
	switch name := p[1:end]; {
	case string(name) == "lt":
		r = '<'
	case string(name) == "gt":
		r = '>'
	case string(name) == "amp":
		r = '&'
	case string(name) == "quot":
		r = '"'
	case string(name) == "apos":
		r = '\''
	case len(name) > 2 && name[0] == '#' && name[1] == 'x':
		r = number(name[2:], 16)
	case len(name) > 1 && name[0] == '#':
		r = number(name[1:], 10)
	}
	if r == 0 {
		return 0, 0
	}
	return r, end + 1
}

// number returns the character of a number, or 0 where XML has none.
func number(digits []byte, base int) rune {
	n, err := strconv.ParseUint(string(digits), base, 32)
	r := rune(n)
	switch {
	case err != nil, n > utf8.MaxRune, !utf8.ValidRune(r), r == 0xfffe, r == 0xffff:
		return 0
	case r < ' ' && r != '\t' && r != '\n' && r != '\r':
		return 0
	}
	return r
}

// wideName returns the length of the character at the start of p where it may
// stand in a name, or be its first. XML 1.0 §2.3 [4] and [4a]
func wideName(p []byte, first bool) int {
	r, n := utf8.DecodeRune(p)
	switch {
	case r == utf8.RuneError:
		return 0
	case !first && (r == 0xb7 || 0x300 <= r && r <= 0x36f || 0x203f <= r && r <= 0x2040):
		return n
	}
	for _, span := range nameStart {
		if span[0] <= r && r <= span[1] {
			return n
		}
	}
	return 0
}

var nameStart = [...][2]rune{
	{0xc0, 0xd6}, {0xd8, 0xf6}, {0xf8, 0x2ff}, {0x370, 0x37d}, {0x37f, 0x1fff}, {0x200c, 0x200d}, {0x2070, 0x218f},
	{0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff},
}
