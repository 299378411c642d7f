package stanza_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"wherry/component/stanza"
)

func TestFilter(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"plain <&>'\"", "plain <&>'\""},
		{"tab\tand\nline", "tab\tand\nline"},
		{"ÄÖÜ 😀 \u200b\ufdd0\U0001fffe\ufffd\x7f", "ÄÖÜ 😀 \u200b\ufdd0\U0001fffe\ufffd\x7f"},
		{"\x02bold\x0f \x0304red", "bold 04red"},
		{"\x00\x08\x0b\x0c\x0e\x1f", ""},
		{"a\ufffeb\uffffc", "abc"},
		{"a\r\nb\rc\r", "a\nb\nc\n"},
		{"\r\r\n", "\n\n"},
		{"caf\xe9", "café"},
		{"\x80 and \x99", "€ and ™"},
		{"\x81\x8d\x8f\x90\x9d", "\ufffd\ufffd\ufffd\ufffd\ufffd"},
		{"é and cut \xc3", "é and cut \ufffd"},
		{"a\xed\xa0\xbd\xed\xb8\x80b", "ab"},
		{"\xed\xa0", "í\u00a0"},
	} {
		if got := stanza.Filter(tt.in); got != tt.want {
			t.Errorf("Filter(%q) = %q, want %q", tt.in, got, tt.want)
		}
		m := &stanza.Message{Header: head(""), Payload: []stanza.Element{stanza.T("", "body", tt.in)}}
		want := "<body>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(tt.want) + "</body>"
		if tt.want == "" {
			want = "<body"
		}
		if got := write(t, m); !strings.Contains(got, want) {
			t.Errorf("%q is written %s", tt.in, got)
		}
	}
}

func TestFilterKeepsWhatIsFit(t *testing.T) {
	s := "it's a fine day, ÄÖÜ 😀\n"
	if n := testing.AllocsPerRun(10, func() { _ = stanza.Filter(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzFilter asks that the filter's result is text of XML, needs no second
// pass, and is what the writer writes.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"a\x02\r\nb", "\xff\xfe", "é\xc3", "\xed\xa0\x80", "\uffff", "]]>", "\xef\xbf"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := stanza.Filter(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\x00\ufffe\uffff") {
			t.Errorf("Filter(%q) = %q", s, got)
		}
		if again := stanza.Filter(got); again != got {
			t.Errorf("Filter(%q) = %q, then %q", s, got, again)
		}
		var m struct {
			Body string `xml:"body"`
			ID   string `xml:"id,attr"`
		}
		st := &stanza.Message{Header: stanza.Header{From: ours, To: theirs, ID: s}, Payload: []stanza.Element{stanza.T("", "body", s)}}
		p := write(t, st)
		if err := xml.Unmarshal([]byte(p), &m); err != nil || m.Body != got || m.ID != got {
			t.Errorf("%q is written %s, read %+v, %v", s, p, m, err)
		}
	})
}

var sink string

func BenchmarkFilter(b *testing.B) {
	for name, s := range map[string]string{
		"fit":     "it's a fine day for <talking> about Go, ÄÖÜ 😀",
		"control": "\x02it's\x02 a fine day for <talking> about Go, ÄÖÜ 😀",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = stanza.Filter(s)
			}
		})
	}
}
