package component

import (
	"strings"
	"testing"
	"unicode/utf8"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// said is what goes to the network.
func TestSaid(t *testing.T) {
	oob := func(url string) stanza.Element { return stanza.E(nsOOB, "x", stanza.T(nsOOB, "url", url)) }
	fallback := func(start, end, of string) stanza.Element {
		return stanza.E(nsFallback, "fallback", stanza.E(nsFallback, "body").With("start", start).With("end", end)).With("for", of)
	}
	const url = "https://example.org/a.png"
	for _, tt := range []struct {
		body    string
		payload []stanza.Element
		want    string
		style   transports.Style
	}{
		{"hello", nil, "hello", transports.Say},
		{"", nil, "", transports.Say},
		{"/me waves", nil, "waves", transports.Act},
		{"/me", nil, "/me", transports.Say},
		{"/message", nil, "/message", transports.Say},
		{url, []stanza.Element{oob(url)}, url, transports.Say},
		{"", []stanza.Element{oob(url)}, url, transports.Say},
		{"look", []stanza.Element{oob(url)}, "look\n" + url, transports.Say},
		{"look", []stanza.Element{oob("")}, "look", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("0", "5", nsReply)}, "yes", transports.Say},
		{"> ä☃😀\nyes", []stanza.Element{fallback("0", "6", nsReply)}, "yes", transports.Say},
		{"yes > hi", []stanza.Element{fallback("3", "8", nsReply)}, "yes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("0", "99", nsReply)}, "> hi\nyes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("5", "0", nsReply)}, "> hi\nyes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("-1", "5", nsReply)}, "> hi\nyes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("a", "b", nsReply)}, "> hi\nyes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("0", "5", "urn:example:other")}, "> hi\nyes", transports.Say},
		{"> hi\n/me nods", []stanza.Element{fallback("0", "5", nsReply)}, "nods", transports.Act},
	} {
		m := &stanza.Message{Payload: append([]stanza.Element{stanza.T("", "body", tt.body)}, tt.payload...)}
		if got, style := said(m, "en"); got != tt.want || style != tt.style {
			t.Errorf("%q with %v says %q (%d), want %q", tt.body, tt.payload, got, style, tt.want)
		}
	}
}

// Whatever range a fallback names, the text stays whole runes of itself. MAIL-H5
func FuzzWithoutFallback(f *testing.F) {
	f.Add("> hi\nyes", "0", "5")
	f.Add("ä☃😀", "1", "2")
	f.Add("", "0", "0")
	f.Add("x", "9223372036854775807", "-9223372036854775808")
	f.Fuzz(func(t *testing.T, text, start, end string) {
		m := &stanza.Message{Payload: []stanza.Element{
			stanza.T("", "body", text),
			stanza.E(nsFallback, "fallback", stanza.E(nsFallback, "body").With("start", start).With("end", end)).With("for", nsReply),
		}}
		got := withoutFallback(m, text)
		if len(got) > len(text) || utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q without %s to %s is %q", text, start, end, got)
		}
		whole, _ := said(m, "")
		if want, _ := strings.CutPrefix(got, "/me "); whole != got && whole != want {
			t.Errorf("says %q, without the fallback it is %q", whole, got)
		}
	})
}

// A letter is no chat.
func TestLetter(t *testing.T) {
	from, to := jid.MustParse("nurse%irc.example.net@irc.example.org"), jid.MustParse("juliet@example.org")
	for letter, want := range map[bool]string{false: "chat", true: "normal"} {
		it := &item{Kind: itemMessage, ID: "1", Message: &transports.Message{Text: "hi", Letter: letter}}
		again, err := decodeItem(it.encode())
		if err != nil {
			t.Fatal(err)
		}
		if m := again.stanza(telling{from: from, user: to}); m.Type != want {
			t.Errorf("%v: %s", letter, m.Type)
		}
	}
}

// What is longer than a stanza may be is shown as far as it goes, not left out.
func TestShownFits(t *testing.T) {
	for _, text := range []string{strings.Repeat("&", 16<<10), strings.Repeat("&\"ä", 16<<10), strings.Repeat("x", 200<<10)} {
		from, to := jid.MustParse("nurse%irc.example.net@irc.example.org"), jid.MustParse("juliet@example.org")
		m := chatMessage(from, to, "1", transports.Message{Text: text})
		var w stanza.Writer
		if _, err := w.Append(nil, m); err != nil {
			t.Errorf("%d bytes: %v", len(text), err)
		}
		if got, _ := m.Body(""); !strings.HasPrefix(got, text[:8000]) || !strings.HasSuffix(got, "…") {
			t.Errorf("%d bytes are shown as %d", len(text), len(got))
		}
	}
}
