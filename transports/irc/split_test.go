package irc

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"wherry/transports"
)

func newSplitter(nick string) *Session {
	return &Session{who: identity{nick: nick, rare: &usual}}
}

// IRC-B16
func TestSplit(t *testing.T) {
	s := newSplitter("alice")
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"one", "hello", []string{"hello"}},
		{"lines", "one\n\ntwo\r\n three", []string{"one", "two", " three"}},
		{"nothing", "\n\n", []string{" "}},
		{"control characters", "a\x00\x01b\tc", []string{"ab\tc"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, part := range s.Split(transports.Message{Text: tt.text}) {
				got = append(got, part.Text)
			}
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("Split(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
	parts := s.Split(transports.Message{Style: transports.Act, Text: "waves\nand goes"})
	if parts[0].Style != transports.Act || parts[1].Style != transports.Say {
		t.Errorf("an action of two lines is %v, %v", parts[0].Style, parts[1].Style)
	}
	parts = s.Split(transports.Message{Markup: true, Text: "*a*\n```go\n*b*\n```\n*c*"})
	for i, want := range []bool{true, false, false, false, true} {
		if parts[i].Markup != want {
			t.Errorf("line %d beside a block: markup %v", i, parts[i].Markup)
		}
	}
	words := strings.Repeat("word ", 200)
	for _, part := range s.Split(transports.Message{Text: words})[:2] {
		if !strings.HasSuffix(part.Text, "word ") {
			t.Errorf("a word is cut: %q", part.Text)
		}
	}
}

// TestSplitHolds says that every part is a line that others receive whole, and
// that the parts together say what was to be said.
func TestSplitHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := transports.Message{
			Chat:   transports.Address{Kind: transports.Room, Name: "#" + rapid.StringMatching(`[a-zä]{1,60}`).Draw(t, "room")},
			Text:   rapid.OneOf(rapid.StringN(0, -1, 3000), rapid.StringMatching(`([a-zäö€𝄞]{1,30} ?|\n){0,30}`)).Draw(t, "text"),
			Style:  rapid.SampledFrom([]transports.Style{transports.Say, transports.Act, transports.Notice}).Draw(t, "style"),
			Markup: rapid.Bool().Draw(t, "markup"),
		}
		checkSplit(t, m, rapid.StringMatching(`[a-z]{1,40}`).Draw(t, "nick"))
	})
}

func FuzzSplit(f *testing.F) {
	f.Add("hello\nworld", "alice")
	f.Add(strings.Repeat("ä", 600), "b")
	f.Fuzz(func(t *testing.T, text, nick string) {
		if utf8.ValidString(text) && validNick(nick) {
			checkSplit(t, transports.Message{Chat: transports.Address{Kind: transports.Room, Name: "#room"}, Text: text}, nick)
		}
	})
}

func checkSplit(t interface{ Fatalf(string, ...any) }, m transports.Message, nick string) {
	var said strings.Builder
	for _, part := range newSplitter(nick).Split(m) {
		text := part.Text
		if part.Style == transports.Act {
			text = "\x01ACTION " + text + "\x01"
		}
		source := ":" + nick + "!" + strings.Repeat("u", longestUser) + "@" + strings.Repeat("h", longestHost) + " "
		line, err := appendLine([]byte(source), "PRIVMSG", part.Chat.Name, text)
		if err != nil || len(line) > maxLine {
			t.Fatalf("the part %q makes a line of %d bytes, %v", part.Text, len(line), err)
		}
		if !utf8.ValidString(part.Text) {
			t.Fatalf("the part %q is cut within a character", part.Text)
		}
		if part.Text != " " {
			said.WriteString(part.Text)
		}
	}
	want := strings.ReplaceAll(printable(strings.ReplaceAll(m.Text, "\n", "\t\t")), "\t\t", "")
	if got := strings.ReplaceAll(said.String(), "\t\t", ""); strings.Trim(got, " ") != strings.Trim(want, " ") {
		t.Fatalf("%q is said as %q", want, got)
	}
}
