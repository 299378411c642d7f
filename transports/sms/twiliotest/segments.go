package twiliotest

import (
	"strings"
	"unicode/utf16"
)

// What one message of the GSM alphabet is made of; characters of the second
// set take two places.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

// Segments counts the messages that a text becomes on the air: of 160 septets,
// or 153 each of several; or, with a character that the GSM alphabet lacks, of
// 70 UTF-16 units, or 67. A text without characters is one.
func Segments(text string) int {
	septets, units, gsm := 0, len(utf16.Encode([]rune(text))), true
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			septets++
		case strings.ContainsRune(gsmExtended, r):
			septets += 2
		default:
			gsm = false
		}
	}
	if gsm {
		return parts(septets, 160, 153)
	}
	return parts(units, 70, 67)
}

func parts(n, one, several int) int {
	if n <= one {
		return 1
	}
	return (n + several - 1) / several
}
