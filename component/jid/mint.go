package jid

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Local makes the local part of an address of ours from text: NFC, lower-case,
// and escaped by XEP-0106. A character that some server would refuse or change
// (RFC 6122 appendix A, RFC 8265 §3.3) is written as a backslash, "u" and six
// hexadecimal digits. Equal texts get equal local parts, and Text reverses it.
//
// It refuses, with ErrInvalid, NUL, CR and LF, which no network has in a name,
// and, with ErrTooLong, what takes more than MaxPart bytes. No text makes no
// local part.
func Local(text string) (string, error) {
	return localPart.mint(fold(text))
}

// Text reverses Local: it returns the text, folded. Escapes that Local never
// writes stay as they are, so no NUL, CR or LF comes out of an address. Local
// of the result may still differ from an address that somebody else made up.
func Text(local string) string { return localPart.text(local) }

// Resource makes the resource of an address of ours from a nick: NFC, and
// characters that some server would refuse or change (RFC 6122 appendix B, RFC
// 8265 §4.2) escaped as Local does. Case and spaces stay. It refuses what Local
// refuses, and an empty nick with ErrEmpty.
func Resource(nick string) (string, error) {
	if nick == "" {
		return "", ErrEmpty
	}
	if !printable(nick) {
		nick = norm.NFC.String(strings.ToValidUTF8(nick, "\ufffd"))
	}
	return resourcePart.mint(nick)
}

// Nick reverses Resource.
func Nick(resource string) string { return resourcePart.text(resource) }

// fold gives all spellings of a text one form.
func fold(text string) string {
	if printable(text) {
		return strings.ToLower(text)
	}
	text = norm.NFC.String(strings.ToValidUTF8(text, "\ufffd"))
	return norm.NFC.String(strings.ToLower(text))
}

// printable tells whether s is nothing but ASCII without control characters.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// mint escapes s, which is folded already.
func (p *part) mint(s string) (string, error) {
	if p.stand(s) {
		return s, tooLong(s)
	}
	if strings.ContainsAny(s, "\x00\r\n") {
		return "", ErrInvalid
	}
	keep := p.rtlStands(s)
	dst := make([]byte, 0, len(s)+32)
	lone := true // at the start and behind an escape no character may combine
	for i, r := range s {
		n := utf8.RuneLen(r)
		switch {
		case r == '\\' && p.escapeAt(s[i:]):
			dst, lone = p.append(dst, r, false), true
		case p.stands(r) && (keep || !isRTL(r)) && !(lone && combines(r)):
			dst, lone = append(dst, s[i:i+n]...), false
		default:
			end := i == 0 || i+n == len(s)
			dst, lone = p.append(dst, r, end), true
		}
	}
	return string(dst), tooLong(string(dst))
}

func tooLong(s string) error {
	if len(s) > MaxPart {
		return ErrTooLong
	}
	return nil
}

// text reverses mint.
func (p *part) text(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	dst := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if r, n := p.escape(s, i); n > 0 {
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		dst = append(dst, s[i])
		i++
	}
	return string(dst)
}
