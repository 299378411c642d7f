package irc_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"wherry/transports"
)

// A message of unknown outcome is looked for in what the network keeps: by who
// said it to whom, and what it says. That it is not there says nothing. IRC-B15
func TestFind(t *testing.T) {
	bob := transports.Address{Kind: transports.Contact, Name: "bob"}
	m := transports.Message{ID: "x", Chat: bob, Text: "*hello* there", Markup: true}
	const begin, end, at = "@label=%:irc.test BATCH +h chathistory bob", "BATCH -h", "@batch=h;time=2026-01-02T04:00:00.000Z;msgid="
	for name, tt := range map[string]struct {
		message transports.Message
		answer  []string
		id      string
	}{
		"there":     {m, []string{begin, at + "m1 :alice!a@h PRIVMSG bob :\x02hello\x02 there", end}, "m1"},
		"plainer":   {m, []string{begin, at + "m1 :Alice!a@h PRIVMSG Bob :hello there", end}, "m1"},
		"another's": {m, []string{begin, at + "known :alice!a@h PRIVMSG bob :hello there", at + "m2 :alice!a@h PRIVMSG bob :hello there", end}, "m2"},
		"within":    {m, []string{"@label=%:irc.test BATCH +l labeled-response", "@batch=l BATCH +h chathistory bob", at + "m1 :alice!a@h PRIVMSG bob :hello there", end, "BATCH -l"}, "m1"},
		"action": {transports.Message{Chat: bob, Text: "waves", Style: transports.Act},
			[]string{begin, at + "m1 :alice!a@h PRIVMSG bob :waves", at + "m2 :alice!a@h PRIVMSG bob :\x01ACTION waves\x01", end}, "m2"},
		"lines": {transports.Message{Chat: bob, Text: "two\nlines"}, []string{begin, "@batch=h;msgid=m1 :alice!a@h BATCH +l draft/multiline bob",
			"@batch=l :alice!a@h PRIVMSG bob :two", "@batch=l :alice!a@h PRIVMSG bob :lines", "@batch=h BATCH -l", end}, "m1"},
		"others": {m, []string{begin, at + "m1 :bob!b@h PRIVMSG alice :hello there", at + "m2 :alice!a@h NOTICE bob :hello there", at + "m3 :alice!a@h TAGMSG bob",
			at + "m4 :alice!a@h PRIVMSG bob :hello", "@batch=h :alice!a@h PRIVMSG bob :hello there", end}, ""},
		"nothing": {m, []string{begin, end}, ""},
		"refused": {m, []string{"@label=%FAIL CHATHISTORY INVALID_TARGET AFTER bob :No"}, ""},
		"unknown": {m, []string{"@label=%:irc.test 421 alice CHATHISTORY :What?"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alice, conn, _ := remember(t, transports.Saved{})
			since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			type result struct {
				sent *transports.Sent
				err  error
			}
			done := make(chan result, 1)
			go func() {
				sent, err := alice.Find(t.Context(), tt.message, since, func(id string) bool { return id == "known" })
				done <- result{sent, err}
			}()
			tag, ask := label(conn.Next())
			if ask != "CHATHISTORY AFTER bob timestamp=2026-01-02T03:04:00.000Z 40" {
				t.Errorf("the client asks %q", ask)
			}
			for _, line := range tt.answer {
				conn.Send(strings.Replace(line, "%", tag+" ", 1))
			}
			got := <-done
			if tt.id == "" {
				var e *transports.Error
				if got.sent != nil || !errors.As(got.err, &e) || e.Kind != transports.Unsupported {
					t.Errorf("found %+v, %v, want that nobody knows", got.sent, got.err)
				}
			} else if got.err != nil || got.sent == nil || len(got.sent.IDs) != 1 || got.sent.IDs[0] != tt.id {
				t.Errorf("found %+v, %v, want %s", got.sent, got.err, tt.id)
			}
			conn.Send(":bob!b@h PRIVMSG alice :last") // what was looked through is not handed on
			if m := next[transports.Received](alice).Message; m.Text != "last" {
				t.Errorf("received %+v", m)
			}
		})
	}
}

// Where the connection ends meanwhile, the next one may look.
func TestFindInterrupted(t *testing.T) {
	bob := transports.Address{Kind: transports.Contact, Name: "bob"}
	alice, conn, _ := remember(t, transports.Saved{})
	done := make(chan error, 1)
	go func() {
		_, err := alice.Find(t.Context(), transports.Message{Chat: bob, Text: "hello"}, time.Now(), nil)
		done <- err
	}()
	conn.Next()
	_ = conn.Close()
	if err := transports.AsError(<-done); !err.Temporary() {
		t.Errorf("the connection ends: %v", err)
	}
	_ = alice.end()
}

// What services are told comes back from no one.
func TestServicesShowNothing(t *testing.T) {
	alice, conn, _ := remember(t, transports.Saved{})
	for _, tt := range []struct {
		name   string
		echoes bool
	}{{"nickserv", false}, {"bob", true}} {
		sent, err := alice.Send(t.Context(), transports.Message{Chat: transports.Address{Kind: transports.Contact, Name: tt.name}, Text: "HELP"})
		if err != nil || sent.Echoes != tt.echoes {
			t.Errorf("to %s: %+v, %v", tt.name, sent, err)
		}
		conn.Next()
	}
}
