package phone_test

import (
	"testing"

	"wherry/transports/sms/phone"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"+15551234567", "+15551234567;via=+15550001111", "32665;phone-context=+1", "mybank;phone-context=alphanumeric",
		"gr%c3%9fe;phone-context=alphanumeric", "anonymous;phone-context=unknown", "whatsapp:+5215512345678",
		"+15551234567,+15557654321", "33733;phone-context=ca-us.phone-context.soprani.ca",
		"479136678077;phone-context=alphanumeric.phone-context.soprani.ca", "4155552671", "+1-415-555-2671", ";via=", "%", ",,",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, local string) {
		if p, err := phone.Parse(local); err == nil {
			checkPeer(t, p)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"(415) 555-2671", "0044 20 7946 0958", "1-800-FLOWERS", "tel:4155552671;phone-context=+1", "sms:%2B14155552671?body=x",
		"415 555 2671 x12", "٤١٥٥٥٥٢٦٧١", "911", "32665", "whatsapp:+5215512345678", "415-555-2671, 415-555-2672", "030/1234567",
	} {
		f.Add(s, "US")
		f.Add(s, "DE")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		if p, err := phone.Read(text, region); err == nil {
			checkPeer(t, p)
		} else if err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

func FuzzFrom(f *testing.F) {
	for _, s := range []string{"+15551234567", "32665", "MYBANK", "Grüße;%\\", "İstanbul", "ǅ", "911", "whatsapp:+5215512345678", "", "\xff", "a\u0301 "} {
		f.Add(s, "+15550001111")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, raw, line string) {
		p := phone.From(raw, line)
		checkPeer(t, p)
		checkPeer(t, p.On(line))
	})
}
