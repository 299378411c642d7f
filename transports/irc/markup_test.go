package irc

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// IRC-B18
func TestFromCodes(t *testing.T) {
	for _, tt := range []struct {
		name, raw, text string
		markup          bool
	}{
		{"plain", "hello", "hello", false},
		{"bold", "a \x02bold\x02 word", "a *bold* word", true},
		{"italic", "\x1dleaning\x1d", "_leaning_", true},
		{"strike", "\x1eno\x1e yes", "~no~ yes", true},
		{"mono", "run \x11go test\x11.", "run `go test`.", true},
		{"nested", "\x02very \x1dnice\x1d\x02", "*very _nice_*", true},
		{"reset", "\x02a\x0f b", "*a* b", true},
		{"open end", "\x02to the end", "*to the end*", true},
		{"spaces at the edges", "a\x02 b \x02c", "a *b* c", true},
		{"colours", "\x0304,08red\x03 and \x0399,12x\x03 \x0312y", "red and x y", false},
		{"colour then comma", "\x034,no", ",no", false},
		{"hex colours", "\x04ff0000,00FF00red\x04", "red", false},
		{"underline and reverse", "\x1fa\x1f\x16b\x16", "ab", false},
		{"within a word", "un\x02frigging\x02believable", "unfriggingbelievable", false},
		{"literal directives alone", "2*3*4 *not bold*", "2*3*4 *not bold*", false},
		{"literal directives beside codes", "\x02a\x02 *b*", "a *b*", false},
		{"only a quote mark", "\x02>\x02 a", "*>* a", true},
		{"a quote", "> \x02a\x02", "> a", false},
		{"control characters", "a\x01\x05\x7fb\tc", "ab\tc", false},
		{"empty bold", "\x02\x02x", "x", false},
		{"bold space", "\x02 \x02x", " x", false},
		{"overlap", "\x02a \x1db\x02 c\x1d", "a b c", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, markup := fromCodes(tt.raw)
			if text != tt.text || markup != tt.markup {
				t.Errorf("fromCodes(%q) = %q, %v, want %q, %v", tt.raw, text, markup, tt.text, tt.markup)
			}
		})
	}
}

// IRC-B18
func TestToCodes(t *testing.T) {
	for _, tt := range []struct{ text, raw string }{
		{"hello", "hello"},
		{"a *bold* word", "a \x02bold\x02 word"},
		{"*very _nice_*, yes", "\x02very \x1dnice\x02\x1d, yes"},
		{"`a*b*c`", "\x11a*b*c\x11"},
		{"~gone~", "\x1egone\x1e"},
		{"2*3*4", "2*3*4"},
		{"__init__ and snake_case_name", "__init__ and snake_case_name"},
		{"*.go *.md", "*.go *.md"},
		{"~/src ~/bin", "~/src ~/bin"},
		{"* item", "* item"},
		{"_foo__bar", "_foo__bar"},
		{"```", "```"},
		{"**", "**"},
		{"a\x00\x02b\r\n", "ab"},
	} {
		if raw := toCodes(tt.text); raw != tt.raw {
			t.Errorf("toCodes(%q) = %q, want %q", tt.text, raw, tt.raw)
		}
	}
}

// TestFormattingRoundTrip says that what is shown as markup comes back as the
// same looks. IRC-B18
func TestFormattingRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[a-zäö0-9.,!_*~-]{1,6}`)
	space := rapid.SampledFrom([]string{" ", " ", "  ", "", ", "})
	code := rapid.SampledFrom([]string{"", "", "\x02", "\x1d", "\x1e", "\x11", "\x0f", "\x0304", "\x16"})
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(0, 8).Draw(t, "words") {
			b.WriteString(code.Draw(t, "before") + word.Draw(t, "word") + code.Draw(t, "after") + space.Draw(t, "space"))
		}
		checkRoundTrip(t, b.String())
	})
}

func FuzzFormatting(f *testing.F) {
	for _, s := range []string{"", "\x02a\x02", "\x02a \x1db\x02 c\x1d", "*a*\x02b", "\x11`\x11", "\x03\x04\x0f", "> \x02", "\x02\u00a0a\x02"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if utf8.ValidString(raw) {
			checkRoundTrip(t, raw)
		}
	})
}

func checkRoundTrip(t interface{ Fatalf(string, ...any) }, raw string) {
	text, markup := fromCodes(raw)
	if strings.ContainsFunc(text, isControl) {
		t.Fatalf("fromCodes(%q) = %q has control characters", raw, text)
	}
	bare := plain(scanCodes(raw))
	if !markup {
		if text != bare {
			t.Fatalf("fromCodes(%q) = %q, want the text %q", raw, text, bare)
		}
		return
	}
	if got := plain(scanMarkup(text, lazily)); got != bare {
		t.Fatalf("fromCodes(%q) = %q, which says %q", raw, text, got)
	}
	if again, ok := fromCodes(toCodes(text)); again != text || !ok {
		t.Fatalf("%q becomes %q, then %q", text, toCodes(text), again)
	}
}
