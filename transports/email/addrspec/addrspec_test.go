package addrspec_test

import (
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/email/addrspec"
)

// MAIL-A2
func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in, want string // empty: it is none
		utf8     bool
	}{
		{"ann@example.org", "ann@example.org", false},
		{"Ann.Lee+x@Example.ORG", "Ann.Lee+x@example.org", false},
		{"ann@example.org.", "ann@example.org", false},
		{"ann@bücher.example", "ann@xn--bcher-kva.example", false},
		{"ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example", false},
		{"jörg@example.org", "jörg@example.org", true},
		{`"a b"@example.org`, `"a b"@example.org`, false},
		{`"ann"@example.org`, "ann@example.org", false},
		{`"a@b"@example.org`, `"a@b"@example.org`, false},
		{`"a\"b\\"@example.org`, `"a\"b\\"@example.org`, false},
		{"a..b@example.org", `"a..b"@example.org`, false}, // as some networks give them out
		{".a@example.org", `".a"@example.org`, false},
		{"ann@localhost", "ann@localhost", false},
		{strings.Repeat("a", 256) + "@example.org", strings.Repeat("a", 256) + "@example.org", false},
		{strings.Repeat("a", 257) + "@example.org", "", false},
		{"", "", false},
		{"ann", "", false},
		{"@example.org", "", false},
		{"ann@", "", false},
		{"a b@example.org", "", false},
		{"a<b@example.org", "", false},
		{"a@b@example.org", "", false},
		{"ann@exa mple.org", "", false},
		{"ann@example..org", "", false},
		{"ann@-example.org", "", false},
		{"ann@[192.0.2.1]", "", false},
		{"ann@example.org>\r\nRCPT TO:<eve@example.org", "", false},
		{"an\x00n@example.org", "", false},
		{"\"an\nn\"@example.org", "", false},
		{`"ann@example.org`, "", false},
		{`"a"b"@example.org`, "", false},
		{`"a\"@example.org`, "", false},
		{`""@example.org`, "", false},
		{"ann\xff@example.org", "", false},
		{"ann@" + strings.Repeat("a", 64) + ".org", "", false},
		{"ann@" + strings.Repeat("a.", 127) + "org", "", false},
	} {
		got, err := addrspec.Parse(tt.in)
		if tt.want == "" {
			if transports.AsError(err) == nil || transports.AsError(err).Kind != transports.Malformed || strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("%q: %v, %v", tt.in, got, err)
			}
			continue
		}
		if err != nil || got.String() != tt.want || got.UTF8() != tt.utf8 {
			t.Errorf("%q: %v, %v", tt.in, got, err)
		}
	}
}

// What was read is written so that it is read as the same. MAIL-A2
func FuzzParse(f *testing.F) {
	for _, s := range []string{"ann@example.org", `"a\"b"@bücher.example`, "a..b@x", "jörg@x.y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := addrspec.Parse(s)
		if err != nil {
			return
		}
		out := a.String()
		if strings.ContainsAny(out, "\r\n\x00") {
			t.Fatalf("%q became %q", s, out)
		}
		if b, err := addrspec.Parse(out); err != nil || a != b {
			t.Fatalf("%q became %q, and that %+v, %v", s, out, b, err)
		}
	})
}
