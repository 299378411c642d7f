package irc_test

import (
	"fmt"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

// met runs alice on a server that knows WHOX, in #room with others.
func met(t *testing.T, others ...string) (*life, *irctest.Conn) {
	t.Helper()
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	admit(conn, "away-notify extended-join setname", "WHOX BOT=B")
	next[transports.Online](alice)
	letIn(alice, conn, others...)
	return alice, conn
}

// Who is in a channel is asked when it was joined, so that accounts are known
// from the start; what is new is told in one go. IRC-M18, IRC-B10
func TestWho(t *testing.T) {
	alice, conn := met(t, "bob", "@carol", "dave")
	conn.Expect("WHO #room %tuhnfar,733")
	conn.Send(
		":irc.test 354 alice 733 a h alice H 0 :Alice",
		":irc.test 354 alice 733 b host.test bob HB bobby :Bob the Builder",
		":irc.test 354 alice 733 c host.test carol G@ 0 carol",
		":irc.test 354 alice 999 d host.test dave G forged :Forged", // the answer to another question
		":irc.test 315 alice #Room :End",
	)
	changed := next[transports.Changed](alice)
	got := map[string]transports.Occupant{}
	for _, o := range changed.Occupants {
		got[o.Nick] = o
	}
	if changed.Room != channel("#room") || got["bob"].Key != "bobby" || !got["bob"].Account || !got["bob"].Bot || got["carol"].Account || !got["carol"].Away || got["carol"].Key != "c@host.test" || got["carol"].Rank != transports.Op {
		t.Errorf("told %+v", changed)
	}
	if _, told := got["dave"]; told {
		t.Errorf("told of dave: %+v", got["dave"])
	}
	if name := alice.RealName(nick("bob")); name != "Bob the Builder" {
		t.Errorf("bob is called %q", name)
	}
	if name := alice.RealName(nick("carol")); name != "" {
		t.Errorf("carol is called %q", name)
	}
	conn.Send(":bob!b@host.test SETNAME :\x02Bob\x02 the Baker", ":eve!e@h JOIN #room eve :Evelyn", ":bob!b@host.test NICK rob")
	next[transports.Entered](alice)
	next[transports.Renamed](alice)
	if name := alice.RealName(nick("rob")); name != "Bob the Baker" {
		t.Errorf("bob is called %q", name)
	}
	if name := alice.RealName(nick("eve")); name != "Evelyn" {
		t.Errorf("eve is called %q", name)
	}
	conn.Send(":eve!e@h QUIT :bye")
	next[transports.Left](alice)
	if name := alice.RealName(nick("eve")); name != "" {
		t.Errorf("eve, who is gone, is called %q", name)
	}
}

// Channels are asked for one after the other, large ones not at all, and none
// any more where the network refuses.
func TestWhoIsPaced(t *testing.T) {
	alice, conn := met(t, "bob")
	conn.Expect("WHO #room *")
	enter := func(name string, people int) {
		t.Helper()
		conn.Send(":alice!a@h JOIN " + name + " * :x")
		conn.Expect("MODE " + name)
		for i := range people {
			conn.Send(fmt.Sprintf(":irc.test 353 alice = %s :alice u%d", name, i))
		}
		conn.Send(":irc.test 366 alice " + name + " :End")
		next[transports.Joined](alice)
	}
	enter("#large", 300)
	enter("#one", 1)
	enter("#two", 1)
	enter("#gone", 1)
	conn.Send(":alice!a@h PART #gone", ":irc.test 315 alice #room :End")
	conn.Expect("WHO #one *")
	conn.Send(":irc.test 263 alice WHO :Too many", ":irc.test 315 alice #one :End", "PING :barrier")
	conn.Expect("PONG barrier") // and not of #two
}

// A person's clock is asked by CTCP, and answers are no lines. IRC-B25
func TestClock(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob")
	for answer, kind := range map[string]transports.ErrorKind{"Fri, 31 Jul 2026 12:00:00 +0200": 0, "late": transports.Unsupported} {
		type reply struct {
			at  time.Time
			err error
		}
		got := make(chan reply, 1)
		go func() {
			at, err := alice.Clock(t.Context(), nick("bob"))
			got <- reply{at, err}
		}()
		wantLine(t, conn, "PRIVMSG bob \x01TIME\x01")
		conn.Send(":bob!b@h NOTICE alice :\x01TIME " + answer + "\x01")
		r := <-got
		if kind != 0 {
			wantKind(t, r.err, kind)
			continue
		}
		if r.err != nil || !r.at.Equal(time.Date(2026, 7, 31, 10, 0, 0, 0, time.UTC)) || r.at.Format("-07:00") != "+02:00" {
			t.Errorf("it is %v, %v", r.at, r.err)
		}
	}
}

// A program that asks where ours comes from is told. IRC-B25
func TestSource(t *testing.T) {
	_, conn := meet(t)
	conn.Send(":bob!b@h PRIVMSG alice :\x01SOURCE\x01")
	wantLine(t, conn, "NOTICE bob :\x01SOURCE Wherry, a gateway: the Go module wherry\x01")
}

// Who we are ourselves is told when we come in. XEP-0317
func TestOwnAccount(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	admit(conn, "extended-join", "")
	next[transports.Online](alice)
	conn.Send(":alice!a@h JOIN #room al :Alice", ":irc.test 353 alice = #room :alice bob", ":irc.test 366 alice #room :End")
	for _, o := range next[transports.Joined](alice).Occupants {
		if mine := o.Nick == "alice"; o.Account != mine || mine && o.Key != "al" {
			t.Errorf("in the room is %+v", o)
		}
	}
}
