package imap

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// However a server's words are cut into pieces, they are the same lines, and what is
// in a literal is none of them. MAIL-T8
func FuzzLines(f *testing.F) {
	f.Add("* 1 EXISTS\r\n* OK Still here\r\n", uint8(1))
	f.Add("* 2 FETCH (X {12}\r\n* 3 EXISTS\r\n)\r\n+ idling\n", uint8(5))
	f.Add("* LIST {3+}\r\nabc\r\n", uint8(2))
	f.Add("* BYE {99999999999999999999}\r\n", uint8(3))
	f.Add("a {0}\r\n{-1}\r\n", uint8(7))
	f.Fuzz(func(t *testing.T, said string, piece uint8) {
		all := func(size int) (got []string, err error) {
			var l lines
			for part := range slices.Chunk([]byte(said), size) {
				// what is handed out may not be kept, nor what is handed in
				part = bytes.Clone(part)
				err = l.feed(part, func(line []byte) { got = append(got, string(line)) })
				clear(part)
				if err != nil {
					return got, err
				}
				if len(l.part) > lineMost {
					t.Fatalf("%d bytes kept", len(l.part))
				}
			}
			return got, nil
		}
		whole, err := all(max(1, len(said)))
		cut, cutErr := all(int(piece)%64 + 1)
		if !slices.Equal(whole, cut) || (err == nil) != (cutErr == nil) {
			t.Errorf("%q, %v; in pieces %q, %v", whole, err, cut, cutErr)
		}
		if strings.Contains(strings.Join(whole, ""), "\n") {
			t.Errorf("%q", whole)
		}
	})
}

// MAIL-T6
func TestTellsOfMail(t *testing.T) {
	for line, want := range map[string]bool{
		"* 3 EXISTS": true, "* 3 exists": true, "* 0 EXISTS": true, "* 3 EXISTS ": true,
		"* 3 EXPUNGE": false, "* OK 3 EXISTS": false, "3 EXISTS": false, "* EXISTS": false, "* x EXISTS": false, "": false, "*": false, "* 3 RECENT": false,
	} {
		if tellsOfMail([]byte(line)) != want {
			t.Errorf("%q", line)
		}
	}
	if !saysBye([]byte("* bye")) || !saysBye([]byte("* BYE [UNAVAILABLE] x")) || saysBye([]byte("* OK BYE")) {
		t.Error("BYE")
	}
}

// What has no end is not kept.
func TestUnruly(t *testing.T) {
	var l lines
	line := bytes.Repeat([]byte("x"), 1<<10)
	var err error
	for range 2 * lineMost / len(line) {
		if err = l.feed(line, nil); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("a line without an end is kept")
	}
	var m lines
	if m.feed([]byte("* {2000000}\r\n"), nil) == nil {
		t.Error("a long literal is waited for")
	}
}
