package jid_test

import (
	"errors"
	"strings"
	"testing"

	"wherry/component/jid"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("a", jid.MaxPart)
	for _, tt := range []struct {
		in   string
		want jid.JID
		err  error
	}{
		{in: "example.org", want: jid.JID{Domain: "example.org"}},
		{in: "user@example.org", want: jid.JID{Local: "user", Domain: "example.org"}},
		{in: "user@example.org/phone", want: jid.JID{Local: "user", Domain: "example.org", Resource: "phone"}},
		{in: "example.org/phone", want: jid.JID{Domain: "example.org", Resource: "phone"}},
		{in: "#go%irc.example.net@irc.example.org/a/b@c", want: jid.JID{Local: "#go%irc.example.net", Domain: "irc.example.org", Resource: "a/b@c"}},
		{in: "example.org/a@b", want: jid.JID{Domain: "example.org", Resource: "a@b"}},
		{in: "☃@p.test", want: jid.JID{Local: "☃", Domain: "p.test"}},
		{in: "User@Example.org/\U0001f600 \u200b", want: jid.JID{Local: "User", Domain: "Example.org", Resource: "\U0001f600 \u200b"}},
		{in: long + "@" + long + "/" + long, want: jid.JID{Local: long, Domain: long, Resource: long}},
		{in: "", err: jid.ErrEmpty},
		{in: "@example.org", err: jid.ErrEmpty},
		{in: "user@", err: jid.ErrEmpty},
		{in: "user@/phone", err: jid.ErrEmpty},
		{in: "/phone", err: jid.ErrEmpty},
		{in: "user@example.org/", err: jid.ErrEmpty},
		{in: "a@b@c", err: jid.ErrInvalid},
		{in: long + "a@b", err: jid.ErrTooLong},
		{in: "a@" + long + "b", err: jid.ErrTooLong},
		{in: "a@b/" + long + "c", err: jid.ErrTooLong},
		{in: "a\xff@b", err: jid.ErrInvalid},
		{in: "a@b/\xed\xa0\x80", err: jid.ErrInvalid},
		{in: "a@b/c\nd", err: jid.ErrInvalid},
		{in: "a@b/c\x00", err: jid.ErrInvalid},
		{in: "a@b/\x7f", err: jid.ErrInvalid},
		{in: "a@b/\u0085", err: jid.ErrInvalid},
		{in: "a@b/\uffff", err: jid.ErrInvalid},
	} {
		got, err := jid.Parse(tt.in)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("Parse(%.60q) = %v, %v, want %v, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func TestParts(t *testing.T) {
	j := jid.MustParse("user@example.org/phone")
	if got := j.Bare(); got != jid.MustParse("user@example.org") || !got.IsBare() || j.IsBare() {
		t.Errorf("Bare() = %v", got)
	}
	if got := j.WithResource("desk").String(); got != "user@example.org/desk" {
		t.Errorf("WithResource = %s", got)
	}
	if !(jid.JID{}).IsZero() || j.IsZero() || (jid.JID{}).String() != "" {
		t.Error("the zero address is not zero")
	}
	if got := string(j.AppendTo([]byte("to "))); got != "to user@example.org/phone" {
		t.Errorf("AppendTo = %s", got)
	}
}

func TestCheckOfPartsPutTogether(t *testing.T) {
	for _, j := range []jid.JID{
		{},
		{Local: "a"},
		{Local: "a@b", Domain: "c"},
		{Local: "a/b", Domain: "c"},
		{Domain: "a/b"},
		{Domain: "a@b"},
		{Domain: "a", Resource: "\x01"},
		{Domain: strings.Repeat("a", jid.MaxPart+1)},
	} {
		if j.Check() == nil {
			t.Errorf("%#v passes", j)
		}
	}
}

func TestMustParsePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	jid.MustParse("@")
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a@b/c", "b", "b/c@d", "☃@p.test", "a@b/\xff", "@", "/", "a@@b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		j, err := jid.Parse(s)
		if err != nil {
			return
		}
		if j.String() != s {
			t.Errorf("Parse(%q) prints %q", s, j.String())
		}
		if err := j.Check(); err != nil {
			t.Errorf("Parse(%q) does not pass its own check: %v", s, err)
		}
	})
}

var sink string

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jid.Parse("#channel%irc.example.net@irc.example.org/nick"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkString(b *testing.B) {
	j := jid.MustParse("#channel%irc.example.net@irc.example.org/nick")
	b.ReportAllocs()
	for b.Loop() {
		sink = j.String()
	}
}
