// Package addrspec reads and writes the addresses of mailboxes as the wire has
// them: RFC 5321 §4.1.2, RFC 5322 §3.4.1 and RFC 6531 §3.3.
package addrspec

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"wherry/transports"
)

// Bounds on an address, in bytes. RFC 5321 §4.5.3.1 promises 64 and 255; the
// return addresses that lists make are longer.
const (
	localMost  = 256
	domainMost = 253
)

// Spec is the address of a mailbox.
type Spec struct {
	Local  string // as it is spelled, without quotes
	Domain string // in lower case, IDN as A-labels
}

// Parse reads "local@domain", where local may be quoted. The error is an
// *transports.Error of kind Malformed.
func Parse(s string) (Spec, error) {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || !utf8.ValidString(s) {
		return Spec{}, malformed(s)
	}
	local, ok := readLocal(s[:at])
	if !ok {
		return Spec{}, malformed(s)
	}
	domain, ok := Domain(s[at+1:])
	if !ok {
		return Spec{}, malformed(s)
	}
	return Spec{Local: local, Domain: domain}, nil
}

// readLocal takes the quotes from a local part.
func readLocal(s string) (string, bool) {
	if len(s) > 2*localMost {
		return "", false
	}
	local := s
	if s[0] == '"' {
		if len(s) < 3 || s[len(s)-1] != '"' {
			return "", false
		}
		var b strings.Builder
		for i := 1; i < len(s)-1; i++ {
			switch {
			case s[i] == '"':
				return "", false
			case s[i] == '\\':
				if i++; i == len(s)-1 {
					return "", false
				}
			}
			b.WriteByte(s[i])
		}
		local = b.String()
	} else if strings.ContainsAny(s, " \"(),:;<>@[\\]") {
		return "", false
	}
	return local, local != "" && len(local) <= localMost && utf8.ValidString(local) && !strings.ContainsFunc(local, unicode.IsControl)
}

// Domain returns the name of a host in lower case with A-labels, and whether it
// can be one. Address literals are none: nobody's mailbox is there.
func Domain(s string) (string, bool) {
	s = strings.TrimSuffix(s, ".")
	ascii := strings.ToLower(s)
	if strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		var err error
		if ascii, err = idna.Lookup.ToASCII(s); err != nil {
			return "", false
		}
	}
	if ascii == "" || len(ascii) > domainMost {
		return "", false
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	return ascii, true
}

// String returns the address as SMTP and headers have it, quoted where it must
// be.
func (s Spec) String() string {
	if atoms(s.Local) {
		return s.Local + "@" + s.Domain
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s.Local) {
		if c := s.Local[i]; c == '"' || c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(s.Local[i])
	}
	return b.String() + "\"@" + s.Domain
}

// UTF8 tells that the address cannot be written without SMTPUTF8 (RFC 6531).
func (s Spec) UTF8() bool {
	return strings.ContainsFunc(s.Local, func(r rune) bool { return r >= utf8.RuneSelf })
}

// atoms tells whether a local part is a dot-atom (RFC 5322 §3.2.3).
func atoms(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !Atext(r) }) {
			return false
		}
	}
	return true
}

// Atext tells whether a character may stand in an atom: RFC 5322 §3.2.3, and
// with RFC 6532 what is not ASCII.
func Atext(r rune) bool {
	switch {
	case r >= utf8.RuneSelf:
		return unicode.IsGraphic(r) && !unicode.IsSpace(r)
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	}
	return r > ' ' && strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// shownMost is how much of what is no address an error tells, in characters.
const shownMost = 80

func malformed(s string) *transports.Error {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > shownMost {
		s = string(r[:shownMost]) + "…"
	}
	return &transports.Error{Kind: transports.Malformed, Text: transports.T("%s is not a mail address.", s)}
}
