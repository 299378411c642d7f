package stanza

import (
	"strings"
	"unicode/utf8"
)

// Filter makes s fit to be character data of XML 1.0 (§2.2): it drops control
// characters, U+FFFE, U+FFFF and surrogates, turns CR and CRLF into LF, and
// mends what is no UTF-8. In a text that is otherwise UTF-8 a broken byte
// becomes U+FFFD, else it is taken for Windows-1252. A string that is fit
// already is returned as it is.
func Filter(s string) string {
	if fit(s) {
		return s
	}
	return string(appendFiltered(make([]byte, 0, len(s)+16), s))
}

// The classes of bytes that need a look.
const (
	plain   = iota
	drop    // never allowed
	cr      // CR
	maybeFF // starts U+FFFE and U+FFFF, among others
	markup  // means something to XML
	blanks  // tab and LF: fine in text, escaped in attributes
	quote   // ' : fine in text, escaped in attributes
)

var class = func() (t [256]uint8) {
	for c := range 0x20 {
		t[c] = drop
	}
	t['\t'], t['\n'], t['\r'] = blanks, blanks, cr
	t['&'], t['<'], t['>'], t['\''] = markup, markup, markup, quote
	t[0xef] = maybeFF
	return t
}()

func fit(s string) bool {
	for i := 0; i < len(s); i++ {
		switch class[s[i]] {
		case drop, cr:
			return false
		case maybeFF:
			if nonchar(s[i:]) {
				return false
			}
		}
	}
	return utf8.ValidString(s)
}

// nonchar tells whether s starts with U+FFFE or U+FFFF.
func nonchar(s string) bool {
	return len(s) >= 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe
}

func appendFiltered(dst []byte, s string) []byte {
	s = mend(s)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; class[c] {
		case drop:
		case cr:
			if i+1 == len(s) || s[i+1] != '\n' {
				dst = append(dst, '\n')
			}
		case maybeFF:
			if nonchar(s[i:]) {
				i += 2
				continue
			}
			dst = append(dst, c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// mend returns s as UTF-8.
func mend(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	damaged := hasMultibyte(s)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			b.WriteRune(r)
		case surrogate(s[i:]):
			n = 3
		case damaged:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(windows1252(s[i]))
		}
		i += n
	}
	return b.String()
}

// surrogate tells whether s starts with a UTF-16 surrogate in UTF-8's clothes.
func surrogate(s string) bool {
	return len(s) >= 3 && s[0] == 0xed && s[1] >= 0xa0 && s[1] < 0xc0 && s[2] >= 0x80 && s[2] < 0xc0
}

func hasMultibyte(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			if _, n := utf8.DecodeRuneInString(s[i:]); n > 1 {
				return true
			}
		}
	}
	return false
}

// upper1252 are the bytes 80 to 9f of Windows-1252; elsewhere it is Latin-1.
var upper1252 = [32]rune{
	'€', utf8.RuneError, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', utf8.RuneError, 'Ž', utf8.RuneError,
	utf8.RuneError, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', utf8.RuneError, 'ž', 'Ÿ',
}

func windows1252(c byte) rune {
	if c >= 0x80 && c < 0xa0 {
		return upper1252[c-0x80]
	}
	return rune(c)
}

// EscapeAttr returns s filtered, and escaped as the value of an attribute.
func EscapeAttr(s string) string { return string(appendEscaped(nil, s, true)) }
