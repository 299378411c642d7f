package segment_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"wherry/transports/sms/segment"
)

// SMS-S4: segments are counted as phones and prices count them.
func TestCount(t *testing.T) {
	a := func(n int) string { return strings.Repeat("a", n) }
	for _, tt := range []struct {
		name, text string
		segments   int
		enc        segment.Encoding
	}{
		{"empty", "", 0, segment.GSM7},
		{"one character", "a", 1, segment.GSM7},
		{"full", a(160), 1, segment.GSM7},
		{"one too many", a(161), 2, segment.GSM7},
		{"two full", a(306), 2, segment.GSM7},
		{"two and one", a(307), 3, segment.GSM7},
		{"euro fits", a(158) + "€", 1, segment.GSM7},
		{"euro costs two", a(159) + "€", 2, segment.GSM7},
		{"brace costs two", strings.Repeat("{", 80), 1, segment.GSM7},
		{"a brace too many", strings.Repeat("{", 81), 2, segment.GSM7},
		{"pair not over the border", a(152) + "{" + a(152), 3, segment.GSM7},
		{"pair before the border", a(151) + "{" + a(153), 2, segment.GSM7},
		{"braces waste a septet each time", strings.Repeat("{", 77), 1, segment.GSM7},
		{"76 pairs and one to a segment", strings.Repeat("{", 153), 3, segment.GSM7},
		{"lines", "a\r\nb\fc", 1, segment.GSM7},
		{"every accent of the table", "èéùìòÇØøÅåÆæßÉÄÖÑÜ§äöñüà¿¡", 1, segment.GSM7},
		{"Greek capitals", "ΔΦΓΛΩΠΨΣΘΞ", 1, segment.GSM7},
		{"Greek small", "δ", 1, segment.UCS2},
		{"small c with cedilla is not in it", "ç", 1, segment.UCS2},
		{"backtick is not in it", "`", 1, segment.UCS2},
		{"tabulator is not in it", "\t", 1, segment.UCS2},
		{"one takes all along", a(70) + "ç", 2, segment.UCS2},
		{"UCS-2 full", strings.Repeat("ж", 70), 1, segment.UCS2},
		{"UCS-2 one too many", strings.Repeat("ж", 71), 2, segment.UCS2},
		{"UCS-2 two full", strings.Repeat("ж", 134), 2, segment.UCS2},
		{"UCS-2 two and one", strings.Repeat("ж", 135), 3, segment.UCS2},
		{"emoji at 70", a(68) + "😀", 1, segment.UCS2},
		{"emoji over 70", a(69) + "😀", 2, segment.UCS2},
		{"emoji not over the border", a(66) + "😀" + a(66), 3, segment.UCS2},
		{"emoji before the border", a(65) + "😀" + a(67), 2, segment.UCS2},
		{"no UTF-8", "\xff", 1, segment.UCS2},
	} {
		segments, enc := segment.Count(tt.text)
		if segments != tt.segments || enc != tt.enc {
			t.Errorf("%s: Count = %d %v, want %d %v", tt.name, segments, enc, tt.segments, tt.enc)
		}
	}
}

func TestUnits(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "ж": 1, "a😀": 3, "\xff\xfe": 2, "👩‍👩‍👧": 8} {
		if got := segment.Units(text); got != want {
			t.Errorf("Units(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestEncodingString(t *testing.T) {
	if got := segment.GSM7.String() + " " + segment.UCS2.String(); got != "GSM-7 UCS-2" {
		t.Error(got)
	}
}

// alphabet is 3GPP TS 23.038 §6.2.1 once more, by code point and in the order
// of its codes; 0x1b, the escape, is left out.
var alphabet = []rune{
	0x40, 0xa3, 0x24, 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, 0x0a, 0xd8, 0xf8, 0x0d, 0xc5, 0xe5,
	0x394, 0x5f, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0xc6, 0xe6, 0xdf, 0xc9,
	0x20, 0x21, 0x22, 0x23, 0xa4, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f,
	0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f,
	0xa1, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f,
	0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0xc4, 0xd6, 0xd1, 0xdc, 0xa7,
	0xbf, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
	0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0xe4, 0xf6, 0xf1, 0xfc, 0xe0,
}

var escaped = []rune{0x0c, 0x5e, 0x7b, 0x7d, 0x5c, 0x5b, 0x7e, 0x5d, 0x7c, 0x20ac}

// Which characters of all take a text to UCS-2.
func TestAlphabet(t *testing.T) {
	cost := make(map[rune]int)
	for _, r := range alphabet {
		cost[r] = 1
	}
	for _, r := range escaped {
		cost[r] = 2
	}
	if len(cost) != 127+10 {
		t.Fatalf("%d characters", len(cost))
	}
	for r := rune(0); r < 0x3000; r++ {
		_, enc := segment.Count(string(r))
		if want := cost[r] == 0; want != (enc == segment.UCS2) {
			t.Errorf("%U: %v", r, enc)
		}
		if cost[r] == 0 {
			continue
		}
		if n, _ := segment.Count(strings.Repeat(string(r), 160/cost[r])); n != 1 {
			t.Errorf("%U: %d segments", r, n)
		}
		if n, _ := segment.Count(strings.Repeat(string(r), 160/cost[r]+1)); n != 2 {
			t.Errorf("%U: %d segments", r, n)
		}
	}
}

// reference writes every segment out.
func reference(text string) (int, segment.Encoding) {
	var chars [][]uint16 // what stays together
	enc := segment.GSM7
	for _, r := range text {
		switch {
		case strings.ContainsRune(string(escaped), r):
			chars = append(chars, []uint16{0x1b, uint16(r)})
		case strings.ContainsRune(string(alphabet), r):
			chars = append(chars, []uint16{uint16(r)})
		default:
			enc = segment.UCS2
		}
	}
	alone, joined := 160, 153
	if enc == segment.UCS2 {
		alone, joined, chars = 70, 67, nil
		for _, r := range text {
			chars = append(chars, utf16.Encode([]rune{r}))
		}
	}
	for limit := alone; ; limit = joined {
		var segments [][]uint16
		for _, c := range chars {
			if last := len(segments) - 1; last < 0 || len(segments[last])+len(c) > limit {
				segments = append(segments, nil)
			}
			segments[len(segments)-1] = append(segments[len(segments)-1], c...)
		}
		if limit == joined || len(segments) <= 1 {
			return len(segments), enc
		}
	}
}

// SMS-S4: the count is that of writing the segments out, also at every border.
func TestCountAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SampledFrom([]rune("aaaaaaa{€\nΔ"))
		if rapid.Bool().Draw(t, "wide") {
			some = rapid.SampledFrom([]rune("aж{😀\u200d\u0301"))
		}
		n := rapid.OneOf(
			rapid.IntRange(0, 700),
			rapid.SampledFrom([]int{66, 67, 68, 70, 71, 76, 77, 80, 134, 152, 153, 154, 160, 161, 306, 307, 459, 460}),
		).Draw(t, "length")
		text := string(rapid.SliceOfN(some, n, n).Draw(t, "text"))
		segments, enc := segment.Count(text)
		wantSegments, wantEnc := reference(text)
		if segments != wantSegments || enc != wantEnc {
			t.Errorf("Count(%q) = %d %v, want %d %v", text, segments, enc, wantSegments, wantEnc)
		}
		if got := segment.Units(text); got != len(utf16.Encode([]rune(text))) {
			t.Errorf("Units(%q) = %d", text, got)
		}
	})
}

func FuzzCount(f *testing.F) {
	for _, s := range []string{"", "a", "€", strings.Repeat("{", 154), strings.Repeat("😀", 36), "\xff", "\xf0\x9f\x98"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		segments, enc := segment.Count(text)
		if n, e := reference(text); n != segments || e != enc {
			t.Errorf("Count(%q) = %d %v, want %d %v", text, segments, enc, n, e)
		}
	})
}

func BenchmarkCount(b *testing.B) {
	for _, tt := range []struct{ name, text string }{
		{"GSM7", strings.Repeat("See you at eight, {ok}? ", 66)},
		{"UCS2", strings.Repeat("До встречи в восемь 😀 ", 66)},
		{"Short", "See you at eight"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = segment.Count(tt.text)
			}
		})
	}
}
