package jid

import "strings"

// disallowed are the characters that XEP-0106 §3.2 escapes, besides the
// backslash where it would look like an escape.
const disallowed = ` "&'/:<>@`

const hexDigits = "0123456789abcdef"

// Escape makes a local part from text by XEP-0106 alone: it neither folds case
// nor normalizes. Spaces at either end are dropped, because \20 must not stand
// there (§4.1 rule 6); Local keeps them.
func Escape(text string) string {
	text = strings.Trim(text, " ")
	if !strings.ContainsAny(text, disallowed+`\`) {
		return text
	}
	dst := make([]byte, 0, len(text)+16)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && short(text[i:]) != 0 || strings.IndexByte(disallowed, c) >= 0 {
			dst = appendShort(dst, c)
			continue
		}
		dst = append(dst, c)
	}
	return string(dst)
}

// Unescape reverses Escape. Sequences that Escape does not write stay as they
// are: case is significant (XEP-0106 §3.1), and a \20 at either end is none.
func Unescape(local string) string {
	if strings.IndexByte(local, '\\') < 0 {
		return local
	}
	dst := make([]byte, 0, len(local))
	for i := 0; i < len(local); i++ {
		c := shortAt(local, i)
		if c == 0 {
			dst = append(dst, local[i])
			continue
		}
		dst = append(dst, c)
		i += 2
	}
	return string(dst)
}

// shortAt is short for the escape at s[i], which must not be a space at either
// end.
func shortAt(s string, i int) byte {
	c := short(s[i:])
	if c == ' ' && (i == 0 || i+3 == len(s)) {
		return 0
	}
	return c
}

// short returns the character that the escape at the start of s stands for, or
// 0 where there is none. XEP-0106 §3.3
func short(s string) byte {
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
	case "2f":
		return '/'
	case "3a":
		return ':'
	case "3c":
		return '<'
	case "3e":
		return '>'
	case "40":
		return '@'
	case "5c":
		return '\\'
	}
	return 0
}

func appendShort(dst []byte, c byte) []byte {
	return append(dst, '\\', hexDigits[c>>4], hexDigits[c&15])
}
