package irc_test

import (
	"context"
	"testing"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

// Whom the user wants to see is watched, on the next connection too.
func TestMonitor(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	people := []transports.Address{nick("bob"), nick("carol"), channel("#room"), nick("dave")}
	if err := alice.Watch(t.Context(), people[:3]); err != nil {
		t.Fatal(err)
	}
	conn := server.Accept()
	admit(conn, "message-tags away-notify extended-monitor", "MONITOR=2")
	wantLine(t, conn, "MONITOR + bob,carol")
	next[transports.Online](alice)
	next[transports.Able](alice)
	conn.Send(":irc.test 730 alice :Bob!b@h", ":irc.test 731 alice :carol,stranger", ":Bob!b@h AWAY :at lunch", ":Bob!b@h AWAY", ":stranger!s@h AWAY :x")
	for _, want := range []transports.Available{
		{Contact: nick("bob"), Nick: "Bob", Here: true}, {Contact: nick("carol")},
		{Contact: nick("bob"), Nick: "Bob", Here: true, Away: true, Text: "at lunch"}, {Contact: nick("bob"), Nick: "Bob", Here: true},
	} {
		if got := next[transports.Available](alice); got != want {
			t.Errorf("told %+v, want %+v", got, want)
		}
	}
	if err := alice.Watch(t.Context(), people[1:]); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "MONITOR - bob")
	wantLine(t, conn, "MONITOR + dave")
	if err := alice.Watch(t.Context(), people[1:]); err != nil {
		t.Fatal(err)
	}
	conn.Send(":irc.test 734 alice 2 dave :Monitor list is full", ":irc.test 730 alice dave!d@h", ":irc.test 730 alice carol!d@h")
	if got := next[transports.Available](alice); got.Contact != nick("carol") || !got.Here {
		t.Errorf("told %+v", got)
	}
}

// What could not be told is told with the next change.
func TestUntold(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	admit(conn, "away-notify", "MONITOR=9")
	next[transports.Online](alice)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if alice.Watch(over, []transports.Address{nick("bob")}) == nil || alice.SetAway(over, "lunch") == nil {
		t.Fatal("it is said to be done")
	}
	if err := alice.Watch(t.Context(), []transports.Address{nick("bob")}); err != nil {
		t.Fatal(err)
	}
	if err := alice.SetAway(t.Context(), "lunch"); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "MONITOR + bob")
	wantLine(t, conn, "AWAY lunch")
}

func TestNoMonitor(t *testing.T) {
	alice, conn := meet(t)
	if err := alice.Watch(t.Context(), []transports.Address{nick("bob")}); err != nil {
		t.Fatal(err)
	}
	conn.Send("PING :barrier")
	conn.Expect("PONG barrier")
}
