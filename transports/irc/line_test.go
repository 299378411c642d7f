package irc

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ergochat/irc-go/ircmsg"
)

func TestParseLine(t *testing.T) {
	for _, tt := range []struct {
		text, source, verb string
		params             []string
	}{
		{"PING :a b", "", "PING", []string{"a b"}},
		{":nick!u@h privmsg  #c :hello  there", "nick!u@h", "PRIVMSG", []string{"#c", "hello  there"}},
		{"@a=b;c :s  001 me ", "s", "001", []string{"me"}},
		{"  JOIN #c", "", "JOIN", []string{"#c"}},
		{"MODE #c +o :", "", "MODE", []string{"#c", "+o", ""}},
		{"X a:b :c:d", "", "X", []string{"a:b", "c:d"}},
	} {
		var l line
		if !l.parse(tt.text) || l.source != tt.source || l.verb != tt.verb || !slices.Equal(l.params, tt.params) {
			t.Errorf("parse(%q) = %q %q %q", tt.text, l.source, l.verb, l.params)
		}
	}
	for _, text := range []string{"", " ", ":", ":a", "@a", "@a :b", ":a "} {
		if new(line).parse(text) {
			t.Errorf("parse(%q) takes it for a line", text)
		}
	}
}

func TestTags(t *testing.T) {
	var l line
	l.parse(`@time=2020;msgid=a\:b\s\\;+x;empty= :s PING x`)
	for name, want := range map[string]string{"time": "2020", "msgid": `a;b \`, "+x": "", "empty": "", "none": ""} {
		if got := l.tag(name); got != want {
			t.Errorf("tag(%q) = %q, want %q", name, got, want)
		}
	}
}

// FuzzLine holds the parser to that of irc-go, where both take a line.
func FuzzLine(f *testing.F) {
	for _, s := range []string{"PING :x", "@a=b :c D e :f g", ":a!b@c PRIVMSG #d ::e", "@ :  001 a  b", "x y :"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var l line
		ok := l.parse(text)
		want, err := ircmsg.ParseLine(text)
		if err != nil || !ok || strings.HasPrefix(text, " ") || strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\r") {
			return
		}
		if l.source != want.Source || l.verb != want.Command {
			t.Fatalf("%q: %q %q, want %q %q", text, l.source, l.verb, want.Source, want.Command)
		}
		if n := min(len(want.Params), maxParams); !slices.Equal(l.params[:min(n, len(l.params))], want.Params[:n]) {
			t.Fatalf("%q: %q, want %q", text, l.params, want.Params)
		}
	})
}

func TestAppendLineRefuses(t *testing.T) {
	for _, params := range [][]string{
		{"a\r\nQUIT"}, {"a\nb"}, {"a\x00"}, {"a b", "c"}, {"", "c"}, {":a", "c"}, {strings.Repeat("x", 510)},
	} {
		if line, err := appendLine([]byte("before"), "X", params...); !errors.Is(err, errBadLine) || string(line) != "before" {
			t.Errorf("appendLine(%q) = %q, %v", params, line, err)
		}
	}
}

// FuzzAppendLine says that what is written is one line, and read as it was meant.
func FuzzAppendLine(f *testing.F) {
	f.Add("#c", "text")
	f.Add("a b", ":x\r\n")
	f.Fuzz(func(t *testing.T, first, second string) {
		written, err := appendLine(nil, "X", first, second)
		if err != nil {
			return
		}
		text, ok := strings.CutSuffix(string(written), "\r\n")
		if !ok || strings.ContainsAny(text, "\r\n\x00") || len(written) > maxLine {
			t.Fatalf("%q is no line", written)
		}
		var l line
		if !l.parse(text) || !slices.Equal(l.params, []string{first, second}) {
			t.Fatalf("%q is read as %q", written, l.params)
		}
	})
}

func TestLines(t *testing.T) {
	var ls lines
	var got []string
	take := func(text []byte) { got = append(got, string(text)) }
	for _, input := range []string{"on", "e\r\ntwo\nth", "r\x00ee", "\r", "\n", "\n"} {
		if err := ls.feed([]byte(input), take); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"one", "two", "three", ""}; !slices.Equal(got, want) {
		t.Errorf("lines %q, want %q", got, want)
	}
	if ls.rest != nil {
		t.Errorf("a buffer of %d bytes is held between lines", cap(ls.rest))
	}
	long := []byte(strings.Repeat("x", maxInput+1))
	if err := ls.feed(long, take); !errors.Is(err, errEndless) {
		t.Errorf("an endless line: %v", err)
	}
	if err := new(lines).feed(append(long, '\n'), take); !errors.Is(err, errEndless) {
		t.Errorf("a line too long: %v", err)
	}
}

// FuzzLines says that it does not matter how input is cut.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\r\nb\nc"), 2)
	f.Fuzz(func(t *testing.T, input []byte, at int) {
		read := func(inputs ...[]byte) (got []string) {
			var ls lines
			for _, in := range inputs {
				_ = ls.feed(in, func(text []byte) { got = append(got, string(text)) })
			}
			return got
		}
		if at < 0 || at > len(input) || len(input) > maxInput {
			return
		}
		if whole, cut := read(input), read(input[:at], input[at:]); !slices.Equal(whole, cut) {
			t.Fatalf("%q, cut at %d: %q and %q", input, at, whole, cut)
		}
	})
}

// IRC-B21
func TestDecode(t *testing.T) {
	for _, tt := range []struct{ charset, raw, want string }{
		{"", "grüße", "grüße"},
		{"", "gr\xfc\xdfe \x80", "grüße €"},
		{"iso-8859-15", "\xa4", "€"},
		{"koi8-r", "\xd0\xd2\xc9", "при"},
	} {
		charset, err := parseEncoding(fieldEncoding, tt.charset)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode([]byte(tt.raw), charset); got != tt.want {
			t.Errorf("decode(%q) by %s = %q, want %q", tt.raw, tt.charset, got, tt.want)
		}
	}
	if _, err := parseEncoding(fieldEncoding, "klingon"); err == nil {
		t.Error("an encoding that is none")
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, c := range charsets {
		if !utf8.ValidString(decode(all, c.charset)) {
			t.Errorf("%s yields what is not UTF-8", c.name)
		}
	}
}
