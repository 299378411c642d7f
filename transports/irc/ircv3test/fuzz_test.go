package ircv3test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// message-tags "Format" and "Escaping values"; RFC 1459 §2.3.1.
func TestParseLine(t *testing.T) {
	t.Parallel()
	many := make([]string, 0, 15)
	for i := range 14 {
		many = append(many, string(rune('a'+i)))
	}
	for _, c := range []struct {
		text string
		want line
		fine bool
	}{
		{"privmsg #a hello", line{verb: "PRIVMSG", params: []string{"#a", "hello"}}, true},
		{"PRIVMSG   #a   : a b ", line{verb: "PRIVMSG", params: []string{"#a", " a b "}}, true},
		{":a!b@c PRIVMSG #a :", line{source: "a!b@c", verb: "PRIVMSG", params: []string{"#a", ""}}, true},
		{`@a=1;b;+c/d=x\:\s\\\r\ny;e= TAGMSG x`, line{tags: []tag{{"a", "1"}, {"b", ""}, {"+c/d", "x; \\\r\ny"}, {"e", ""}}, verb: "TAGMSG", params: []string{"x"}}, true},
		{`@a=test\;b=\b;a=2 X`, line{tags: []tag{{"b", "b"}, {"a", "2"}}, verb: "X"}, true},
		{"@a=\xff;b=1 X", line{tags: []tag{{"a", ""}, {"b", "1"}}, verb: "X"}, true},
		{"X " + strings.Join(many, " ") + " o p", line{verb: "X", params: append(many, "o p")}, true},
		{"", line{}, false},
		{"@a=1", line{}, false},
		{":x", line{}, false},
		{"A-B", line{}, false},
		{"X a\x00b", line{}, false},
	} {
		got, err := parseLine(c.text)
		if (err == nil) != c.fine || err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, %v, want %+v", c.text, got, err, c.want)
		}
	}
}

// What is parsed is parsed the same once it is printed, and a value survives
// its escapes.
func FuzzParseLine(f *testing.F) {
	for _, text := range []string{
		"@a=1;+b=x\\s;c :n!u@h PRIVMSG #a :hello there", "NICK x", "a b c d e f g h i j k l m n o p q r s", "@;=; X ::", "@a=\\ X :", "X : ",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			if got := unescape(escape(text)); got != text {
				t.Errorf("%q becomes %q", text, got)
			}
		}
		if strings.ContainsAny(escape(text), "; \r\n") {
			t.Errorf("%q is not escaped: %q", text, escape(text))
		}
		first, err := parseLine(text)
		if err != nil {
			return
		}
		if len(first.params) > maxParams {
			t.Errorf("%d parameters", len(first.params))
		}
		second, err := parseLine(first.String())
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%q: %+v, then %q: %+v, %v", text, first, first.String(), second, err)
		}
	})
}

// No line of a client brings the server down or breaks its own lines.
func FuzzServer(f *testing.F) {
	for _, text := range []string{
		"MODE #a +ovbkl-i b c d e 5", "CHATHISTORY BETWEEN #a msgid=1 timestamp=2026-01-01T00:00:00.000Z 5", "@label=x JOIN #b,,#c k,", "BATCH +1 draft/multiline #a\n@batch=1 PRIVMSG #a :\nBATCH -1",
		"WHO #a %tcuihsnfdlaor,12", "MONITOR + a,b,,c", "CAP REQ :-batch sasl", "AUTHENTICATE PLAIN\nAUTHENTICATE +", "REDACT #a 1", "PRIVMSG @&~#a,&b :x", "WHOIS a b", "NICK ]", "MARKREAD #a timestamp=", "KICK #a me", "JOIN 0", "REGISTER * * x", "BOUNCER BIND", "BATCH :", "MODE : +b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := New(Config{Networks: []BouncerNetwork{{ID: "1"}}, Registration: "before-connect"})
		p := s.Puppet("me")
		p.Join("#a")
		other := s.Puppet("other")
		other.Join("#a")
		for line := range strings.SplitSeq(text, "\n") {
			p.Do(line)
		}
		p.Quit("")
		for _, line := range append(p.Told(), other.Told()...) {
			l, err := parseLine(line)
			_, rest, _ := strings.Cut(" "+line, " :")
			if err != nil || l.source == "" && l.verb != "ERROR" && l.verb != "AUTHENTICATE" || len(rest) > maxRest {
				t.Errorf("%q makes the server say %q: %v", text, line, err)
			}
		}
	})
}
