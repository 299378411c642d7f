package phone_test

import (
	"testing"

	"wherry/transports/sms/phone"
)

// BenchmarkParse is on the path of every stanza.
func BenchmarkParse(b *testing.B) {
	for _, tt := range []struct{ name, local string }{
		{"Number", "+15551234567"},
		{"Germany", "+4915112345678"},
		{"Argentina", "+5491151234567"},
		{"Via", "+15551234567;via=+15550001111"},
		{"Short", "32665;phone-context=+1"},
		{"Alphanumeric", "mybank;phone-context=alphanumeric"},
		{"WhatsApp", "whatsapp:+15551234567"},
		{"Group", "+15551234567,+15557654321,+442079460958"},
		{"Refused", "+1-415-555-2671"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = phone.Parse(tt.local)
			}
		})
	}
}

func BenchmarkFrom(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = phone.From("+15551234567", "+15550001111")
	}
}

func BenchmarkRead(b *testing.B) {
	for _, tt := range []struct{ name, text string }{
		{"Canonical", "+15551234567"},
		{"Typed", "(415) 555-2671"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = phone.Read(tt.text, "US")
			}
		})
	}
}
