package stanza

import "testing"

// What eight bytes at a time are taken for is what each of them is, wherever it
// stands and whatever is beside it.
func TestEasy(t *testing.T) {
	for c := range 256 {
		for _, beside := range []byte{'a', ' ', 0x7f, byte(c)} {
			for at := range 11 {
				p := []byte{beside, beside, beside, beside, beside, beside, beside, beside, beside, beside, beside}
				p[at] = byte(c)
				if got, want := allEasy(p), easy[c]; got != want {
					t.Fatalf("%q: %v, want %v", p, got, want)
				}
			}
		}
	}
}
