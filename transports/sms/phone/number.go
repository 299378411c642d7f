package phone

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// How many digits a number has, with its country code: at most as ITU-T E.164
// §6.1 says, at least as in the smallest countries.
const (
	minDigits = 7
	maxDigits = 15
)

// Canonical returns the E.164 spelling of a number that is written with its
// plus sign, and whether it can be one: of a known country, with as many digits
// as numbers have there, and not one for emergencies. Whether anybody has the
// number is not asked: plans of numbers grow faster than tables of them.
func Canonical(number string) (string, bool) {
	if canonical(number) {
		return number, true
	}
	w := write(number)
	if !w.ok || !w.plus || w.letters > 0 {
		return "", false
	}
	return full("+" + w.digits)
}

// Region returns the region, such as "US", of an E.164 number; where the number
// is not given out, the main one of its country code. It is empty where there
// is none.
func Region(number string) string {
	n, err := phonenumbers.Parse(number, "")
	if err != nil || !strings.HasPrefix(number, "+") {
		return ""
	}
	region := phonenumbers.GetRegionCodeForNumber(n)
	if region == "" || region == noRegion {
		region = phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	}
	if region == noRegion || region == unknownRegion {
		return ""
	}
	return region
}

// The regions of the tables that are none.
const (
	noRegion      = "001"
	unknownRegion = "ZZ"
)

// full returns the E.164 spelling of a plus sign and digits. It is slow.
func full(number string) (string, bool) {
	if len(number) > 2*maxDigits {
		return "", false
	}
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return "", false
	}
	return possible(n)
}

// possible returns the E.164 spelling of a number that can be one.
func possible(n *phonenumbers.PhoneNumber) (string, bool) {
	if phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE || n.GetExtension() != "" {
		return "", false
	}
	number := phonenumbers.Format(n, phonenumbers.E164)
	national := phonenumbers.GetNationalSignificantNumber(n)
	if len(number) < 1+minDigits || len(number) > 1+maxDigits || emergency(national, int(n.GetCountryCode())) {
		return "", false
	}
	if _, p := planOf(number); p == nil || p.zero && national[0] == '0' {
		return "", false
	}
	// In some countries two prefixes in a row are taken off one at a time: what
	// is left after the first is no number yet.
	again, err := phonenumbers.Parse(number, "")
	if err != nil || phonenumbers.Format(again, phonenumbers.E164) != number {
		return "", false
	}
	return number, true
}

// canonical tells whether number is in the spelling that full returns. It asks
// full only where the first digits look like a prefix for calls within the
// country, or where the number is short.
func canonical(number string) bool {
	if !plainNumber(number) {
		return false
	}
	code, plan := planOf(number)
	if plan == nil {
		return false
	}
	national := number[1+len(code):]
	if plan.lengths&(1<<len(national)) == 0 {
		return false
	}
	if len(national) > longestShort && !plan.prefixed(national) {
		return true
	}
	same, ok := full(number)
	return ok && same == number
}

// plainNumber tells whether s is a plus sign and digits, no more than E.164 has.
func plainNumber(s string) bool {
	return len(s) > 1 && len(s) <= 1+maxDigits && s[0] == '+' && digits(s[1:])
}

// digits tells whether s is digits of ASCII, at least one.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// plan is what numbers of a country calling code look like behind it.
type plan struct {
	lengths uint32         // bit n is set where a number may have n digits
	prefix  *regexp.Regexp // what is dialled first within the country, from the start; may be nil
	zero    bool           // a zero is dialled first, so that no number starts with one
}

// prefixed tells whether something may be taken off the start of national.
func (p *plan) prefixed(national string) bool {
	if p.prefix == nil {
		return false
	}
	at := p.prefix.FindStringIndex(national)
	return at != nil && at[1] > 0
}

// planOf returns the country calling code that number, a plus sign and digits,
// starts with, and its plan; nil where there is none.
func planOf(number string) (code string, p *plan) {
	all, n := plans(), 0
	for i := 1; i < len(number) && i <= 3; i++ {
		if n = n*10 + int(number[i]-'0'); n == 0 {
			return "", nil // no code starts with a zero
		}
		if all[n] != nil {
			return number[1 : 1+i], all[n]
		}
	}
	return "", nil
}

// plans are the plans by country calling code.
var plans = sync.OnceValue(func() *[1000]*plan {
	var all [1000]*plan
	table, err := phonenumbers.MetadataCollection()
	if err != nil {
		return &all
	}
	for _, data := range table.GetMetadata() {
		code := int(data.GetCountryCode())
		if data.GetId() != phonenumbers.GetRegionCodeForCountryCode(code) {
			continue // the main region speaks for all that share its code
		}
		p := &plan{zero: data.GetNationalPrefix() == "0"}
		for _, n := range data.GetGeneralDesc().GetPossibleLength() {
			if n > 0 && n <= maxDigits {
				p.lengths |= 1 << n
			}
		}
		if prefix := data.GetNationalPrefixForParsing(); prefix != "" {
			p.prefix = regexp.MustCompile("^(?:" + prefix + ")")
		}
		all[code] = p
	}
	return &all
})

// Lengths of short codes. Those that people type have up to six digits; what
// arrives may have more.
const (
	shortestShort = 3
	longestTyped  = 6
	longestShort  = 8
)

// shortCode tells whether s can be a short code in the country of a code such
// as "+1": emergency numbers are none.
func shortCode(s, code string) bool {
	if len(s) < shortestShort || len(s) > longestShort || !digits(s) || s[0] == '0' {
		return false
	}
	country, err := strconv.Atoi(strings.TrimPrefix(code, "+"))
	return err == nil && !emergency(s, country)
}

// known tells whether code is the calling code of a country, written "+1".
func known(code string) bool {
	if len(code) < 2 || len(code) > 4 || code[0] != '+' || !digits(code[1:]) {
		return false
	}
	found, p := planOf(code)
	return p != nil && found == code[1:]
}

// emergencies are called in so many countries that they are never texted from
// any.
var emergencies = map[string]bool{
	"000": true, "110": true, "112": true, "119": true, "911": true, "999": true,
}

// emergency tells whether a national number calls for help in a country, or in
// any other that shares its code.
func emergency(national string, country int) bool {
	if emergencies[national] {
		return true
	}
	lines := helpLines()[country]
	return lines != nil && lines.MatchString(national)
}

// helpLines match the emergency numbers of countries by their calling codes.
var helpLines = sync.OnceValue(func() map[int]*regexp.Regexp {
	table, err := phonenumbers.ShortNumberMetadataCollection()
	if err != nil {
		return nil
	}
	patterns := make(map[int][]string)
	for _, data := range table.GetMetadata() {
		code, pattern := phonenumbers.GetCountryCodeForRegion(data.GetId()), data.GetEmergency().GetNationalNumberPattern()
		if pattern != "" && !slices.Contains(patterns[code], pattern) {
			patterns[code] = append(patterns[code], pattern)
		}
	}
	lines := make(map[int]*regexp.Regexp, len(patterns))
	for code, all := range patterns {
		lines[code] = regexp.MustCompile("^(?:" + strings.Join(all, "|") + ")$")
	}
	return lines
})

// own returns the number of a line of ours: E.164, or a short code. A line that
// is on another channel is the number it has there.
func own(line string) (string, bool) {
	if _, _, number := channel(line); number != "" {
		line = number
	}
	if len(line) >= shortestShort && len(line) <= longestShort && digits(line) {
		return line, true
	}
	return Canonical(line)
}
