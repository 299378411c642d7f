package phone

import "strings"

// withheld are what providers write for a sender who is not to be known, in
// lower case. The numbers are the words on a keypad.
var withheld = map[string]bool{
	"":             true,
	"anonymous":    true,
	"restricted":   true,
	"blocked":      true,
	"private":      true,
	"unavailable":  true,
	"unknown":      true,
	"+266696687":   true, // ANONYMOUS
	"+7378742833":  true, // RESTRICTED
	"+2562533":     true, // BLOCKED
	"+8656696":     true, // UNKNOWN
	"+86282452253": true, // UNAVAILABLE
}

// From returns who a provider means by what it wrote as a sender, or as whom
// something went to, on a line of ours. It takes anything: what it does not
// know is Alphanumeric, or Anonymous where nothing is left to show. Where the
// country of the line is unknown, a short code is Alphanumeric too: it could not
// be answered for sure. Via stays empty; see On.
func From(raw, line string) Peer {
	name := shown(raw)
	if withheld[strings.ToLower(name)] {
		return Peer{Kind: Anonymous}
	}
	sender := strings.TrimSpace(raw)
	if number, ok := Canonical(sender); ok {
		return Peer{Kind: Number, Name: number}
	}
	if prefix, _, number := channel(strings.ToLower(sender)); prefix != "" && reachable(number) {
		return Peer{Kind: Channel, Name: prefix + number}
	}
	if code := codeOf(line); code != "" && shortCode(sender, code) {
		return Peer{Kind: Short, Name: sender, Code: code}
	}
	return Peer{Kind: Alphanumeric, Name: fold(name), Shown: name}
}

// codeOf returns the country calling code of a line, "+1"; nothing for a short
// code.
func codeOf(line string) string {
	number, ok := own(line)
	if !ok || number[0] != '+' {
		return ""
	}
	code, _ := planOf(number)
	return "+" + code
}

// reachable tells whether a number can be one on a channel. Channels keep
// numbers in spellings of their own (+521… in Mexico), so that only the country
// code and the length are looked at.
func reachable(number string) bool {
	if !plainNumber(number) || len(number) < 1+longestShort {
		return false
	}
	_, p := planOf(number)
	return p != nil
}
