package irc_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

// How long a network is left alone is by why it closed the connection, and what it
// said is told. IRC-M1
func TestClosedBeforeWelcome(t *testing.T) {
	t.Parallel()
	server := irctest.Listen(t)
	for _, tt := range []struct {
		lines []string
		kind  transports.ErrorKind
		after time.Duration
	}{
		{[]string{"ERROR :Too many host connections (global)"}, transports.Busy, 5 * time.Minute},
		{[]string{"ERROR :All connections in use"}, transports.Full, 2 * time.Minute},
		{[]string{"ERROR :Server going down"}, transports.Unreachable, 10 * time.Second},
		{[]string{"ERROR :Registration timed out"}, transports.Unreachable, 0},
		{[]string{"ERROR :You have been D-lined."}, transports.Forbidden, 6 * time.Hour},
		{[]string{":irc.test 465 alice :You may not be here", "ERROR :Throttled"}, transports.Forbidden, 6 * time.Hour},
		{[]string{":irc.test 463 alice :Your host isn't among the privileged", "ERROR :Bye"}, transports.Forbidden, 6 * time.Hour},
		{[]string{":irc.test 465 alice :Too many connections from your host", "ERROR :Bye"}, transports.Busy, 5 * time.Minute},
		{[]string{"ERROR :Access denied: Bad password?"}, transports.Credentials, 0},
	} {
		alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
		conn := server.Accept()
		conn.Send(tt.lines...)
		err := alice.end()
		wantKind(t, err, tt.kind)
		_, words, _ := strings.Cut(tt.lines[0], " :")
		if e := transports.AsError(err); e.After != tt.after || !strings.Contains(e.Text.String(), words) {
			t.Errorf("%s: after %v, %v", tt.lines[0], e.After, e)
		}
		var field *transports.FieldError
		if errors.As(err, &field) != (tt.kind == transports.Credentials) {
			t.Errorf("%s: %v", tt.lines[0], err)
		}
	}
}

// Who was there is put out for good by a ban only.
func TestClosedLater(t *testing.T) {
	t.Parallel()
	for words, kind := range map[string]transports.ErrorKind{
		"Closing Link: 192.0.2.1 (K-Lined)":                 transports.Forbidden,
		"Closing Link: 192.0.2.1 (Server Terminating)":      transports.Unreachable,
		"Closing Link: 192.0.2.1 (Throttled)":               transports.Unreachable,
		"Closing Link: 192.0.2.1 (Bad password)":            transports.Unreachable,
		"Closing Link: 192.0.2.1 (Too many connections)":    transports.Unreachable,
		"Closing Link: 192.0.2.1 (Killed (oper (K-lined)))": transports.Unreachable,
	} {
		alice, conn := meet(t)
		conn.Send("ERROR :" + words)
		wantKind(t, alice.end(), kind)
	}
}

// Who comes too fast waits longer each time: at first as long as somebody waits to
// be let in, at once longer where they had been in.
func TestThrottledMore(t *testing.T) {
	t.Parallel()
	server := irctest.Listen(t)
	tr := plainly(server)
	session, err := tr.Open(transports.Account{Key: "alice", Scope: irctest.Host, Settings: transports.Settings{"nick": "alice"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	refused := func() time.Duration {
		t.Helper()
		alice := run(t, session, func(transports.Batch) {})
		server.Accept().Send("ERROR :Trying to reconnect too fast.")
		err := alice.end()
		wantKind(t, err, transports.Busy)
		return transports.AsError(err).After
	}
	for i, want := range []time.Duration{3 * time.Second, 3 * time.Second, 3 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
		if got := refused(); got != want {
			t.Errorf("the %dth time, after %v, want %v", i+1, got, want)
		}
	}
	alice := run(t, session, func(transports.Batch) {})
	conn := server.Accept()
	conn.Welcome()
	await[transports.Online](alice)
	conn.Send("ERROR :Closing Link: 192.0.2.1 (Ping timeout)")
	wantKind(t, alice.end(), transports.Unreachable)
	for _, want := range []time.Duration{time.Minute, 2 * time.Minute} {
		if got := refused(); got != want {
			t.Errorf("after it was let in, after %v, want %v", got, want)
		}
	}
}
