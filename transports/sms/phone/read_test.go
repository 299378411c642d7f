package phone_test

import (
	"errors"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/sms/phone"
)

// SMS-A4: what people type.
func TestRead(t *testing.T) {
	for _, tt := range []struct{ text, region, want string }{
		{"(415) 555-2671", "US", "+14155552671"},
		{"(415) 555-2671", "us", "+14155552671"},
		{"415.555.2671", "US", "+14155552671"},
		{"415/555 2671", "US", "+14155552671"},
		{"4155552671", "US", "+14155552671"},
		{"1 415 555 2671", "US", "+14155552671"},
		{"+1 (415) 555-2671", "", "+14155552671"},
		{"  +14155552671\n", "", "+14155552671"},
		{"\u202a+1 (415) 555\u20112671\u202c", "GB", "+14155552671"},
		{"+1\u00a0415\u2009555\u00ad2671", "GB", "+14155552671"},
		{"５５５１２３４５６７", "US", "+15551234567"},
		{"＋１（４１５）５５５－２６７１", "", "+14155552671"},
		{"٤١٥٥٥٥٢٦٧١", "US", "+14155552671"},
		{"+۱ ۴۱۵ ۵۵۵ ۲۶۷۱", "", "+14155552671"},
		{"+𐒡𐒤𐒡𐒥𐒥𐒥𐒥𐒢𐒦𐒧𐒡", "", "+14155552671"},
		{"+१ ४१५ ५५५ २६७१", "", "+14155552671"},
		{"1-800-FLOWERS", "US", "+18003569377"},
		{"+1 800 flowers", "", "+18003569377"},
		{"0800 REIFENX", "DE", "+498007343369"},
		{"011 44 20 7946 0958", "US", "+442079460958"},
		{"0044 20 7946 0958", "US", "+442079460958"},
		{"0044 20 7946 0958", "DE", "+442079460958"},
		{"0044 20 7946 0958", "", "+442079460958"},
		{"+44 (0)20 7946 0958", "US", "+442079460958"},
		{"020 7946 0958", "GB", "+442079460958"},
		{"030/1234567", "DE", "+49301234567"},
		{"0151 12345678", "DE", "+4915112345678"},
		{"06 12 34 56 78", "FR", "+33612345678"},
		{"02 1234 5678", "IT", "+390212345678"},
		{"8 (912) 345-67-89", "RU", "+79123456789"},
		{"03-1234-5678", "JP", "+81312345678"},
		{"tel:+1-415-555-2671", "GB", "+14155552671"},
		{"TEL:415-555-2671", "US", "+14155552671"},
		{"tel:415-555-2671;phone-context=+1", "GB", "+14155552671"},
		{"tel:555-2671;phone-context=+1415", "GB", "+14155552671"},
		{"tel:415-555-2671;phone-context=example.com", "US", "+14155552671"},
		{"sms:+14155552671?body=hello%20there", "", "+14155552671"},
		{"sms:%2B14155552671", "", "+14155552671"},
		{"sms://+14155552671", "", "+14155552671"},
		{"smsto:+14155552671", "", "+14155552671"},
		{"sms:+15557654321,+15551234567?body=x", "", "+15551234567,+15557654321"},
		{"tel:32665;phone-context=+1", "", "32665;phone-context=+1"},
		{"32665", "US", "32665;phone-context=+1"},
		{"741741", "CA", "741741;phone-context=+1"},
		{"988", "US", "988;phone-context=+1"},
		{"70700", "GB", "70700;phone-context=+44"},
		{"３２６６５", "US", "32665;phone-context=+1"},
		{"211234", "FO", "+298211234"},
		{"1911", "FO", "1911;phone-context=+298"},
		{"WhatsApp:+52 1 55 1234 5678", "US", "whatsapp:+5215512345678"},
		{"whatsapp:(415) 555-2671", "US", "whatsapp:+14155552671"},
		{"rcs:+447700900123", "US", "rcs:+447700900123"},
		{"(415) 555-2671, +1 415 555 2672", "US", "+14155552671,+14155552672"},
		{"415-555-2671,415 555 2671", "US", "+14155552671"},
		{"+15551234567", "DE", "+15551234567"},
		{"+15551234567;via=+15550001111", "DE", "+15551234567;via=+15550001111"},
		{"MyBank;phone-context=alphanumeric", "US", "mybank;phone-context=alphanumeric"},
		{"anonymous;phone-context=unknown", "", "anonymous;phone-context=unknown"},
	} {
		p, err := phone.Read(tt.text, tt.region)
		if err != nil || p.String() != tt.want {
			t.Errorf("Read(%q, %q) = %q, %v, want %q", tt.text, tt.region, p.String(), err, tt.want)
		}
	}
}

// SMS-A4: what is refused, always with an example that would be taken.
func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct{ text, region, says string }{
		{"", "US", "(201) 555-0123"},
		{"bob", "US", "(201) 555-0123"},
		{"bob", "DE", "+4915123456789"},
		{"bob", "", "+15551234567"},
		{"bob", "XX", "+15551234567"},
		{"bob@example.org", "US", "not a phone number"},
		{"#chan", "US", "not a phone number"},
		{"911", "US", "Emergency"},
		{"9-1-1", "US", "Emergency"},
		{"９１１", "US", "Emergency"},
		{"112", "US", "Emergency"},
		{"999", "", "Emergency"},
		{"110", "JP", "Emergency"},
		{"190", "BR", "Emergency"},
		{"000", "AU", "Emergency"},
		{"911,+14155552671", "US", "Emergency"},
		{"tel:911", "US", "Emergency"},
		{"whatsapp:911", "US", "Emergency"},
		{"+1911", "US", "not a phone number"},
		{"+1 911", "", "not a phone number"},
		{"+999 123 4567", "US", "not a phone number"},
		{"0151", "DE", "not a phone number"},
		{"0800", "DE", "not a phone number"},
		{"+49 0151", "DE", "not a phone number"},
		{"+1 415 555 26711", "US", "not a phone number"},
		{"+1 415 555 267", "US", "not a phone number"},
		{"555-2671", "US", "not a phone number"},
		{"415-555", "US", "not a phone number"},
		{"4155552671", "", "not a phone number"},
		{"4155552671", "XX", "not a phone number"},
		{"32665", "", "not a phone number"},
		{"12", "US", "not a phone number"},
		{"415 555 2671 x12", "US", "extension"},
		{"415 555 2671 ext. 12", "US", "extension"},
		{"415 555 2671 #12", "US", "extension"},
		{"tel:+14155552671;ext=12", "US", "extension"},
		{"tel:+14155552671;isub=12", "US", "not a phone number"},
		{"tel:4155552671;phone-context=+1;isub=2", "US", "not a phone number"},
		{"tel:%zz", "US", "not a phone number"},
		{"*67 415 555 2671", "US", "not a phone number"},
		{"*100#", "US", "not a phone number"},
		{"call 4155552671", "US", "not a phone number"},
		{"Bob 12345", "DE", "not a phone number"},
		{"4155552671 bo", "US", "not a phone number"},
		{"030 1234567 home", "DE", "not a phone number"},
		{"+49 30 1234567 work", "DE", "not a phone number"},
		{"++14155552671", "US", "not a phone number"},
		{"1+4155552671", "US", "not a phone number"},
		{"415 555 2671 / 415 555 2672", "US", "not a phone number"},
		{"4155552671,,123", "US", "not a phone number"},
		{"4155552671,32665", "US", "not a phone number"},
		{"whatsapp:32665", "US", "not a phone number"},
		{"whatsapp:+999123456789", "US", "not a phone number"},
		{strings.Repeat("4155552671,", 25), "US", "20"},
		{strings.Repeat("1", 5000), "US", "not a phone number"},
		{"\xff\xfe", "US", "not a phone number"},
		{"+1415555\x002671", "US", "not a phone number"},
	} {
		p, err := phone.Read(tt.text, tt.region)
		var e *transports.Error
		if !errors.As(err, &e) || e.Kind != transports.Malformed || p != (phone.Peer{}) {
			t.Errorf("Read(%q, %q) = %+v, %v", tt.text, tt.region, p, err)
			continue
		}
		if said := e.Text.String(); !strings.Contains(said, tt.says) {
			t.Errorf("Read(%q, %q): %s", tt.text, tt.region, said)
		}
		example := e.Text.Args[len(e.Text.Args)-1]
		if _, err := phone.Read(example, tt.region); err != nil {
			t.Errorf("Read(%q, %q) gave an example that is refused: %v", tt.text, tt.region, err)
		}
	}
}
