package jid

import "strings"

// escaped are the characters that XEP-0106 §2 escapes, besides the backslash.
const escaped = ` "&'/:<>@`

const hexDigits = "0123456789abcdef"

// Escape makes a local part from text by XEP-0106.
func Escape(text string) string {
	if !strings.ContainsAny(text, escaped+`\`) {
		return text
	}
	dst := make([]byte, 0, len(text)+16)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && code(text[i:]) == 0 || strings.IndexByte(escaped+`\`, c) < 0 {
			dst = append(dst, c)
			continue
		}
		dst = appendCode(dst, c)
	}
	return string(dst)
}

// Unescape reverses Escape. XEP-0106 §4.3
func Unescape(local string) string {
	if strings.IndexByte(local, '\\') < 0 {
		return local
	}
	dst := make([]byte, 0, len(local))
	for i := 0; i < len(local); i++ {
		c := local[i]
		if e := code(local[i:]); e != 0 {
			c = e
			i += 2
		}
		dst = append(dst, c)
	}
	return string(dst)
}

// code returns the character that the escape at the start of s stands for, or
// 0 where there is none.
func code(s string) byte {
	if len(s) < 3 || s[0] != '\\' {
		return 0
	}
	switch s[1:3] {
	case "20":
		return ' '
	case "22":
		return '"'
	case "26":
		return '&'
	case "27":
		return '\''
	case "2f", "2F":
		return '/'
	case "3a", "3A":
		return ':'
	case "3c", "3C":
		return '<'
	case "3e", "3E":
		return '>'
	case "40":
		return '@'
	case "5c", "5C":
		return '\\'
	}
	return 0
}

func appendCode(dst []byte, c byte) []byte {
	return append(dst, '\\', hexDigits[c>>4], hexDigits[c&15])
}
