package phone

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how long the encoded name of a sender gets, in bytes. Networks
// allow eleven characters.
const maxName = 300

const hexDigits = "0123456789abcdef"

// shown returns a sender's name as it can be shown: without what is not to be
// seen, and not too long to be encoded.
func shown(raw string) string {
	name := strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, raw))
	size := 0
	for i, r := range name {
		if size += utf8.RuneLen(r) * len("%ff"); size > maxName {
			return strings.TrimSpace(name[:i])
		}
	}
	return name
}

// fold returns the name that an address has for a sender.
func fold(raw string) string { return shown(strings.ToLower(raw)) }

// encode writes a folded name such that no server maps, trims or splits it:
// what is neither ASCII nor a small letter of Latin-1, and what means something
// in an address of ours, is percent-encoded, RFC 3986 §2.1, in lower case.
func encode(name string) string {
	plain := true
	for _, r := range name {
		plain = plain && stays(r)
	}
	if plain {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if stays(r) {
			b.WriteString(name[i : i+size])
		} else {
			for _, c := range []byte(name[i : i+size]) {
				b.WriteByte('%')
				b.WriteByte(hexDigits[c>>4])
				b.WriteByte(hexDigits[c&15])
			}
		}
		i += size
	}
	return b.String()
}

// stays tells whether encode leaves a character of a folded name as it is.
func stays(r rune) bool {
	if r < utf8.RuneSelf {
		return r != ';' && r != '%' && r != '\\'
	}
	return r >= 'à' && r <= 'ÿ' && r != '÷'
}

// decode reverses encode. Only what encode writes is a name.
func decode(s string) (string, bool) {
	if s == "" || len(s) > maxName {
		return "", false
	}
	name := unescape(s)
	return name, name != "" && utf8.ValidString(name) && fold(name) == name && encode(name) == s
}

// unescape decodes percent-encoded bytes, and leaves alone what is none.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, low := strings.IndexByte(hexDigits, lower(s[i+1])), strings.IndexByte(hexDigits, lower(s[i+2]))
			if high >= 0 && low >= 0 {
				b = append(b, byte(high<<4|low))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
