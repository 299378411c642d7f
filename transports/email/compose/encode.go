package compose

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// encodedMost is how long an encoded word is at most. RFC 2047 §2 has 75: with
// less, one fits behind the name of a header.
const encodedMost = 62

const (
	wordHead = "=?utf-8?"
	wordTail = "?="
	wordRoom = encodedMost - len(wordHead) - len("q?") - len(wordTail)
)

// encodedWords returns a text as encoded words of RFC 2047, of the encoding that
// is better for it. What they say is the text; no character is cut.
func encodedWords(s string) []string {
	q, letter := 0, "q"
	for i := range len(s) {
		q += len(qByte(s[i]))
	}
	size := func(piece string) int { // of a piece once encoded
		n := 0
		for i := range len(piece) {
			n += len(qByte(piece[i]))
		}
		return n
	}
	encode := func(piece string) string {
		var b strings.Builder
		for i := range len(piece) {
			b.WriteString(qByte(piece[i]))
		}
		return b.String()
	}
	if packs(q, base64.StdEncoding.EncodedLen(len(s))) {
		letter = "b"
		size = func(piece string) int { return base64.StdEncoding.EncodedLen(len(piece)) }
		encode = func(piece string) string { return base64.StdEncoding.EncodeToString([]byte(piece)) }
	}
	var words []string
	for s != "" {
		n := 0
		for n < len(s) {
			_, w := utf8.DecodeRuneInString(s[n:])
			if n > 0 && size(s[:n+w]) > wordRoom {
				break
			}
			n += w
		}
		words = append(words, wordHead+letter+"?"+encode(s[:n])+wordTail)
		s = s[n:]
	}
	return words
}

const hexDigits = "0123456789ABCDEF"

// qByte returns a byte in the Q encoding as it may stand in a phrase, too
// (RFC 2047 §5).
func qByte(c byte) string {
	switch {
	case c == ' ':
		return "_"
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("!*+-/", c) >= 0:
		return string(rune(c))
	}
	return "=" + hexByte(c)
}

func hexByte(c byte) string { return string([]byte{hexDigits[c>>4], hexDigits[c&15]}) }

// cleanLine returns a text as one line of at most so many characters: runs of
// white space are one space, and what cannot be seen is gone.
func cleanLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == 0x2028, r == 0x2029:
			return ' '
		case unicode.IsControl(r), r == 0xFEFF, !utf8.ValidRune(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = strings.TrimSpace(string(r[:most]))
	}
	return s
}
