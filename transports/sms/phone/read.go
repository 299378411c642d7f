package phone

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"wherry/transports"
)

// maxTyped is how much anybody types for a number, or for a group, in bytes.
const maxTyped = maxAddress

// Read reads what a person types for somebody to write to: a number as it is
// dialled in a region ("US"; empty is none) or with its country code, after "+"
// or the region's prefix for calls abroad, with letters for digits ("1-800-
// FLOWERS"), a URI with tel: or sms:, a short code, several numbers with commas
// between, and any spelling that Parse takes. The error is an *Error of kind
// Malformed whose text shows an example that would be taken.
func Read(text, region string) (Peer, error) {
	if p, ok := parse(text); ok {
		return p, nil
	}
	r := reader{region: strings.ToUpper(region)}
	if r.country = phonenumbers.GetCountryCodeForRegion(r.region); r.country == 0 {
		r.region = ""
	}
	p, wrong := r.read(text)
	if wrong != nothing {
		return Peer{}, r.explain(wrong, text)
	}
	return p, nil
}

// Suggest returns what somebody may have meant by the local part of an address
// that Parse refuses. It is for telling them, never for sending there.
func Suggest(name, region string) (Peer, bool) {
	base, via, _ := strings.Cut(name, viaParam)
	p, err := Read(base, region)
	if err == nil {
		return p.On(via), true
	}
	if len(base) > longestTyped && digits(base) {
		if number, ok := full("+" + base); ok && given(number) {
			return Peer{Kind: Number, Name: number}.On(via), true
		}
	}
	return Peer{}, false
}

// given tells whether a number is in a range that is given out to people.
func given(number string) bool {
	n, err := phonenumbers.Parse(number, "")
	return err == nil && phonenumbers.IsValidNumber(n)
}

// fault is what is wrong with a typed number.
type fault uint8

const (
	nothing fault = iota
	noNumber
	forHelp
	extended
	crowded
)

// reader reads by a region; both fields are zero where there is none.
type reader struct {
	region  string
	country int
}

func (r reader) read(text string) (Peer, fault) {
	if len(text) > maxTyped || !utf8.ValidString(text) {
		return Peer{}, noNumber
	}
	text = strings.TrimSpace(norm.NFKC.String(text))
	if scheme, rest, ok := strings.Cut(text, ":"); ok && schemes[strings.ToLower(scheme)] {
		rest, _, _ = strings.Cut(rest, "?")
		rest, err := url.PathUnescape(strings.TrimPrefix(rest, "//"))
		if err != nil {
			return Peer{}, noNumber
		}
		text = rest
	}
	small := strings.ToLower(text)
	if p, ok := parse(small); ok {
		return p, nothing
	}
	if prefix, _, number := channel(small); prefix != "" {
		return r.channel(prefix, number)
	}
	if strings.IndexByte(text, ',') >= 0 {
		return r.group(strings.Split(text, ","))
	}
	return r.one(text)
}

// schemes are those of URIs that lead to a phone: RFC 3966, RFC 5724, and what
// is seen besides.
var schemes = map[string]bool{"tel": true, "sms": true, "smsto": true, "mms": true, "mmsto": true}

// channel reads a number on a channel. One that is written with its country
// code is kept as it is written; see reachable.
func (r reader) channel(prefix, text string) (Peer, fault) {
	number := ""
	if w := write(text); w.ok && w.plus && w.letters == 0 {
		number = "+" + w.digits
	} else {
		p, wrong := r.one(text)
		if wrong != nothing {
			return p, wrong
		}
		number = p.Name
	}
	if !reachable(number) {
		return Peer{}, noNumber
	}
	return Peer{Kind: Channel, Name: prefix + number}, nothing
}

func (r reader) group(texts []string) (Peer, fault) {
	if len(texts) > maxMembers {
		return Peer{}, crowded
	}
	var numbers []string
	for _, text := range texts {
		p, wrong := r.one(text)
		switch {
		case wrong != nothing:
			return Peer{}, wrong
		case p.Kind != Number:
			return Peer{}, noNumber
		}
		numbers = append(numbers, p.Name)
	}
	p, _ := group(numbers) // which are canonical, and not too many
	return p, nothing
}

// one reads a number or a short code.
func (r reader) one(text string) (Peer, fault) {
	if _, extension := phonenumbers.MaybeSeparateExtensionFromPhone(text); extension != "" {
		return Peer{}, extended
	}
	text, ok := local(text)
	w := write(text)
	switch {
	case !ok, !w.ok, w.letters > 0 && !r.vanity(text, w):
		return Peer{}, noNumber
	case !w.plus && emergency(w.digits, r.country):
		return Peer{}, forHelp
	}
	number, ok := "", false
	switch {
	case w.plus:
		number, ok = full("+" + w.digits)
	case w.bare && r.short(w.digits):
		return Peer{Kind: Short, Name: w.digits, Code: "+" + strconv.Itoa(r.country)}, nothing
	default:
		number, ok = r.dial(w.digits)
	}
	if !ok || w.letters > 0 && !given(number) {
		return Peer{}, noNumber
	}
	return Peer{Kind: Number, Name: number}, nothing
}

// vanity tells whether the letters in a number stand for its digits: it starts
// with others, which are no number without them. Else they are a remark.
func (r reader) vanity(text string, w written) bool {
	if w.letters < 3 || !w.led {
		return false
	}
	_, wrong := r.one(strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) {
			return -1
		}
		return c
	}, text))
	return wrong != nothing
}

// local puts the context of a number in a URI before it, RFC 3966 §5.1.5. It is
// not ok where there are other parameters.
func local(text string) (string, bool) {
	number, context, ok := strings.Cut(text, contextParam)
	switch {
	case strings.IndexByte(context, ';') >= 0:
		return "", false
	case ok && strings.HasPrefix(context, "+"):
		number = context + number
	}
	return number, strings.IndexByte(number, ';') < 0
}

// short tells whether digits are a short code in the region, and not a number:
// in small countries numbers are no longer than that.
func (r reader) short(digits string) bool {
	if r.region == "" || len(digits) > longestTyped || !shortCode(digits, strconv.Itoa(r.country)) {
		return false
	}
	example := phonenumbers.GetExampleNumberForType(r.region, phonenumbers.MOBILE)
	return example == nil || len(digits) < len(phonenumbers.GetNationalSignificantNumber(example))
}

// dial returns the number that digits reach from a phone in the region. Two
// zeros lead abroad from everywhere, unless they mean something else there.
func (r reader) dial(digits string) (string, bool) {
	abroad := strings.HasPrefix(digits, "00")
	if n, err := phonenumbers.Parse(digits, r.region); err == nil && (!abroad || phonenumbers.IsValidNumber(n)) {
		if number, ok := possible(n); ok {
			return number, true
		}
	}
	if abroad {
		return full("+" + digits[2:])
	}
	return "", false
}

// anyExample is a number to show where no region is known.
const anyExample = "+15551234567"

// explain returns the error for a text that cannot be read.
func (r reader) explain(wrong fault, text string) error {
	home, abroad := "", anyExample
	if n := phonenumbers.GetExampleNumberForType(r.region, phonenumbers.MOBILE); n != nil {
		home, abroad = phonenumbers.Format(n, phonenumbers.NATIONAL), phonenumbers.Format(n, phonenumbers.E164)
	}
	switch {
	case wrong == forHelp:
		return malformed(transports.T(
			"Emergency numbers cannot be texted from here: call %s instead. Other numbers are written as in %s.", quote(text), abroad))
	case wrong == extended:
		return malformed(transports.T("An extension cannot be texted. Write the number alone, as in %s.", abroad))
	case wrong == crowded:
		return malformed(transports.T("A group has no more than %s numbers, written as in %s.",
			strconv.Itoa(maxMembers), anyExample+","+"+15557654321"))
	case home != "":
		return malformed(transports.T("That is not a phone number. Write it as in %s, or with its country code as in %s.", home, abroad))
	}
	return malformed(transports.T("That is not a phone number. Write it with its country code, as in %s.", abroad))
}
