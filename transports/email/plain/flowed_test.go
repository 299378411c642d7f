package plain_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wherry/transports/email/plain"
)

// MAIL-X2
func TestFlowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		delSp bool
		want  string
	}{
		{"a \nb\nc", false, "a b\nc"},
		{"a \nb", true, "ab"},
		{"a \n> b \n> c\nd", false, "a \n> b c\nd"},
		{">> a \n>> b\n> c", false, "> > a b\n> c"},
		{" >not a quote", false, ">not a quote"},
		{" From here", false, "From here"},
		{"a \n-- \nAnn", false, "a \n-- \nAnn"},
		{"a\n\nb ", false, "a\n\nb "},
		{">\n> \n> a", false, ">\n>\n> a"},
		{"a \r\nb\r\n", false, "a b"},
		{"", false, ""},
	} {
		if got := plain.Flowed(c.in, c.delSp); got != c.want {
			t.Errorf("Flowed(%q, %v) = %q, want %q", c.in, c.delSp, got, c.want)
		}
	}
}

// flow writes a paragraph as RFC 3676 §4.2 asks, as short lines as can be.
func flow(depth int, words []string) string {
	mark := strings.Repeat(">", depth)
	if depth > 0 {
		mark += " "
	}
	return mark + strings.Join(words, " \n"+mark)
}

// TestFlowedBack: what flows comes back as it was. MAIL-X2
func TestFlowedBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var sent, want []string
		before := -1
		for range rapid.IntRange(1, 6).Draw(t, "paragraphs") {
			depth := rapid.IntRange(0, 4).Draw(t, "depth")
			words := rapid.SliceOfN(rapid.StringMatching(`[a-zäß.,]{1,10}`), 1, 8).Draw(t, "words")
			if depth == before {
				depth = (depth + 1) % 5
			}
			before = depth
			sent = append(sent, flow(depth, words))
			want = append(want, strings.Repeat("> ", depth)+strings.Join(words, " "))
		}
		if got := plain.Flowed(strings.Join(sent, "\r\n"), false); got != strings.Join(want, "\n") {
			t.Fatalf("%q came back as %q", sent, got)
		}
	})
}

func FuzzFlowed(f *testing.F) {
	f.Add("a \n> b \n>> c\n-- \n d", true)
	f.Fuzz(func(t *testing.T, s string, delSp bool) {
		text := plain.Flowed(s, delSp)
		if most := 2*len(s) + 20; len(text) > most {
			t.Errorf("%d bytes became %d", len(s), len(text))
		}
	})
}

func FuzzCut(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.source.Plain, true)
	}
	f.Fuzz(func(t *testing.T, s string, reply bool) {
		s = strings.ToValidUTF8(s, "\ufffd") // as each text of a mail is
		whole := plain.Clean(s)
		cut := plain.Source{Plain: s}.Show(plain.Context{Reply: reply})
		if (strings.TrimSpace(whole) == "") != (strings.TrimSpace(cut) == "") {
			t.Errorf("%q is shown as %q", whole, cut)
		}
		if len(cut) > len(whole)+len(plain.CutMark) {
			t.Errorf("%q grew to %q", whole, cut)
		}
	})
}
