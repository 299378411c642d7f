// Package phone is who is at the other end of a text message: phone numbers,
// short codes, names that stand for a sender, and groups of numbers, in the one
// spelling that their addresses have.
//
// The spellings are those of RFC 3966 without "tel:":
//
//	+15551234567                          a number, E.164
//	32665;phone-context=+1                a short code, of the line's country
//	mybank;phone-context=alphanumeric     a sender that is a name
//	anonymous;phone-context=unknown       a sender that is withheld
//	whatsapp:+15551234567                 a number on another channel
//	+15551234567,+15557654321             a group, sorted
//
// Each may end with ";via=+15550001111", the line it is seen from where that is
// not the account's default one.
package phone

import (
	"cmp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Kind is what a Peer is.
type Kind uint8

// The kinds of peers.
const (
	Number       Kind = iota // a phone number
	Short                    // a short code
	Alphanumeric             // a sender's name: it cannot be answered
	Anonymous                // nobody tells who: it cannot be answered
	Channel                  // a number on another channel than SMS
	Group                    // several numbers that text each other
)

var kindNames = [...]string{"number", "short code", "name", "anonymous", "channel", "group"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Peer is one other end, or a group, as seen from one line. It is comparable.
type Peer struct {
	Kind Kind

	// Name is a Number in E.164, the digits of a Short, an Alphanumeric in lower
	// case, the E.164 number of a Channel behind its prefix, or the members of a
	// Group in E.164, sorted and joined by commas. It is empty for Anonymous.
	Name string

	Code string // of a Short: the country calling code where it works, "+1"
	Via  string // the line (E.164, or a short code) where it is not the default one

	// Shown is an Alphanumeric as its sender writes it, where From was told. It
	// is no part of the address: peers are the same where String is.
	Shown string
}

// What follows the name in a canonical spelling.
const (
	contextParam = ";phone-context="
	viaParam     = ";via="

	alphanumericContext = "alphanumeric"
	unknownContext      = "unknown"
	anonymousName       = "anonymous"
)

// channels are the prefixes of a Channel and what people call it.
var channels = [...]struct{ prefix, title string }{
	{"whatsapp:", "WhatsApp"},
	{"rcs:", "RCS"},
}

// String returns the canonical spelling, the local part of the peer's address
// before escaping. Parse takes it back.
func (p Peer) String() string {
	s := p.Name
	switch p.Kind {
	case Short:
		s += contextParam + p.Code
	case Alphanumeric:
		s = encode(p.Name) + contextParam + alphanumericContext
	case Anonymous:
		s = anonymousName + contextParam + unknownContext
	}
	if p.Via != "" {
		s += viaParam + p.Via
	}
	return s
}

// Soprani returns the spelling that the gateways of Soprani.ca have for the
// peer, where they have another one. Parse takes it back. A sender's name is in
// it as the sender writes it, so that two ways to write it make two contacts.
func (p Peer) Soprani() string {
	s := p.String()
	switch p.Kind {
	case Short:
		if p.Code == "+1" {
			s = p.Name + contextParam + sopraniShort
		}
	case Alphanumeric:
		digits, ok := uncheogram(cmp.Or(p.Shown, p.Name))
		if !ok {
			digits, ok = uncheogram(p.Name)
		}
		if ok {
			s = digits + contextParam + sopraniAlphanumeric
		}
	}
	if p.Via != "" && !strings.HasSuffix(s, viaParam+p.Via) {
		s += viaParam + p.Via
	}
	return s
}

// Wire returns how a provider addresses the peer. It is empty where nobody can
// be written to, and for a Group, which has Members.
func (p Peer) Wire() string {
	switch p.Kind {
	case Number, Short, Channel:
		return p.Name
	}
	return ""
}

// Number returns the number in E.164 that is written to; none for other kinds
// than Number and Channel.
func (p Peer) Number() string {
	switch p.Kind {
	case Number:
		return p.Name
	case Channel:
		_, _, number := channel(p.Name)
		return number
	}
	return ""
}

// Members returns the numbers of a Group in E.164, sorted; none for others.
func (p Peer) Members() []string {
	if p.Kind != Group {
		return nil
	}
	return strings.Split(p.Name, ",")
}

// Default returns p as seen from the default line.
func (p Peer) Default() Peer {
	p.Via = ""
	return p
}

// On returns p as seen from a line that is not the default one. Where line is
// neither a number nor a short code, that is the default one.
func (p Peer) On(line string) Peer {
	p.Via, _ = own(line)
	return p
}

// Title returns what to call the peer where nobody gave it a name: a number in
// groups of digits, a sender's name as it is written.
func (p Peer) Title() string {
	title := p.Name
	switch p.Kind {
	case Number:
		title = spaced(p.Name)
	case Alphanumeric:
		if p.Shown != "" {
			title = p.Shown
		}
	case Anonymous:
		title = "Anonymous"
	case Channel:
		prefix, name, number := channel(p.Name)
		if prefix != "" {
			title = spaced(number) + " (" + name + ")"
		}
	case Group:
		members := p.Members()
		for i, m := range members {
			members[i] = spaced(m)
		}
		title = strings.Join(members, ", ")
	}
	if p.Via != "" {
		title += " via " + spaced(p.Via)
	}
	return title
}

// spaced returns a number as people of its country group it, by spaces alone.
func spaced(number string) string {
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return number
	}
	shown := strings.FieldsFunc(phonenumbers.Format(n, phonenumbers.INTERNATIONAL), func(r rune) bool {
		return r != '+' && (r < '0' || r > '9')
	})
	return strings.Join(shown, " ")
}

// channel takes the address of a Channel apart. The prefix is empty where it
// is none.
func channel(s string) (prefix, title, number string) {
	for _, c := range channels {
		if strings.HasPrefix(s, c.prefix) {
			return c.prefix, c.title, s[len(c.prefix):]
		}
	}
	return "", "", ""
}
