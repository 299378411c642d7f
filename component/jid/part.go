package jid

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

//go:generate sh -c "python3 tables.py > tables.go"

// part is a kind of part that we mint.
type part struct {
	runes  *unicode.RangeTable // beyond ASCII, what stands as it is
	except string              // the ASCII characters that do not
	xep106 bool                // they have the short escapes of XEP-0106
}

var (
	localPart    = &part{localRunes, disallowed, true}
	resourcePart = &part{resourceRunes, "", false}
)

// stand tells whether all of s stands as it is, and needs no second look.
func (p *part) stand(s string) bool {
	return printable(s) && !strings.ContainsAny(s, p.except+`\`)
}

// stands tells whether r stands as it is, if its neighbours let it.
func (p *part) stands(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r <= '~' && strings.IndexByte(p.except, byte(r)) < 0
	}
	return unicode.Is(p.runes, r)
}

func isRTL(r rune) bool { return r >= utf8.RuneSelf && unicode.Is(rightToLeft, r) }

// combines tells whether r may join what stands before it.
func combines(r rune) bool {
	if r < utf8.RuneSelf {
		return false
	}
	var buf [utf8.UTFMax]byte
	return !norm.NFC.Properties(buf[:utf8.EncodeRune(buf[:], r)]).BoundaryBefore()
}

// rtlStands tells whether the right-to-left characters in s stand as they are:
// they must be at both ends with nothing left-to-right between them, an escape
// included. RFC 3454 §6, RFC 5893 §2
func (p *part) rtlStands(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	if !isRTL(first) || !isRTL(last) {
		return false
	}
	for _, r := range s {
		if !p.stands(r) || r == '\\' || !neutral(r) {
			return false
		}
	}
	return true
}

// neutral tells whether r may stand in a right-to-left text. RFC 5893 §2 rule 2
func neutral(r rune) bool {
	var buf [utf8.UTFMax]byte
	class, _ := bidi.Lookup(buf[:utf8.EncodeRune(buf[:], r)])
	switch class.Class() {
	case bidi.R, bidi.AL, bidi.EN, bidi.ES, bidi.CS, bidi.ET, bidi.ON, bidi.BN, bidi.NSM:
		return true
	}
	return false
}

// append writes the escape for r; end tells that it is the first or the last,
// where XEP-0106 has none for a space.
func (p *part) append(dst []byte, r rune, end bool) []byte {
	if p.xep106 && r < utf8.RuneSelf && !(end && r == ' ') && strings.IndexByte(disallowed+`\`, byte(r)) >= 0 {
		return appendShort(dst, byte(r))
	}
	dst = append(dst, '\\', 'u')
	for shift := 20; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[r>>shift&15])
	}
	return dst
}

// longLen is how long a long escape is.
const longLen = len(`\u01f600`)

// escape returns the character that the escape at s[i] stands for and the
// length of the escape, 0 where there is none.
func (p *part) escape(s string, i int) (rune, int) {
	if p.xep106 {
		if c := shortAt(s, i); c != 0 {
			return rune(c), 3
		}
	}
	if r := p.long(s[i:]); r != 0 {
		return r, longLen
	}
	return 0, 0
}

// escapeAt tells whether s starts like an escape.
func (p *part) escapeAt(s string) bool {
	return p.xep106 && short(s) != 0 || p.long(s) != 0
}

// long reads a long escape at the start of s. It returns 0 where there is
// none, and for characters that mint never writes so.
func (p *part) long(s string) rune {
	if len(s) < longLen || s[0] != '\\' || s[1] != 'u' {
		return 0
	}
	var r rune
	for i := 2; i < longLen; i++ {
		digit := strings.IndexByte(hexDigits, s[i])
		if digit < 0 {
			return 0
		}
		r = r<<4 | rune(digit)
	}
	switch {
	case r == 0, r == '\r', r == '\n', !utf8.ValidRune(r):
		return 0
	case r == ' ':
		if !p.xep106 {
			return 0
		}
	case r == '\\':
		if p.xep106 {
			return 0
		}
	case p.stands(r) && !isRTL(r) && !combines(r), strings.ContainsRune(p.except, r):
		return 0
	}
	return r
}
