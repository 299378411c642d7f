package phone_test

import (
	"strings"
	"testing"

	"wherry/transports/sms/phone"
)

// SMS-A2: who providers say wrote. Those who cannot be answered have no Wire.
func TestFrom(t *testing.T) {
	const line = "+15550001111"
	for _, tt := range []struct{ raw, line, want, wire, title string }{
		{"+15551234567", line, "+15551234567", "+15551234567", "+1 555 123 4567"},
		{"+1 (555) 123-4567", line, "+15551234567", "+15551234567", "+1 555 123 4567"},
		{"32665", line, "32665;phone-context=+1", "32665", "32665"},
		{"70700", "+447700900123", "70700;phone-context=+44", "70700", "70700"},
		{"70700", "whatsapp:+447700900123", "70700;phone-context=+44", "70700", "70700"},
		{"80808080", line, "80808080;phone-context=+1", "80808080", "80808080"},
		{"32665", "", "32665;phone-context=alphanumeric", "", "32665"},
		{"32665", "12345", "32665;phone-context=alphanumeric", "", "32665"},
		{"MYBANK", line, "mybank;phone-context=alphanumeric", "", "MYBANK"},
		{"My Bank", line, "my bank;phone-context=alphanumeric", "", "My Bank"},
		{" MyBank\u202e ", line, "mybank;phone-context=alphanumeric", "", "MyBank"},
		{"Zürich", line, "zürich;phone-context=alphanumeric", "", "Zürich"},
		{"GRÜẞE", line, "grü%c3%9fe;phone-context=alphanumeric", "", "GRÜẞE"},
		{"מבצע", line, "%d7%9e%d7%91%d7%a6%d7%a2;phone-context=alphanumeric", "", "מבצע"},
		{"100%;off\\", line, "100%25%3boff%5c;phone-context=alphanumeric", "", "100%;off\\"},
		{"bob@example.org", line, "bob@example.org;phone-context=alphanumeric", "", "bob@example.org"},
		{"326\u200b65", line, "32665;phone-context=alphanumeric", "", "32665"},
		{"911", line, "911;phone-context=alphanumeric", "", "911"},
		{"4155552671", line, "4155552671;phone-context=alphanumeric", "", "4155552671"},
		{"+999123456789", line, "+999123456789;phone-context=alphanumeric", "", "+999123456789"},
		{"whatsapp:+15551234567", line, "whatsapp:+15551234567", "whatsapp:+15551234567", "+1 555 123 4567 (WhatsApp)"},
		{"whatsapp:+5215512345678", line, "whatsapp:+5215512345678", "whatsapp:+5215512345678", "+52 15512345678 (WhatsApp)"},
		{"WhatsApp:+15551234567", line, "whatsapp:+15551234567", "whatsapp:+15551234567", "+1 555 123 4567 (WhatsApp)"},
		{"messenger:12345", line, "messenger:12345;phone-context=alphanumeric", "", "messenger:12345"},
		{"", line, "anonymous;phone-context=unknown", "", "Anonymous"},
		{" \x00\u200b", line, "anonymous;phone-context=unknown", "", "Anonymous"},
		{"\xff", line, "anonymous;phone-context=unknown", "", "Anonymous"},
		{"Anonymous", line, "anonymous;phone-context=unknown", "", "Anonymous"},
		{"RESTRICTED", line, "anonymous;phone-context=unknown", "", "Anonymous"},
		{"+266696687", line, "anonymous;phone-context=unknown", "", "Anonymous"},
	} {
		p := phone.From(tt.raw, tt.line)
		if p.String() != tt.want || p.Wire() != tt.wire || p.Title() != tt.title || p.Via != "" {
			t.Errorf("From(%q, %q) = %q, Wire %q, Title %q, Via %q", tt.raw, tt.line, p.String(), p.Wire(), p.Title(), p.Via)
		}
	}
}

func TestFromIsBounded(t *testing.T) {
	for _, raw := range []string{strings.Repeat("a", 1e5), strings.Repeat("😀", 1e4), strings.Repeat("a ", 1e4), strings.Repeat("1", 1e5)} {
		p := phone.From(raw, "+15550001111")
		if p.Kind != phone.Alphanumeric || len(p.String()) > 512 || len(p.Title()) > 512 {
			t.Errorf("%.20q…: %v of %d bytes", raw, p.Kind, len(p.String()))
		}
	}
}

func TestRegion(t *testing.T) {
	for number, want := range map[string]string{
		"+14155552671": "US", "+14165551234": "CA", "+15551234567": "US", "+15005550006": "US", "+447700900123": "GB",
		"+4915112345678": "DE", "+80012345678": "", "+999123": "", "32665": "", "14155552671": "", "": "", "+": "",
	} {
		if got := phone.Region(number); got != want {
			t.Errorf("Region(%q) = %q, want %q", number, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	for number, want := range map[string]string{
		"+14155552671": "+14155552671", "+1 (415) 555-2671": "+14155552671", "+4402079460958": "+442079460958",
		"14155552671": "", "4155552671": "", "+1": "", "": "", "+1800FLOWERS": "", "+999123456": "", "+1911": "", "tel:+14155552671": "",
		"+14155552671x12": "", "+14155552671;ext=12": "",
	} {
		if got, ok := phone.Canonical(number); got != want || ok != (want != "") {
			t.Errorf("Canonical(%q) = %q, %v", number, got, ok)
		}
	}
}
