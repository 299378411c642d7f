package phone

import (
	"slices"
	"strings"

	"wherry/transports"
)

const (
	maxAddress = 512 // the longest spelling, in bytes
	maxMembers = 20  // of a Group
)

// Spellings of other gateways, in lower case as they come in JIDs. A JID from
// an old roster keeps meaning what it meant.
const (
	sopraniShort        = "ca-us.phone-context.soprani.ca"
	sopraniAlphanumeric = "alphanumeric.phone-context.soprani.ca"
	sopraniAnonymous    = "anonymous.phone-context.soprani.ca"
)

// Parse reads the local part of an address after unescaping: the canonical
// spelling, as String writes it, or one of these that mean a canonical one:
// "33733;phone-context=ca-us.phone-context.soprani.ca" for a short code of
// North America, and the numeric names that Cheogram gives to senders.
//
// Anything else is an *Error: of kind NotFound where it can be said without a
// guess what the address should have been, which the text then names, and of
// kind Malformed otherwise.
func Parse(name string) (Peer, error) {
	if p, ok := parse(name); ok {
		return p, nil
	}
	if p, ok := Suggest(name, ""); ok {
		return Peer{}, &transports.Error{
			Kind: transports.NotFound,
			Text: transports.T("There is no contact %s here. Write to %s instead.", quote(name), p.String()),
		}
	}
	return Peer{}, malformed(transports.T(
		"That is not the address of a phone: it has the number with + and the country code, as in %s.", anyExample))
}

func malformed(text transports.Text) error {
	return &transports.Error{Kind: transports.Malformed, Text: text}
}

// quote returns what somebody wrote as it can be shown in a sentence.
func quote(s string) string {
	const longest = 40
	s = shown(s)
	for i := range s {
		if i > longest {
			return s[:i] + "…"
		}
	}
	return s
}

// parse is Parse without the explanation.
func parse(name string) (Peer, bool) {
	if canonical(name) {
		return Peer{Kind: Number, Name: name}, true
	}
	if len(name) > maxAddress {
		return Peer{}, false
	}
	base, via, further := strings.Cut(name, viaParam)
	p, ok := parseBase(base)
	if !ok || !further {
		return p, ok
	}
	p.Via, ok = own(via)
	return p, ok && p.Via == via
}

// parseBase reads a spelling without a line.
func parseBase(s string) (Peer, bool) {
	if name, context, ok := strings.Cut(s, contextParam); ok {
		return parseContext(name, context)
	}
	if strings.IndexByte(s, ',') >= 0 {
		p, ok := group(strings.Split(s, ","))
		return p, ok && p.Name == s
	}
	if prefix, _, number := channel(s); prefix != "" {
		return Peer{Kind: Channel, Name: s}, reachable(number)
	}
	return Peer{Kind: Number, Name: s}, canonical(s)
}

// parseContext reads a name that means something in a context only.
func parseContext(name, context string) (Peer, bool) {
	switch context {
	case alphanumericContext:
		sender, ok := decode(name)
		return Peer{Kind: Alphanumeric, Name: sender}, ok
	case unknownContext:
		return Peer{Kind: Anonymous}, name == anonymousName
	case sopraniShort:
		return parseContext(name, "+1")
	case sopraniAlphanumeric:
		return cheogram(name)
	case sopraniAnonymous:
		return Peer{Kind: Anonymous}, digits(name)
	}
	return Peer{Kind: Short, Name: name, Code: context}, known(context) && shortCode(name, context)
}

// cheogram reads a sender's name that is written as two digits for each
// character of ASCII, less 30.
func cheogram(s string) (Peer, bool) {
	if !digits(s) || len(s)%2 != 0 || len(s) > maxName {
		return Peer{}, false
	}
	name := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		c := 10*(s[i]-'0') + s[i+1] - '0' + 30
		if c < ' ' || c > '~' {
			return Peer{}, false
		}
		name = append(name, c)
	}
	folded, shown := fold(string(name)), ""
	if folded != string(name) {
		shown = string(name) // what Soprani writes again
	}
	return Peer{Kind: Alphanumeric, Name: folded, Shown: shown}, folded != "" && folded == strings.ToLower(string(name))
}

// uncheogram writes a sender's name so. It is not ok where cheogram would not
// read it.
func uncheogram(name string) (string, bool) {
	b := make([]byte, 0, 2*len(name))
	for i := range len(name) {
		if name[i] < ' ' || name[i] > '~' {
			return "", false
		}
		c := name[i] - 30
		b = append(b, '0'+c/10, '0'+c%10)
	}
	s := string(b)
	_, ok := cheogram(s)
	return s, ok
}

// Together returns the Peer of some numbers in E.164, in any order: a Group, or
// a Number where all are the same. It is not ok where there are too many, or
// none, or where one is no number.
func Together(numbers []string) (Peer, bool) { return group(numbers) }

// group returns the Peer of some numbers in canonical spelling: a Group, or a
// Number where all are the same.
func group(numbers []string) (Peer, bool) {
	if len(numbers) == 0 || len(numbers) > maxMembers {
		return Peer{}, false
	}
	for _, n := range numbers {
		if !canonical(n) {
			return Peer{}, false
		}
	}
	numbers = slices.Clone(numbers)
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	if len(numbers) == 1 {
		return Peer{Kind: Number, Name: numbers[0]}, true
	}
	return Peer{Kind: Group, Name: strings.Join(numbers, ",")}, true
}
