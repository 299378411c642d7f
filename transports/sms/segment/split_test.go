package segment_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"wherry/transports/sms/segment"
)

// SMS-S4: cut at white space, never within what is one character to a reader.
func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		max        int
		want       []string
	}{
		{"empty", "", 5, []string{""}},
		{"fits", "hello", 5, []string{"hello"}},
		{"no limit", "hello", 0, []string{"hello"}},
		{"after white space", "one two three", 9, []string{"one two ", "three"}},
		{"not after early white space", "a bcdefghijk", 9, []string{"a bcdefgh", "ijk"}},
		{"after the last of it", "ab cd ef gh", 9, []string{"ab cd ef ", "gh"}},
		{"after a line", "first\nsecond", 8, []string{"first\n", "second"}},
		{"white space stays", "abcdef   ghi", 7, []string{"abcdef ", "  ghi"}},
		{"nothing but white space", "      ", 4, []string{"    ", "  "}},
		{"CRLF stays whole", "abcd\r\nef", 5, []string{"abcd", "\r\nef"}},
		{"no-break space is no place", "abcd\u00a0efgh", 6, []string{"abcd\u00a0e", "fgh"}},
		{"surrogate pair", "abc😀", 4, []string{"abc", "😀"}},
		{"combining mark", "abce\u0301f", 4, []string{"abc", "e\u0301f"}},
		{"flags", "🇩🇪🇫🇷🇮🇹", 9, []string{"🇩🇪🇫🇷", "🇮🇹"}},
		{"family", "ab👩‍👩‍👧cd", 9, []string{"ab", "👩‍👩‍👧c", "d"}},
		{"skin tone", "ab👍🏽", 5, []string{"ab", "👍🏽"}},
		{"keycap", "ab1\ufe0f\u20e3", 4, []string{"ab", "1\ufe0f\u20e3"}},
		{"Hangul of jamo", "가\u1100\u1161\u11a8나", 3, []string{"가", "\u1100\u1161\u11a8", "나"}},
		{"longer than a part", "👩‍👩‍👧", 5, []string{"👩‍👩", "\u200d👧"}},
		{"a pair longer than a part", "😀😀", 1, []string{"😀", "😀"}},
		{"no UTF-8", "a\xff\xfeb", 2, []string{"a\xff", "\xfeb"}},
	} {
		if got := segment.Split(tt.text, tt.max, false); !slices.Equal(got, tt.want) {
			t.Errorf("%s: Split(%q, %d) = %q, want %q", tt.name, tt.text, tt.max, got, tt.want)
		}
	}
}

// SMS-S4: parts are numbered where that is wanted.
func TestSplitNumbered(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		max        int
		want       []string
	}{
		{"one part has no number", "hello", 5, []string{"hello"}},
		{"two", "hello world", 10, []string{"(1/3) hell", "(2/3) o wo", "(3/3) rld"}},
		{"at white space", "hello big world", 12, []string{"(1/3) hello ", "(2/3) big ", "(3/3) world"}},
		{"no place for numbers", "hello world", 6, []string{"hello ", "world"}},
		{"a character is too long for the rest", "abc👩‍👩‍👧", 9, []string{"abc", "👩‍👩‍👧"}},
	} {
		if got := segment.Split(tt.text, tt.max, true); !slices.Equal(got, tt.want) {
			t.Errorf("%s: Split(%q, %d) = %q, want %q", tt.name, tt.text, tt.max, got, tt.want)
		}
	}
}

func TestSplitNumberedByDigitsOfTheCount(t *testing.T) {
	text := strings.Repeat("0123456789", 100)
	parts := segment.Split(text, 16, true)
	if got := len(parts); got != 149 { // 9 of 8, 90 of 7, 50 of 6
		t.Errorf("%d parts", got)
	}
	checkNumbers(t, text, parts, 16)
}

type failer interface{ Errorf(string, ...any) }

// checkNumbers proves that each part fits and says which it is, and that they
// are the text without that.
func checkNumbers(t failer, text string, parts []string, max int) {
	var joined strings.Builder
	for i, part := range parts {
		number := fmt.Sprintf("(%d/%d) ", i+1, len(parts))
		rest, ok := strings.CutPrefix(part, number)
		if !ok || units(part) > max {
			t.Errorf("part %d is %q", i+1, part)
		}
		joined.WriteString(rest)
	}
	if joined.String() != text {
		t.Errorf("%q became %q", text, parts)
	}
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }

// texts makes texts of what is hard to cut.
func texts() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"a", "word ", " ", "\n", "\r\n", "\t", "\u00a0", "\u2003", "e\u0301", "😀", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "🇫", "\u200d", "\u0301",
			"1\ufe0f\u20e3", "가", "\u1100", "\u1161", "क्षि", "🏴\U000e0067\U000e0062\U000e007f", "\xff", "\xf0\x9f",
			"z" + strings.Repeat("\u0335", 50),
		}),
		rapid.StringMatching(`[a-z]{1,12}`),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 120), func(pieces []string) string { return strings.Join(pieces, "") })
}

// clusters returns where the clusters of text begin, and its end, as the
// library sees the whole of it.
func clusters(text string) []int {
	bounds := []int{0}
	for g := uniseg.NewGraphemes(text); g.Next(); {
		_, to := g.Positions()
		bounds = append(bounds, to)
	}
	return bounds
}

func checkSplit(t failer, text string, parts []string, max int) {
	if strings.Join(parts, "") != text {
		t.Errorf("%q became %q", text, parts)
		return
	}
	bounds, at := clusters(text), 0
	for i, part := range parts {
		if n := units(part); n > max && (max > 1 || len([]rune(part)) > 1) {
			t.Errorf("part %q has %d units, more than %d", part, n, max)
		}
		at += len(part)
		if i == len(parts)-1 {
			return
		}
		if part == "" {
			t.Errorf("an empty part in %q", parts)
		}
		k, whole := slices.BinarySearch(bounds, at)
		if !whole {
			if cluster := text[bounds[k-1]:bounds[k]]; units(cluster) <= max {
				t.Errorf("%q was cut, though it fits in %d", cluster, max)
			}
			continue
		}
		// No part is shorter than it must be, but for the sake of white space.
		if next := text[at:bounds[k+1]]; units(part)+units(next) <= max && !endsBlank(part) {
			t.Errorf("part %q would take %q too", part, next)
		}
	}
}

func endsBlank(part string) bool {
	r := []rune(part)
	return slices.ContainsFunc(r[len(r)-min(len(r), 60):], unicode.IsSpace)
}

// SMS-S4: nothing is lost, nothing too long, nothing cut within.
func TestSplitKeepsClusters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		max := rapid.OneOf(rapid.IntRange(4, 40), rapid.IntRange(41, 200)).Draw(t, "max")
		checkSplit(t, text, segment.Split(text, max, false), max)
	})
}

// SMS-S4: a cut is after the last white space of a part's last third, if any.
func TestSplitPrefersWhiteSpace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-c \n]{0,300}`).Draw(t, "text")
		max := rapid.IntRange(1, 60).Draw(t, "max")
		for rest := text; len(rest) > max; {
			want := max
			if i := strings.LastIndexAny(rest[:max], " \n") + 1; i*3 >= max*2 {
				want = i
			}
			if part := segment.Split(rest, max, false)[0]; part != rest[:want] {
				t.Fatalf("Split(%q, %d) starts with %q, want %q", rest, max, part, rest[:want])
			}
			rest = rest[want:]
		}
	})
}

func TestSplitNumbersFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		max := rapid.IntRange(1, 200).Draw(t, "max")
		parts := segment.Split(text, max, true)
		if len(parts) == 1 || strings.Join(parts, "") == text {
			return
		}
		checkNumbers(t, text, parts, max)
		at, bounds := 0, clusters(text)
		for i, part := range parts {
			at += len(part) - len("(/) ") - len(strconv.Itoa(i+1)) - len(strconv.Itoa(len(parts)))
			if _, whole := slices.BinarySearch(bounds, at); !whole {
				t.Errorf("a cut within a character after %q", part)
			}
		}
	})
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"", "one two three", "👩‍👩‍👧‍👦🇩🇪🇫🇷", "a\r\n\r\n", "z" + strings.Repeat("\u0335", 30), "\xff\xf0\x9f", "\u0600क्षि"} {
		f.Add(s, 5, true)
		f.Add(s, 9, false)
	}
	f.Fuzz(func(t *testing.T, text string, max int, numbered bool) {
		parts := segment.Split(text, max, numbered)
		joined := strings.Join(parts, "")
		switch {
		case max <= 0:
			if !slices.Equal(parts, []string{text}) {
				t.Errorf("%q", parts)
			}
		case joined == text && max >= 4:
			checkSplit(t, text, parts, max)
		case joined != text && numbered:
			checkNumbers(t, text, parts, max)
		case joined != text:
			t.Errorf("%q became %q", text, parts)
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	text := strings.Repeat("До встречи в восемь 👩‍👩‍👧 ", 200)
	b.ReportAllocs()
	for b.Loop() {
		_ = segment.Split(text, 1600, true)
	}
}
