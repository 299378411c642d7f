package phone_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/sms/phone"
)

// SMS-A1, SMS-A2, SMS-A3, SMS-G1: the canonical spellings.
func TestParse(t *testing.T) {
	for _, tt := range []struct {
		local string
		want  phone.Peer
		wire  string
		title string
	}{
		{"+15551234567", phone.Peer{Kind: phone.Number, Name: "+15551234567"}, "+15551234567", "+1 555 123 4567"},
		{"+14155552671", phone.Peer{Kind: phone.Number, Name: "+14155552671"}, "+14155552671", "+1 415 555 2671"},
		{"+390212345678", phone.Peer{Kind: phone.Number, Name: "+390212345678"}, "+390212345678", "+39 02 1234 5678"},
		{"+80012345678", phone.Peer{Kind: phone.Number, Name: "+80012345678"}, "+80012345678", "+800 1234 5678"},
		{"+15551234567;via=+15550001111", phone.Peer{Kind: phone.Number, Name: "+15551234567", Via: "+15550001111"},
			"+15551234567", "+1 555 123 4567 via +1 555 000 1111"},
		{"+15551234567;via=32665", phone.Peer{Kind: phone.Number, Name: "+15551234567", Via: "32665"}, "+15551234567", "+1 555 123 4567 via 32665"},
		{"32665;phone-context=+1", phone.Peer{Kind: phone.Short, Name: "32665", Code: "+1"}, "32665", "32665"},
		{"988;phone-context=+1", phone.Peer{Kind: phone.Short, Name: "988", Code: "+1"}, "988", "988"},
		{"70700;phone-context=+44;via=+447700900123", phone.Peer{Kind: phone.Short, Name: "70700", Code: "+44", Via: "+447700900123"},
			"70700", "70700 via +44 7700 900123"},
		{"mybank;phone-context=alphanumeric", phone.Peer{Kind: phone.Alphanumeric, Name: "mybank"}, "", "mybank"},
		{"my bank;phone-context=alphanumeric", phone.Peer{Kind: phone.Alphanumeric, Name: "my bank"}, "", "my bank"},
		{"gr%c3%9fe%3b;phone-context=alphanumeric", phone.Peer{Kind: phone.Alphanumeric, Name: "grße;"}, "", "grße;"},
		{"zürich;phone-context=alphanumeric", phone.Peer{Kind: phone.Alphanumeric, Name: "zürich"}, "", "zürich"},
		{"anonymous;phone-context=alphanumeric", phone.Peer{Kind: phone.Alphanumeric, Name: "anonymous"}, "", "anonymous"},
		{"anonymous;phone-context=unknown", phone.Peer{Kind: phone.Anonymous}, "", "Anonymous"},
		{"whatsapp:+15551234567", phone.Peer{Kind: phone.Channel, Name: "whatsapp:+15551234567"}, "whatsapp:+15551234567", "+1 555 123 4567 (WhatsApp)"},
		{"whatsapp:+5215512345678", phone.Peer{Kind: phone.Channel, Name: "whatsapp:+5215512345678"}, "whatsapp:+5215512345678", "+52 15512345678 (WhatsApp)"},
		{"rcs:+447700900123", phone.Peer{Kind: phone.Channel, Name: "rcs:+447700900123"}, "rcs:+447700900123", "+44 7700 900123 (RCS)"},
		{"+15551234567,+447700900123", phone.Peer{Kind: phone.Group, Name: "+15551234567,+447700900123"}, "", "+1 555 123 4567, +44 7700 900123"},
		{"+15551234567,+15557654321", phone.Peer{Kind: phone.Group, Name: "+15551234567,+15557654321"}, "", "+1 555 123 4567, +1 555 765 4321"},
		{"+15551234567,+15557654321;via=+15550001111", phone.Peer{Kind: phone.Group, Name: "+15551234567,+15557654321", Via: "+15550001111"}, "",
			"+1 555 123 4567, +1 555 765 4321 via +1 555 000 1111"},
	} {
		got, err := phone.Parse(tt.local)
		if err != nil || got != tt.want {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", tt.local, got, err, tt.want)
			continue
		}
		if got.String() != tt.local || got.Wire() != tt.wire || got.Title() != tt.title {
			t.Errorf("%q: String %q, Wire %q, Title %q", tt.local, got.String(), got.Wire(), got.Title())
		}
	}
}

// SMS-A2: addresses from other gateways' rosters.
func TestParseOthersSpellings(t *testing.T) {
	const alphanumeric = ";phone-context=alphanumeric.phone-context.soprani.ca"
	for local, want := range map[string]string{
		"33733;phone-context=ca-us.phone-context.soprani.ca":                   "33733;phone-context=+1",
		"33733;phone-context=ca-us.phone-context.soprani.ca;via=+15550001111":  "33733;phone-context=+1;via=+15550001111",
		"15;phone-context=anonymous.phone-context.soprani.ca":                  "anonymous;phone-context=unknown",
		"15;phone-context=anonymous.phone-context.soprani.ca;via=+15550001111": "anonymous;phone-context=unknown;via=+15550001111",
		"479136678077" + alphanumeric:                                          "mybank;phone-context=alphanumeric",
		"47590236354845" + alphanumeric:                                        "my bank;phone-context=alphanumeric",
		"672968" + alphanumeric:                                                "a%3bb;phone-context=alphanumeric",
	} {
		p, err := phone.Parse(local)
		if err != nil || p.String() != want {
			t.Errorf("Parse(%q) = %q, %v, want %q", local, p.String(), err, want)
		}
	}
}

// SMS-A2: the spelling of Soprani.ca's gateways, of those that have another one
// there; as a sender's name is written.
func TestSoprani(t *testing.T) {
	for _, tt := range []struct{ raw, line, via, want string }{
		{"33733", "+15550001111", "", "33733;phone-context=ca-us.phone-context.soprani.ca"},
		{"33733", "+15550001111", "+15550002222", "33733;phone-context=ca-us.phone-context.soprani.ca;via=+15550002222"},
		{"60123", "+447700900123", "", "60123;phone-context=+44"},
		{"MyBank", "+15550001111", "", "479136678077;phone-context=alphanumeric.phone-context.soprani.ca"},
		{"mybank", "+15550001111", "+15550002222", "799168678077;phone-context=alphanumeric.phone-context.soprani.ca;via=+15550002222"},
		{"Bänk", "+15550001111", "", "bänk;phone-context=alphanumeric"},
		{"+14155552671", "+15550001111", "", "+14155552671"},
		{"anonymous", "+15550001111", "", "anonymous;phone-context=unknown"},
	} {
		if got := phone.From(tt.raw, tt.line).On(tt.via).Soprani(); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.raw, got, tt.want)
		}
		again, err := phone.Parse(tt.want)
		if err != nil || again.Soprani() != tt.want || again.Default().Title() == "" {
			t.Errorf("Parse(%q) = %+v, %v", tt.want, again, err)
		}
	}
}

// SMS-A5: what is not canonical is never taken for a guess. Where the guess is
// plain, the error names it.
func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct {
		local string
		names string // the address that the error names; empty where there is none
	}{
		{"4155552671", ""},
		{"14155552671", "+14155552671"},
		{"+1-415-555-2671", "+14155552671"},
		{"+1 415 555 2671", "+14155552671"},
		{"+1" + strings.Repeat("-", 60) + "4155552671", "+14155552671"},
		{"(+1)4155552671", "+14155552671"},
		{"0014155552671", "+14155552671"},
		{"tel:+14155552671", "+14155552671"},
		{"+14155552671;via=+1-555-000-1111", "+14155552671;via=+15550001111"},
		{"+1-415-555-2671;via=+15550001111", "+14155552671;via=+15550001111"},
		{"+15557654321,+15551234567", "+15551234567,+15557654321"},
		{"+15551234567,+15551234567", "+15551234567"},
		{"+4402079460958", "+442079460958"},
		{"+49015112345678", "+4915112345678"},
		{"+１４１５５５５２６７１", "+14155552671"},
		{"MyBank;phone-context=alphanumeric", "mybank;phone-context=alphanumeric"},
		{"whatsapp:14155552671", ""},
		{"32665", ""},
		{"911", ""},
		{"911;phone-context=+1", ""},
		{"112;phone-context=+44", ""},
		{"17;phone-context=+33", ""},
		{"190;phone-context=+55", ""},
		{"+1911", ""},
		{"+49110", ""},
		{"+490151", ""},
		{"+49015", ""},
		{"+375000473151", ""},
		{"32665;phone-context=+999", ""},
		{"32665;phone-context=+", ""},
		{"32665;phone-context=1", ""},
		{"32665;phone-context=+1416", ""},
		{"32665;phone-context=example.com", ""},
		{"123456789;phone-context=+1", ""},
		{"02665;phone-context=+1", ""},
		{";phone-context=alphanumeric", ""},
		{"%6dybank;phone-context=alphanumeric", ""},
		{"my%3Bbank;phone-context=alphanumeric", "my%3bbank;phone-context=alphanumeric"},
		{" mybank;phone-context=alphanumeric", "mybank;phone-context=alphanumeric"},
		{"67296;phone-context=alphanumeric.phone-context.soprani.ca", ""},
		{"0102;phone-context=alphanumeric.phone-context.soprani.ca", ""},
		{"0202;phone-context=alphanumeric.phone-context.soprani.ca", ""},
		{"98;phone-context=alphanumeric.phone-context.soprani.ca", ""},
		{"ab;phone-context=alphanumeric.phone-context.soprani.ca", ""},
		{"somebody;phone-context=unknown", ""},
		{"+14155552671;ext=12", ""},
		{"+14155552671;isub=12", ""},
		{"+14155552671;via=", "+14155552671"},
		{"+14155552671x12", ""},
		{"+141555526711", ""},
		{"+1415555267", ""},
		{"+5552671", ""},
		{"+999123456789", ""},
		{"+0123456789", ""},
		{"+014155552671", ""},
		{"+1234567890123456", ""},
		{"+", ""},
		{"+1", ""},
		{"", ""},
		{",", ""},
		{"+15551234567,", ""},
		{"+15551234567,911", ""},
		{"+15551234567,32665;phone-context=+1", ""},
		{"+15551234567," + strings.Repeat("+15551234567,", 20) + "+15557654321", ""},
		{"bob", ""},
		{"signal:+14155552671", ""},
		{"whatsapp:", ""},
		{"whatsapp:bob", ""},
		{"whatsapp:+999123456789", ""},
		{"\xff", ""},
		{strings.Repeat("1", 5000), ""},
	} {
		p, err := phone.Parse(tt.local)
		var e *transports.Error
		if !errors.As(err, &e) || p != (phone.Peer{}) {
			t.Errorf("Parse(%q) = %+v, %v", tt.local, p, err)
			continue
		}
		want := transports.Malformed
		if tt.names != "" {
			want = transports.NotFound
		}
		if len(e.Text.String()) > 400 {
			t.Errorf("Parse(%q) says %s", tt.local, e.Text)
		}
		if e.Kind != want || tt.names != "" && !slices.Contains(e.Text.Args, tt.names) {
			t.Errorf("Parse(%q): %v, want one that names %q", tt.local, err, tt.names)
		}
	}
}

func TestSuggest(t *testing.T) {
	for _, tt := range []struct{ local, region, want string }{
		{"4155552671", "US", "+14155552671"},
		{"4155552671;via=+15550001111", "US", "+14155552671;via=+15550001111"},
		{"4155552671", "", ""},
		{"14155552671", "GB", "+14155552671"},
		{"02079460958", "GB", "+442079460958"},
		{"32665", "US", "32665;phone-context=+1"},
		{"32665", "", ""},
		{"911", "US", ""},
		{"99912345678", "", ""},
		{"bob", "US", ""},
	} {
		p, ok := phone.Suggest(tt.local, tt.region)
		if ok != (tt.want != "") || ok && p.String() != tt.want {
			t.Errorf("Suggest(%q, %q) = %q, %v, want %q", tt.local, tt.region, p.String(), ok, tt.want)
		}
	}
}

// SMS-A3: a conversation over another line is another address.
func TestOn(t *testing.T) {
	p, err := phone.Parse("+15551234567")
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"+15550001111":          "+15551234567;via=+15550001111",
		"whatsapp:+15550001111": "+15551234567;via=+15550001111",
		"32665":                 "+15551234567;via=32665",
		"":                      "+15551234567",
		"MYBANK":                "+15551234567",
		"+999":                  "+15551234567",
	} {
		if got := p.On(line); got.String() != want || got.Default() != p {
			t.Errorf("On(%q) = %q", line, got.String())
		}
	}
}

// SMS-G1: a group is its members.
func TestMembers(t *testing.T) {
	p, err := phone.Read("(555) 765-4321, +1 555 123 4567, 555-765-4321", "US")
	if err != nil || !slices.Equal(p.Members(), []string{"+15551234567", "+15557654321"}) {
		t.Errorf("%q, %v", p.Members(), err)
	}
	if p.Wire() != "" {
		t.Errorf("Wire = %q", p.Wire())
	}
	if p = phone.From("+15551234567", ""); p.Members() != nil {
		t.Errorf("%q", p.Members())
	}
}

func TestKindString(t *testing.T) {
	for k, want := range map[phone.Kind]string{
		phone.Number: "number", phone.Short: "short code", phone.Alphanumeric: "name", phone.Anonymous: "anonymous",
		phone.Channel: "channel", phone.Group: "group", 99: "unknown",
	} {
		if k.String() != want {
			t.Errorf("%d is %q", k, k)
		}
	}
}
