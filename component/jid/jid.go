// Package jid implements XMPP addresses (RFC 7622): lenient towards those that
// the server hands us, strict for those that we mint, and XEP-0106 escapes.
package jid

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxPart is the longest part of an address, in bytes. RFC 7622 §3.1
const MaxPart = 1023

// Errors that Parse, Local and Resource wrap.
var (
	ErrEmpty   = errors.New("empty part")
	ErrTooLong = errors.New("part longer than 1023 bytes")
	ErrInvalid = errors.New("character that no address may hold")
)

// JID is an XMPP address. It is comparable; the zero value is no address.
type JID struct {
	Local, Domain, Resource string
}

// Parse takes an address apart. It keeps what it reads as the server prepared
// it: no mapping and no PRECIS profile is applied, because one user's odd
// address must still be answered. It refuses only an empty domain, an empty
// part before '@' or after '/', parts over MaxPart, invalid UTF-8, and
// characters that XML cannot carry.
func Parse(s string) (JID, error) {
	j := split(s)
	if err := j.check(s); err != nil {
		return JID{}, fmt.Errorf("address %.100q: %w", s, err)
	}
	return j, nil
}

// MustParse is Parse for constants and tests: it panics where Parse fails.
func MustParse(s string) JID {
	j, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return j
}

// split cuts at the first '/', then at the first '@' before it. RFC 7622 §3.2
func split(s string) (j JID) {
	j.Domain = s
	if i := strings.IndexByte(j.Domain, '/'); i >= 0 {
		j.Domain, j.Resource = j.Domain[:i], j.Domain[i+1:]
	}
	if i := strings.IndexByte(j.Domain, '@'); i >= 0 {
		j.Local, j.Domain = j.Domain[:i], j.Domain[i+1:]
	}
	return j
}

// check tells why j, which was split from s, is no address.
func (j JID) check(s string) error {
	separators := len(s) - len(j.Local) - len(j.Domain) - len(j.Resource)
	parts := 0
	if j.Local != "" {
		parts++
	}
	if j.Resource != "" {
		parts++
	}
	if separators != parts {
		return ErrEmpty
	}
	return j.Check()
}

// Check tells why j may not stand in a stanza, by the rules of Parse. It is
// for addresses that were put together, not parsed.
func (j JID) Check() error {
	switch {
	case j.Domain == "":
		return ErrEmpty
	case len(j.Local) > MaxPart, len(j.Domain) > MaxPart, len(j.Resource) > MaxPart:
		return ErrTooLong
	case !clean(j.Local, separator), !clean(j.Domain, separator), !clean(j.Resource, control):
		return ErrInvalid
	}
	return nil
}

// What a byte of an address may be.
const (
	ordinary  = iota
	separator // it would take a local part or a domain apart
	control   // it stands in no address
	wide      // it is part of a longer character
)

// kinds are those of bytes.
var kinds = func() (kinds [256]uint8) {
	for c := range kinds {
		switch {
		case c == '@', c == '/':
			kinds[c] = separator
		case c < 0x20, c == 0x7f:
			kinds[c] = control
		case c >= utf8.RuneSelf:
			kinds[c] = wide
		}
	}
	return kinds
}()

// clean tells whether s is UTF-8 without control characters and noncharacters
// that XML forbids, and where worst is separator, without separators.
func clean(s string, worst uint8) bool {
	for i := 0; i < len(s); i++ {
		switch kind := kinds[s[i]]; {
		case kind == wide:
			return cleanRunes(s[i:]) && (worst != separator || !strings.ContainsAny(s[i:], "@/"))
		case kind >= worst:
			return false
		}
	}
	return true
}

func cleanRunes(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff {
			return false
		}
	}
	return true
}

// Bare returns j without its resource.
func (j JID) Bare() JID {
	j.Resource = ""
	return j
}

// WithResource returns j with another resource, kept as it is.
func (j JID) WithResource(resource string) JID {
	j.Resource = resource
	return j
}

// IsBare tells whether j has no resource.
func (j JID) IsBare() bool { return j.Resource == "" }

// IsZero tells whether j is no address.
func (j JID) IsZero() bool { return j == JID{} }

// String returns the address as it stands in a stanza, before XML escaping;
// nothing for the zero JID.
func (j JID) String() string {
	if j.Local == "" && j.Resource == "" {
		return j.Domain
	}
	var buf [128]byte
	return string(j.AppendTo(buf[:0]))
}

// AppendTo appends what String returns to dst.
func (j JID) AppendTo(dst []byte) []byte {
	if j.Local != "" {
		dst = append(dst, j.Local...)
		dst = append(dst, '@')
	}
	dst = append(dst, j.Domain...)
	if j.Resource != "" {
		dst = append(dst, '/')
		dst = append(dst, j.Resource...)
	}
	return dst
}

// Clone returns j in memory of its own: parts that were cut out of something
// bigger no longer keep that alive.
func (j JID) Clone() JID {
	s := j.Local + j.Domain + j.Resource
	l, d := len(j.Local), len(j.Local)+len(j.Domain)
	return JID{Local: s[:l], Domain: s[l:d], Resource: s[d:]}
}
