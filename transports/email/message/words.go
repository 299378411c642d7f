package message

import (
	"encoding/base64"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fieldText returns a field's value as text in one line: encoded words (RFC 2047)
// decoded, also those that are not quite right, and raw bytes read as UTF-8 or
// windows-1252.
func fieldText(value string) string {
	return oneLine(decodeWords(value))
}

// oneLine takes out what would break a line, or hide in it.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || isBidi(r) || r == '\ufffe' || r == '\uffff':
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// isBidi tells whether a character changes the direction in which text is shown.
func isBidi(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// wordRun is a piece of encoded words that stand together in one encoding: a
// character may be cut in two between words, which is forbidden and done.
type wordRun struct {
	charset string
	raw     []byte
}

// decodeWords decodes the encoded words of a value. The result is valid UTF-8.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return rawText(s)
	}
	var b strings.Builder
	var run wordRun
	flush := func() {
		if run.raw != nil {
			b.WriteString(decodeText(run.charset, run.raw))
			run = wordRun{}
		}
	}
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		charset, raw, rest, ok := cutWord(s[i:])
		if !ok {
			flush()
			b.WriteString(rawText(s[:i+2]))
			s = s[i+2:]
			continue
		}
		if between := s[:i]; run.raw == nil || strings.TrimSpace(between) != "" { // RFC 2047 §6.2
			flush()
			b.WriteString(rawText(between))
		}
		if run.raw != nil && !strings.EqualFold(run.charset, charset) {
			flush()
		}
		run.charset = charset
		run.raw = append(run.raw, raw...)
		if run.raw == nil {
			run.raw = []byte{}
		}
		s = rest
	}
	flush()
	b.WriteString(rawText(s))
	return b.String()
}

// maxWord is how long an encoded word may be: far longer than it should.
const maxWord = 4 << 10

// cutWord takes an encoded word from the beginning of s.
func cutWord(s string) (charset string, raw []byte, rest string, ok bool) {
	charset, _, ok = strings.Cut(s[2:min(len(s), 64)], "?")
	if !ok {
		return "", nil, "", false
	}
	after := s[2+len(charset)+1:]
	if len(charset) > 60 || len(after) < 2 || after[1] != '?' || strings.ContainsAny(charset, " \t=") {
		return "", nil, "", false
	}
	charset, _, _ = strings.Cut(charset, "*") // a language, RFC 2231 §5
	end := strings.Index(after[2:min(len(after), maxWord)], "?=")
	if end < 0 {
		return "", nil, "", false
	}
	text, rest := after[2:2+end], after[2+end+2:]
	switch after[0] {
	case 'q', 'Q':
		return charset, unquoteWord(text), rest, true
	case 'b', 'B':
		return charset, unbase64(text), rest, true
	}
	return "", nil, "", false
}

// unquoteWord undoes the "Q" encoding, RFC 2047 §4.2.
func unquoteWord(text string) []byte {
	raw := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '_':
			raw = append(raw, ' ')
		case c == '=' && i+2 < len(text) && unhex(text[i+1]) >= 0 && unhex(text[i+2]) >= 0:
			raw = append(raw, byte(unhex(text[i+1])<<4|unhex(text[i+2])))
			i += 2
		default:
			raw = append(raw, c)
		}
	}
	return raw
}

func unbase64(text string) []byte {
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
		return raw
	}
	var b collector
	d := &base64Decoder{w: &b}
	io.WriteString(d, text)
	d.Close()
	return b
}

// collector is a writer to memory.
type collector []byte

func (c *collector) Write(p []byte) (int, error) {
	*c = append(*c, p...)
	return len(p), nil
}

// rawText reads what a field has outside of encoded words.
func rawText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return fromUTF8([]byte(s))
}
