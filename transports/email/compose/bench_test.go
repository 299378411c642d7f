package compose_test

import (
	"io"
	"strings"
	"testing"

	"wherry/transports/email/compose"
)

// BenchmarkNew writes what people send: a few words, and a whole letter.
func BenchmarkNew(b *testing.B) {
	for name, text := range map[string]string{"Short": "Schöne Grüße aus Köln!", "Long": strings.Repeat("Several words that make a sentence. ", 2000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m, err := compose.New(letter(compose.Mail{Subject: "Grüße", Text: text}))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = m.WriteTo(io.Discard)
			}
		})
	}
}
