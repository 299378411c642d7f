package phone_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"wherry/transports/sms/phone"
)

// numbers makes E.164-like numbers of every country, and some of none.
func numbers() *rapid.Generator[string] {
	var codes []string
	for code := range phonenumbers.GetSupportedCallingCodes() {
		codes = append(codes, strconv.Itoa(code))
	}
	slices.Sort(codes)
	codes = append(codes, "999", "0", "210", "1", "1", "44", "52", "54", "55")
	return rapid.Custom(func(t *rapid.T) string {
		prefix := rapid.SampledFrom([]string{"", "", "", "0", "1", "8", "9", "06", "15", "00"}).Draw(t, "prefix")
		return "+" + rapid.SampledFrom(codes).Draw(t, "code") + prefix + rapid.StringMatching(`[0-9]{0,13}`).Draw(t, "digits")
	})
}

// checked is the full check of a number, step by step.
func checked(number string) bool {
	n, err := phonenumbers.Parse(number, "")
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return false
	}
	national := phonenumbers.GetNationalSignificantNumber(n)
	for _, always := range []string{"000", "110", "112", "119", "911", "999"} {
		if national == always {
			return false
		}
	}
	for _, region := range phonenumbers.GetRegionCodesForCountryCode(int(n.GetCountryCode())) {
		if phonenumbers.IsEmergencyNumber(national, region) {
			return false
		}
	}
	main := phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	if phonenumbers.GetNddPrefixForRegion(main, true) == "0" && strings.HasPrefix(national, "0") {
		return false
	}
	return len(number) >= 8 && len(number) <= 16 && phonenumbers.Format(n, phonenumbers.E164) == number
}

// SMS-A5: the quick check of a canonical number is the full one.
func TestQuickCheckAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := numbers().Draw(t, "number")
		p, err := phone.Parse(number)
		if want := checked(number); want != (err == nil) {
			t.Fatalf("Parse(%q) = %+v, %v; the full check says %v", number, p, err, want)
		}
	})
}

// Numbers of every region are canonical as the tables write them.
func TestExampleNumbers(t *testing.T) {
	n := 0
	for region := range phonenumbers.GetSupportedRegions() {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE} {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil {
				continue
			}
			number := phonenumbers.Format(example, phonenumbers.E164)
			if checked(number) != parses(number) {
				t.Errorf("Parse(%q) does not agree", number)
			}
			if !checked(number) {
				continue
			}
			n++
			for _, text := range []string{number, phonenumbers.Format(example, phonenumbers.INTERNATIONAL)} {
				if p, err := phone.Read(text, region); err != nil || p.String() != number {
					t.Errorf("Read(%q, %q) = %q, %v, want %q", text, region, p.String(), err, number)
				}
			}
		}
	}
	if n < 500 {
		t.Errorf("%d examples", n)
	}
}

func parses(local string) bool {
	_, err := phone.Parse(local)
	return err == nil
}

// senders makes what providers may write.
func senders() *rapid.Generator[string] {
	return rapid.OneOf(
		numbers(),
		rapid.Map(numbers(), func(n string) string { return "whatsapp:" + n }),
		rapid.StringMatching(`[0-9]{1,10}`),
		rapid.StringMatching(`[A-Za-z0-9 &;%,:@+_=\\.-]{1,20}`),
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
}

type failer interface{ Fatalf(string, ...any) }

// checkPeer proves what holds of every Peer.
func checkPeer(t failer, p phone.Peer) {
	local := p.String()
	q, err := phone.Parse(local)
	if soprani, err := phone.Parse(p.Soprani()); err != nil || soprani.Soprani() != p.Soprani() || soprani.String() != local {
		t.Fatalf("Parse(%q) = %+v, %v, want %+v", p.Soprani(), soprani, err, p)
	}
	p.Shown = ""
	if err != nil || q != p {
		t.Fatalf("Parse(%q) = %+v, %v, want %+v", local, q, err, p)
	}
	if q.String() != local {
		t.Fatalf("%q became %q", local, q.String())
	}
	switch {
	case local == "", len(local) > 512, !utf8.ValidString(local):
		t.Fatalf("%q is empty, long, or no text", local)
	case strings.TrimSpace(local) != local, strings.ToLower(local) != local, norm.NFKC.String(local) != local:
		t.Fatalf("%q does not survive as part of a JID", local)
	}
	for _, r := range local {
		if unicode.IsControl(r) || r > 0xff || r == '\\' {
			t.Fatalf("%q holds %U", local, r)
		}
	}
	answerable := p.Kind == phone.Number || p.Kind == phone.Short || p.Kind == phone.Channel
	if answerable != (p.Wire() != "") {
		t.Fatalf("%q: Wire %q", local, p.Wire())
	}
	for _, m := range p.Members() {
		if !parses(m) {
			t.Fatalf("%q has the member %q", local, m)
		}
	}
	if p.Title() == "" {
		t.Fatalf("%q has no title", local)
	}
}

// SMS-A1, SMS-A2: every sender has an address, and it comes back.
func TestFromRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw, line := senders().Draw(t, "raw"), rapid.SampledFrom([]string{"+15550001111", "+447700900123", "", "12345"}).Draw(t, "line")
		p := phone.From(raw, line)
		checkPeer(t, p)
		checkPeer(t, p.On(line))
		if wire := p.Wire(); wire != "" {
			if again := phone.From(wire, line); again.String() != p.String() {
				t.Fatalf("From(%q) = %q, but its Wire is that of %q", raw, p.String(), again.String())
			}
		}
		if p.Kind == phone.Short && p.Wire() != strings.TrimSpace(raw) {
			t.Fatalf("From(%q) is answered to %q", raw, p.Wire())
		}
	})
}

// SMS-A4: reading what was read changes nothing, in any region.
func TestReadIsIdempotent(t *testing.T) {
	typed := rapid.OneOf(
		numbers(),
		rapid.StringMatching(`\+?[0-9]{1,4}[ ().-]{0,2}[0-9]{2,4}[ -]?[0-9]{2,5}`),
		rapid.StringMatching(`[0-9]{2,11}`),
		rapid.StringMatching(`(tel|sms|whatsapp):[+0-9;=?a-z-]{1,20}`),
		rapid.StringMatching(`(\+1415555267[0-9],?){1,5}`),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := typed.Draw(t, "text")
		region := rapid.SampledFrom([]string{"US", "GB", "DE", "IT", "AR", "FO", "BR", "RU", "JP", "", "XX"}).Draw(t, "region")
		p, err := phone.Read(text, region)
		if err != nil {
			return
		}
		checkPeer(t, p)
		p.Shown = ""
		if q, err := phone.Read(p.String(), region); err != nil || q != p {
			t.Fatalf("Read(%q) = %q, and that is read as %q, %v", text, p.String(), q.String(), err)
		}
	})
}

// SMS-A5: what Parse refuses is not sent to, and what its error names is
// canonical.
func TestSuggestionsAreCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.OneOf(senders(), rapid.StringMatching(`[+]?[0-9]{1,3}-?[0-9]{4,11}(;via=\+1555000[0-9]{4})?`)).Draw(t, "local")
		if p, ok := phone.Suggest(local, rapid.SampledFrom([]string{"", "US", "DE"}).Draw(t, "region")); ok {
			checkPeer(t, p)
		}
		if p, err := phone.Parse(local); err == nil {
			checkPeer(t, p)
		} else if p != (phone.Peer{}) {
			t.Fatalf("Parse(%q) = %+v, %v", local, p, err)
		}
	})
}
