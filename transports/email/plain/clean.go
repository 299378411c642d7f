package plain

import (
	"strings"
	"unicode/utf8"
)

// Bounds of a message in a chat.
const (
	MaxCharacters = 8000
	MaxBytes      = 48 << 10 // of it in XML, escaped
)

// Clean returns text that may stand in a message: no characters that XML has not
// (XML 1.0 §2.2), none that turn the direction of what follows, "\n" between
// lines, no more than two blank lines together, no blanks at the ends of lines,
// and nothing blank before or after.
func Clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank, started := 0, false
	for line := range strings.Lines(unixLines(s)) {
		line = strings.TrimRight(cleanLine(strings.TrimSuffix(line, "\n")), " \t\u00a0\u2003\u200b")
		if line == "" {
			blank++
			continue
		}
		if started {
			b.WriteString("\n\n\n"[:1+min(blank, 2)])
		}
		started, blank = true, 0
		b.WriteString(line)
	}
	return b.String()
}

// unixLines ends each line by "\n".
func unixLines(s string) string {
	if !strings.ContainsAny(s, "\r\f\v\u0085\u2028\u2029") {
		return s
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n", "\v", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
}

func cleanLine(line string) string {
	bad := func(r rune) bool {
		return r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\ufeff' || r == '\ufffe' || r == '\uffff' || isBidi(r) || r&0xfffe == 0xfffe
	}
	if strings.IndexFunc(line, bad) >= 0 || !utf8.ValidString(line) {
		line = strings.Map(func(r rune) rune {
			if bad(r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(line, "\ufffd"))
	}
	return line
}

// isBidi tells whether a character embeds, overrides or isolates a direction.
func isBidi(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// Fit returns the beginning of a text that fits in a message, and whether that is
// not all: then the whole is to be had elsewhere, as a file. It is cut at the end
// of a line or a word where one is near.
func Fit(s string) (head string, cut bool) {
	characters, bytes := 0, 0
	for i, r := range s {
		characters++
		if bytes += escaped(r); characters > MaxCharacters || bytes > MaxBytes {
			return strings.TrimRight(atBreak(s[:i]), " \n"), true
		}
	}
	return s, false
}

// atBreak cuts a text at its last line or word, if that is near its end.
func atBreak(s string) string {
	for _, b := range []string{"\n", " "} {
		if i := strings.LastIndex(s, b); i > len(s)-len(s)/8 {
			return s[:i]
		}
	}
	return s
}

// escaped is how many bytes a character has in XML.
func escaped(r rune) int {
	switch r {
	case '&', '"', '\'':
		return 6
	case '<', '>':
		return 4
	}
	return utf8.RuneLen(r)
}
