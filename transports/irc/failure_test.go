package irc

import (
	"context"
	"errors"
	"strings"
	"testing"

	"wherry/transports"
)

func TestRefusals(t *testing.T) {
	for code, want := range map[string]transports.ErrorKind{
		"263": transports.Busy, "401": transports.NotFound, "403": transports.NotFound, "404": transports.Forbidden,
		"405": transports.Busy, "417": transports.TooLong, "421": transports.Unsupported, "432": transports.Malformed, "433": transports.Conflict,
		"437": transports.Conflict, "438": transports.Busy, "441": transports.NotFound, "442": transports.Absent,
		"443": transports.Conflict, "471": transports.Full, "473": transports.Uninvited, "474": transports.Forbidden,
		"475": transports.PasswordWant, "476": transports.Malformed, "477": transports.Uninvited, "479": transports.Malformed,
		"482": transports.Forbidden, "499": transports.Forbidden,
	} {
		var l line
		l.parse(":s " + code + " alice #room :The \x02server's\x02 words")
		err := refusal(&l, "#room")
		if err.Kind != want {
			t.Errorf("%s means %v, want %v", code, err.Kind, want)
		}
		if text := err.Text.String(); text == "" || strings.ContainsAny(text, "\x02%") {
			t.Errorf("%s says %q", code, text)
		}
	}
}

// TestBlame says which request a refusal answers: the oldest it can mean.
func TestBlame(t *testing.T) {
	c := newTestConn(t, nil)
	requests := make(map[string]*request)
	for _, r := range []*request{
		{verb: "JOIN", room: "#a"}, {verb: "TOPIC", room: "#room"}, {verb: "KICK", room: "#room", nick: "bob"},
		{verb: "NICK", nick: "alix"}, {verb: "INVITE", room: "#room", nick: "carol"},
	} {
		r.done = make(chan error, 1)
		requests[r.verb] = r
	}
	for _, tt := range []struct{ text, verb string }{
		{":s 475 alice #A :key", "JOIN"},
		{":s 482 alice #room :no", "TOPIC"},
		{":s 441 alice Bob #other :not there", "KICK"},
		{":s 433 alice whoever :taken", "NICK"},
		{":s 447 alice :not now", "NICK"},
		{":s 401 alice carol :nobody", "INVITE"},
		{":s 263 alice INVITE :later", "INVITE"},
		{":s 421 alice KICK :what", "KICK"},
		{":s 404 alice #elsewhere :no", ""},
		{":s 442 alice #a :you are not there", ""}, // the channel's modes were asked for, once in
		{":s 499", ""},
	} {
		c.requests = []*request{requests["JOIN"], requests["TOPIC"], requests["KICK"], requests["NICK"], requests["INVITE"]}
		var l line
		l.parse(tt.text)
		got := ""
		if r := c.blamed(&l); r != nil {
			got = r.verb
		}
		if got != tt.verb {
			t.Errorf("%q blames %q, want %q", tt.text, got, tt.verb)
		}
	}
}

func TestRecentMessages(t *testing.T) {
	var got []transports.Event
	c := newTestConn(t, func(b transports.Batch) { got = append(got, b.Events...) })
	got = nil
	chat := func(nick string) transports.Address {
		return transports.Address{Kind: transports.Contact, Scope: "irc.example", Name: nick}
	}
	var ids []string
	for range 2 * maxRecent {
		for _, nick := range []string{"nobody[]", "other"} {
			sent, err := c.say(context.Background(), transports.Message{Chat: chat(nick), Text: "x"})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, sent.IDs...)
		}
	}
	if len(c.recent) != maxRecent {
		t.Errorf("%d messages are remembered", len(c.recent))
	}
	for range maxRecent {
		c.feedLines(t, ":s 401 alice Nobody{} :none")
	}
	if len(got) != maxRecent/2 {
		t.Fatalf("%d messages failed, want %d", len(got), maxRecent/2)
	}
	first, last := got[0].(transports.Status), got[len(got)-1].(transports.Status)
	if first.ID != ids[30] || last.ID != ids[24] || first.Chat != chat("nobody[]") {
		t.Errorf("failed %+v, then %+v", first, last)
	}
}

func TestDialErrors(t *testing.T) {
	err := dialError("irc.example", nil)
	var e *transports.Error
	if !errors.As(err, &e) || e.Text.String() != "No port is set for irc.example." {
		t.Errorf("no port: %v", err)
	}
	if err := dialError("irc.example", errHandshake); !strings.Contains(err.Error(), "does not speak TLS") {
		t.Errorf("no TLS: %v", err)
	}
}
