package jid_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/secure/bidirule"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"wherry/component/jid"
)

// IRC-B2
func TestLocal(t *testing.T) {
	for _, tt := range []struct{ text, local string }{
		{"", ""},
		{"nick%irc.example.net", "nick%irc.example.net"},
		{"#Go-Nuts%irc.example.net", "#go-nuts%irc.example.net"},
		{"+15551234567", "+15551234567"},
		{"user@example.org", `user\40example.org`},
		{"nick[x]\\5cy", `nick[x]\5c5cy`},
		{"a b", `a\20b`},
		{" a ", `\u000020a\u000020`},
		{`\20a`, `\5c20a`},
		{"ÄÖÜ", "äöü"},
		{"a\u0308", "ä"},
		{"straße", `stra\u0000dfe`},
		{"ΟΔΟΣ", "οδοσ"},
		{"οδος", `οδο\u0003c2`},
		{"日本語", "日本語"},
		{"☃", `\u002603`},
		{"😀", `\u01f600`},
		{"\u202ea", `\u00202ea`},
		{"\ue000", `\u00e000`},
		{"ﬁ", `\u00fb01`},
		{"\u200b", `\u00200b`},
		{"\u0301a", `\u000301a`},
		{"<\u0338", `\u00226e`}, // NFC makes one character of the two
		{"😀\u0301", `\u01f600\u000301`},
		{"@\u0308", `\40\u000308`},
		{"\x02bold", `\u000002bold`},
		{"שלום", "שלום"},
		{"שלום%irc", `\u0005e9\u0005dc\u0005d5\u0005dd%irc`},
		{"a\xffb", `a\u00fffdb`},
		{`\u01f600`, `\5cu01f600`},
		{`\u000061`, `\u000061`},
	} {
		got, err := jid.Local(tt.text)
		if err != nil || got != tt.local {
			t.Errorf("Local(%q) = %q, %v, want %q", tt.text, got, err, tt.local)
		}
	}
}

func TestResource(t *testing.T) {
	for _, tt := range []struct{ nick, resource string }{
		{"Nick[away]", "Nick[away]"},
		{" a b ", " a b "},
		{"<b>@x/y", "<b>@x/y"},
		{`back\slash`, `back\slash`},
		{"ÄÖÜß", "ÄÖÜß"},
		{"a\u0308", "ä"},
		{"☃", "☃"},
		{"😀 x", `\u01f600 x`},
		{"½", `\u0000bd`},
		{"\u00a0", `\u0000a0`},
		{"\x7f", `\u00007f`},
		{"א-ב", "א-ב"},
		{"אa", `\u0005d0a`},
		{`\u01f600`, `\u00005cu01f600`},
	} {
		got, err := jid.Resource(tt.nick)
		if err != nil || got != tt.resource {
			t.Errorf("Resource(%q) = %q, %v, want %q", tt.nick, got, err, tt.resource)
		}
	}
}

func TestMintRefuses(t *testing.T) {
	for _, tt := range []struct {
		mint func(string) (string, error)
		in   string
		want error
	}{
		{jid.Local, strings.Repeat("a", jid.MaxPart+1), jid.ErrTooLong},
		{jid.Local, strings.Repeat(" ", 342), jid.ErrTooLong},
		{jid.Local, "a\nb", jid.ErrInvalid},
		{jid.Local, "a\x00b", jid.ErrInvalid},
		{jid.Resource, "", jid.ErrEmpty},
		{jid.Resource, strings.Repeat("😀", 128), jid.ErrTooLong},
		{jid.Resource, "a\rb", jid.ErrInvalid},
	} {
		if got, err := tt.mint(tt.in); got != "" && err == nil || !errors.Is(err, tt.want) {
			t.Errorf("%.20q: %q, %v, want %v", tt.in, got, err, tt.want)
		}
	}
}

func TestTextLeavesWhatLocalNeverWrites(t *testing.T) {
	for _, s := range []string{
		`\u00000a`, `\u000000`, `\u00000d`, `\u00d800`, `\u110000`, `\u000061`, `\u00002f`, `\u00005c`, `\u01F600`,
		`\u01f60`, `\u`, `\2F`, `\20a`, `a\20`,
	} {
		if got := jid.Text(s); got != s {
			t.Errorf("Text(%q) = %q", s, got)
		}
	}
	for _, s := range []string{`\u00000a`, `\u000020`, `\20`, `\5c`, `\u000041`} {
		if got := jid.Nick(s); got != s {
			t.Errorf("Nick(%q) = %q", s, got)
		}
	}
}

// fold is what Text gives back of a text.
func fold(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, "\ufffd"))
	return norm.NFC.String(strings.ToLower(s))
}

// usernameCaseMapped is the profile of RFC 8265 §3.3 without its bidi rule,
// which the package precis applies to left-to-right strings as well.
var usernameCaseMapped = precis.NewIdentifier(precis.FoldWidth, precis.LowerCase(), precis.Norm(norm.NFC))

// checkLocal tells what is wrong with Local for a text.
func checkLocal(t interface{ Errorf(string, ...any) }, text string) {
	local, err := jid.Local(text)
	if err != nil {
		return
	}
	if got := jid.Text(local); got != fold(text) {
		t.Errorf("Text(Local(%+q)) = %+q, want %+q; local %+q", text, got, fold(text), local)
	}
	if again, err := jid.Local(jid.Text(local)); again != local {
		t.Errorf("Local(Text(%+q)) = %+q, %v", local, again, err)
	}
	if local == "" {
		return
	}
	if got, err := usernameCaseMapped.String(local); got != local || err != nil {
		t.Errorf("UsernameCaseMapped of Local(%+q) = %+q, %v, want %+q", text, got, err, local)
	}
	if bidirule.DirectionString(local) == bidi.RightToLeft && !bidirule.ValidString(local) {
		t.Errorf("Local(%+q) = %+q breaks the bidi rule", text, local)
	}
	if strings.ContainsAny(local, ` "&'/:<>@`) || strings.HasPrefix(local, `\20`) || strings.HasSuffix(local, `\20`) {
		t.Errorf("Local(%+q) = %+q", text, local)
	}
	if err := (jid.JID{Local: local, Domain: "d"}).Check(); err != nil {
		t.Errorf("Local(%+q) = %+q: %v", text, local, err)
	}
}

// checkResource tells what is wrong with Resource for a nick.
func checkResource(t interface{ Errorf(string, ...any) }, nick string) {
	resource, err := jid.Resource(nick)
	if err != nil {
		return
	}
	want := norm.NFC.String(strings.ToValidUTF8(nick, "\ufffd"))
	if got := jid.Nick(resource); got != want {
		t.Errorf("Nick(Resource(%+q)) = %+q, resource %+q", nick, got, resource)
	}
	if got, err := precis.OpaqueString.String(resource); got != resource || err != nil {
		t.Errorf("OpaqueString of Resource(%+q) = %+q, %v, want %+q", nick, got, err, resource)
	}
	if got := norm.NFKC.String(resource); got != resource {
		t.Errorf("NFKC of Resource(%+q) = %+q, want %+q", nick, got, resource)
	}
	if err := (jid.JID{Domain: "d", Resource: resource}).Check(); err != nil {
		t.Errorf("Resource(%+q) = %+q: %v", nick, resource, err)
	}
}

// TestEveryRune mints with every character of the first two planes, and some
// of the others, alone and beside others.
func TestEveryRune(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r >= 0x20000 {
			r += 96
		}
		if !utf8.ValidRune(r) {
			continue
		}
		for _, s := range []string{string(r), "x" + string(r) + "y"} {
			checkLocal(t, s)
			checkResource(t, s)
		}
		if t.Failed() {
			return
		}
	}
}

// parts are strings that meet the rules: escapes, marks, directions.
var parts = rapid.OneOf(
	rapid.String(),
	rapid.StringMatching(`[ \\u0-9a-fx]{0,12}`),
	rapid.SampledFrom([]string{
		`\20`, `\5c`, `\2f`, `\u01f600`, `\u000020`, " ", "@", "\\", "a\u0308", "\u0301", "😀", "א", "ب", "1", "-", "ß", "İ", "ς", "Σ", "\xff",
	}),
)

func TestMintProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(parts, 0, 6).Draw(t, "parts"), "")
		checkLocal(t, s)
		checkResource(t, s)
	})
}

func FuzzMint(f *testing.F) {
	for _, s := range []string{"a b", `\u01f600`, "😀\u0301", "אב", "\u202e", `\5cu`, "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkLocal(t, s)
		checkResource(t, s)
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{`\u01f600`, `\20a`, `\5c20`, `\u000020`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{jid.Text(s), jid.Nick(s)} {
			if strings.Count(got, "\n") > strings.Count(s, "\n") || strings.Count(got, "\x00") > strings.Count(s, "\x00") {
				t.Errorf("%q brings in a line end: %q", s, got)
			}
		}
	})
}

func BenchmarkLocal(b *testing.B) {
	for name, s := range map[string]string{"plain": "#channel%irc.example.net", "escaped": "user@example.org", "emoji": "😀%irc.example.net"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink, _ = jid.Local(s)
			}
		})
	}
}

func BenchmarkResource(b *testing.B) {
	for name, s := range map[string]string{"plain": "nick[away]", "latin": "Jürgen", "emoji": "😀"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink, _ = jid.Resource(s)
			}
		})
	}
}
