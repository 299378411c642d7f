package phone

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// written is a number as somebody wrote it.
type written struct {
	ok      bool   // it is only what numbers are written with
	plus    bool   // it starts with a plus sign
	digits  string // of ASCII; letters stand for the digits of their keys
	letters int    // how many of digits are letters
	led     bool   // its first sign of all is no letter
	bare    bool   // it is digits and nothing between
}

// keypad has the key of each letter, ITU-T E.161.
const keypad = "22233344455566677778889999"

// write reads digits of any script, a plus sign before them, letters, and what
// people put between. Phone books add marks of direction that nobody sees.
func write(text string) written {
	w := written{led: true, bare: true}
	if len(text) > maxTyped {
		return written{}
	}
	var b strings.Builder
	for _, r := range norm.NFKC.String(text) {
		digit, isDigit := decimal(r)
		switch {
		case isDigit:
			b.WriteByte('0' + digit)
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
			w.led = w.led && b.Len() > 0
			w.letters++
			b.WriteByte(keypad[unicode.ToUpper(r)-'A'])
		case r == '+' && !w.plus && b.Len() == 0:
			w.plus = true
		case between(r):
			w.bare = false
		default:
			return written{}
		}
	}
	w.digits = b.String()
	w.ok = w.digits != ""
	w.bare = w.bare && w.letters == 0 && !w.plus
	return w
}

// decimal returns the value of a digit of any script. Each script's ten stand
// together, in order.
func decimal(r rune) (byte, bool) {
	if r < unicode.MaxASCII {
		return byte(r - '0'), '0' <= r && r <= '9'
	}
	for _, script := range unicode.Nd.R16 {
		if uint32(script.Lo) <= uint32(r) && uint32(r) <= uint32(script.Hi) {
			return byte((uint32(r) - uint32(script.Lo)) % 10), true
		}
	}
	for _, script := range unicode.Nd.R32 {
		if script.Lo <= uint32(r) && uint32(r) <= script.Hi {
			return byte((uint32(r) - script.Lo) % 10), true
		}
	}
	return 0, false
}

// between tells whether r only makes a number easier to read.
func between(r rune) bool {
	return strings.ContainsRune(" .-/()[]\u2212\u00b7", r) || unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf)
}
