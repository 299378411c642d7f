package irc_test

import (
	"fmt"
	"testing"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
)

// Messages of one line go out together, in order, up to the first that must go
// alone, and no more than the pace allows.
func TestSendMany(t *testing.T) {
	server := irctest.Listen(t)
	tr := irc.New(irc.Config{PlainPorts: []int{server.Port()}, AllowPrivateHosts: true, ThrottleLimit: 20})
	alice := live(t, tr, transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Welcome()
	next[transports.Online](alice)
	letIn(alice, conn, "bob")
	var many transports.Merger = alice.Session
	say := func(texts ...string) (ms []transports.Message) {
		for _, text := range texts {
			ms = append(ms, transports.Message{Chat: channel("#room"), Text: text})
		}
		return ms
	}
	for _, tt := range []struct {
		ms   []transports.Message
		want int
	}{
		{append(say("one", "two"), transports.Message{Chat: nick("bob"), Text: "three"}), 3},
		{append(say("four", "five\nsix"), say("seven")...), 1},
		{append(say("eight"), transports.Message{Chat: channel("#other"), Text: "nine"}), 1},
		{say("ten\neleven", "twelve"), 0},
	} {
		n, sent, err := many.SendMany(t.Context(), tt.ms)
		if n != tt.want || len(sent) != n || err != nil {
			t.Fatalf("SendMany(%v) = %d, %v, %v", tt.ms, n, sent, err)
		}
		ids := map[string]bool{}
		for i, m := range tt.ms[:n] {
			to := "#room"
			if m.Chat.Kind == transports.Contact {
				to = "bob"
			}
			wantLine(t, conn, "PRIVMSG "+to+" "+m.Text)
			ids[sent[i].IDs[0]] = true
		}
		if len(ids) != n {
			t.Errorf("the ids of %d messages: %v", n, ids)
		}
	}
	var flood []string
	for i := range 60 {
		flood = append(flood, fmt.Sprint("flood", i))
	}
	if n, _, err := many.SendMany(t.Context(), say(flood...)); err != nil || n < 1 || n > 20 {
		t.Errorf("%d of a flood went out at once, %v", n, err)
	}
	conn.Close()
	if err := alice.end(); err == nil {
		t.Error("the connection does not end")
	}
	if n, sent, err := many.SendMany(t.Context(), say("a", "b")); n != 0 || sent != nil || err != nil {
		t.Errorf("without a connection: %d, %v, %v", n, sent, err)
	}
}
