package muc

import (
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// pick gives the longest end of the past that the wish allows, in order. IRC-B34
func TestPick(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := history{max: rapid.IntRange(0, 8).Draw(t, "max")}
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var said []line
		at := start
		for range rapid.IntRange(0, 20).Draw(t, "lines") {
			at = at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "gap")) * time.Second)
			l := line{text: rapid.StringN(0, 5, -1).Draw(t, "text"), at: at, id: string(rune('a' + len(said)))}
			said = append(said, l)
			h.add(l)
		}
		kept := said[max(0, len(said)-h.max):]
		wish := History{
			Stanzas: rapid.IntRange(-1, 10).Draw(t, "stanzas"),
			Chars:   rapid.IntRange(-1, 20).Draw(t, "chars"),
		}
		if rapid.Bool().Draw(t, "bounded") {
			wish.Since = start.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "since")) * time.Second)
		}
		allowed := func(lines []line) bool {
			chars := 0
			for _, l := range lines {
				chars += utf8.RuneCountInString(l.text)
				if l.at.Before(wish.Since) {
					return false
				}
			}
			return (wish.Stanzas < 0 || len(lines) <= wish.Stanzas) && (wish.Chars < 0 || chars <= wish.Chars)
		}
		got := h.pick(wish)
		want := kept
		for !allowed(want) {
			want = want[1:]
		}
		if len(got) != len(want) {
			t.Fatalf("picked %d lines of %d for %+v, want %d", len(got), len(kept), wish, len(want))
		}
		for i := range got {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("line %d is %+v, want %+v", i, got[i], want[i])
			}
		}
	})
}
