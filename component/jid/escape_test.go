package jid_test

import (
	"strings"
	"testing"

	"wherry/component/jid"
)

// IRC-B2
func TestEscape(t *testing.T) {
	for _, tt := range []struct{ text, local string }{
		{"plain", "plain"},
		{"space cadet", `space\20cadet`},
		{`call me "ishmael"`, `call\20me\20\22ishmael\22`},
		{"at&t guy", `at\26t\20guy`},
		{"d'artagnan", `d\27artagnan`},
		{"/.fanboy", `\2f.fanboy`},
		{"::foo::", `\3a\3afoo\3a\3a`},
		{"<foo>", `\3cfoo\3e`},
		{"user@host", `user\40host`},
		{`c:\net`, `c\3a\net`},
		{`c:\\net`, `c\3a\\net`},
		{`c:\cool stuff`, `c\3a\cool\20stuff`},
		{`c:\5commas`, `c\3a\5c5commas`},
		{`\2plus\2is\4`, `\2plus\2is\4`},
		{`foo\bar`, `foo\bar`},
		{`foob\41r`, `foob\41r`},
		{`\20`, `\5c20`},
		{`\5c`, `\5c5c`},
		{`\3A`, `\3A`},
		{`a\`, `a\`},
		{`nick[x]\5cy`, `nick[x]\5c5cy`},
	} {
		if got := jid.Escape(tt.text); got != tt.local {
			t.Errorf("Escape(%q) = %q, want %q", tt.text, got, tt.local)
		}
		if got := jid.Unescape(tt.local); got != tt.text {
			t.Errorf("Unescape(%q) = %q, want %q", tt.local, got, tt.text)
		}
	}
}

func TestEscapeDropsSpacesAtTheEnds(t *testing.T) {
	if got := jid.Escape("  a b "); got != `a\20b` {
		t.Errorf("got %q", got)
	}
}

func TestUnescapeLeavesWhatIsNoEscape(t *testing.T) {
	for _, s := range []string{`\20a`, `a\20`, `\2F`, `\3A`, `\5C`, `\7f`, `\`, `\2`, `a\4`, `\u01f600`} {
		if got := jid.Unescape(s); got != s {
			t.Errorf("Unescape(%q) = %q", s, got)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"a b", `\20`, `\5c5c`, ` \ `, `\\20`, "ü\\2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		local := jid.Escape(s)
		if strings.ContainsAny(local, ` "&'/:<>@`) {
			t.Errorf("Escape(%q) = %q", s, local)
		}
		if got := jid.Unescape(local); got != strings.Trim(s, " ") {
			t.Errorf("Unescape(Escape(%q)) = %q", s, got)
		}
	})
}
