package stanza

import (
	"encoding/binary"
	"unicode/utf8"
)

// easy are the bytes that are a character each and need no look.
var easy = func() (t [256]bool) {
	for c := range utf8.RuneSelf {
		t[c] = class[c] == plain
	}
	return t
}()

// allEasy tells whether all bytes are easy. Everything that is written passes here,
// so it looks at eight at a time.
func allEasy(p []byte) bool {
	for ; len(p) >= 8; p = p[8:] {
		if hard(binary.LittleEndian.Uint64(p)) {
			return false
		}
	}
	for _, c := range p {
		if !easy[c] {
			return false
		}
	}
	return true
}

const (
	each = 0x0101010101010101 // a one in each of eight bytes
	high = 0x80 * each
)

// hard tells whether one of eight bytes is not easy: the high bit of a byte says so,
// or that a subtraction below it had to borrow from it.
func hard(x uint64) bool {
	control := x - ' '*each
	quotes := x&^each ^ '&'*each       // zero where x is & or '
	brackets := x&^(2*each) ^ '<'*each // zero where x is < or >
	return (x|control|(quotes-each)&^quotes|(brackets-each)&^brackets)&high != 0
}
