package plain_test

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"wherry/transports/email/plain"
)

// MAIL-X5
func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\r\nb\rc":                 "a\nb\nc",
		"\n\na  \n\n\n\n\n b\n\n":   "a\n\n\n b",
		"a\x00b\x07c\x1b[31md":      "abc[31md",
		"x\u202eexe.txt\u2066y":     "xexe.txty",
		"tab\tkept":                 "tab\tkept",
		"\ufeffbom\ufffe\uffff":     "bom",
		"bad\xffbyte":               "bad\ufffdbyte",
		"a\u2028b\u0085c\fd":        "a\nb\nc\nd",
		"\u00a0\n \t\n":             "",
		"right\u200fto left":        "right\u200fto left",
		"\u0080c1\u009f":            "c1",
		"one\n\ntwo":                "one\n\ntwo",
		"plane\U0001fffe\U0010ffff": "plane",
	} {
		if got := plain.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// MAIL-X5
func TestFit(t *testing.T) {
	t.Parallel()
	if s, cut := plain.Fit("short"); s != "short" || cut {
		t.Errorf("%q, %v", s, cut)
	}
	for name, word := range map[string]string{"ASCII": "some words ", "wide": "字字字字 ", "escaped": "<&>\"' ", "no blanks": "x"} {
		s := strings.Repeat(word, 60<<10/len(word))
		head, cut := plain.Fit(s)
		var b strings.Builder
		xml.EscapeText(&b, []byte(head))
		if n := utf8.RuneCountInString(head); !cut || n > plain.MaxCharacters || b.Len() > plain.MaxBytes || n < 6000 {
			t.Errorf("%s: %d characters, %d bytes, %v", name, n, b.Len(), cut)
		}
		if !strings.HasPrefix(s, head) || strings.HasSuffix(head, " ") {
			t.Errorf("%s: it does not begin as it should", name)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\r\n\x00\u202eb\n\n\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		text := plain.Clean(s)
		if again := plain.Clean(text); again != text {
			t.Errorf("%q, then %q", text, again)
		}
		if strings.Contains(text, "\n\n\n\n") || !utf8.ValidString(text) {
			t.Errorf("%q is not clean", text)
		}
		var b strings.Builder
		b.WriteString("<a>")
		xml.EscapeText(&b, []byte(text))
		b.WriteString("</a>")
		for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}

// MAIL-X1
func TestChoose(t *testing.T) {
	t.Parallel()
	rich := "<p>" + strings.Repeat("many words of text ", 10) + "</p>"
	html := strings.TrimSpace(strings.Repeat("many words of text ", 10))
	for _, c := range []struct {
		name string
		in   plain.Source
		want string
	}{
		{"plain wins", plain.Source{Plain: "this is the text", HTML: rich}, "this is the text"},
		{"missing", plain.Source{HTML: rich}, html},
		{"blank", plain.Source{Plain: " \r\n\u00a0", HTML: rich}, html},
		{"stub", plain.Source{Plain: "See HTML", HTML: rich}, html},
		{"short but all there is", plain.Source{Plain: "Yes", HTML: "<b>Yes</b>"}, "Yes"},
		{"excuse", plain.Source{Plain: "Your mail client does not support HTML. Visit https://example.org/ please.", HTML: rich}, html},
		{"German excuse", plain.Source{Plain: "Ihr Mailprogramm kann leider keine HTML-Nachrichten anzeigen.", HTML: rich}, html},
		{"talks of HTML", plain.Source{Plain: strings.Repeat("word ", 80) + "does not support HTML", HTML: rich}, strings.Repeat("word ", 80) + "does not support HTML"},
		{"flowed", plain.Source{Plain: "it \nflows on \nhere", Flowed: true}, "it flows on here"},
	} {
		if got := c.in.Whole(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
