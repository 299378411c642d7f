// Package segment is how a text travels by SMS: in how many pieces the network
// carries it, by which of two alphabets, and how one that is too long for one
// request is cut into several.
package segment

import "unicode/utf8"

// Encoding is the alphabet that a text needs.
type Encoding uint8

// The alphabets of 3GPP TS 23.038: one for the languages of Western Europe, and
// one for everything else.
const (
	GSM7 Encoding = iota // §6.2.1, seven bits a character, two sevens for some
	UCS2                 // §6.2.3, UTF-16 as it is sent today
)

func (e Encoding) String() string {
	if e == GSM7 {
		return "GSM-7"
	}
	return "UCS-2"
}

// How much one segment carries: alone, and as one of several, when a header
// says which. 3GPP TS 23.040 §9.2.3.24.1
const (
	aloneGSM7, joinedGSM7 = 160, 153 // septets
	aloneUCS2, joinedUCS2 = 70, 67   // UTF-16 units
)

// Count returns in how many segments a text travels, and by which alphabet: one
// character that GSM7 lacks takes the whole text to UCS2. No segment ends
// within a character. An empty text has no segment.
func Count(text string) (segments int, enc Encoding) {
	if text == "" {
		return 0, GSM7
	}
	gsm, ucs := tally{limit: joinedGSM7}, tally{limit: joinedUCS2}
	for _, r := range text {
		if enc == GSM7 {
			if cost := septets(r); cost > 0 {
				gsm.add(cost)
			} else {
				enc = UCS2
			}
		}
		ucs.add(width(r))
	}
	if enc == GSM7 {
		return gsm.segments(aloneGSM7), GSM7
	}
	return ucs.segments(aloneUCS2), UCS2
}

// tally fills segments with characters.
type tally struct {
	limit int // of a segment among several
	total int // of all
	full  int // how many segments are closed
	used  int // of the open one
}

func (t *tally) add(cost int) {
	t.total += cost
	if t.used+cost > t.limit {
		t.full, t.used = t.full+1, 0
	}
	t.used += cost
}

func (t *tally) segments(alone int) int {
	if t.total <= alone {
		return 1
	}
	return t.full + 1
}

// Units returns how many UTF-16 units a text has. Each byte that is not UTF-8
// is one.
func Units(text string) int {
	n := 0
	for i := 0; i < len(text); i++ {
		if c := text[i]; c >= utf8.RuneSelf {
			for _, r := range text[i:] {
				n += width(r)
			}
			return n
		}
		n++
	}
	return n
}

// width returns how many UTF-16 units a character has.
func width(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}
