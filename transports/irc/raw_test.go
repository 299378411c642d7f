package irc_test

import (
	"context"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

// network is the address of the network itself.
var network = transports.Address{Kind: transports.Network, Scope: irctest.Host}

// A line of the user's own goes out as it is, and what the server says to it is
// shown as the network's words, in one message where it comes at once. IRC-B24
func TestRawLine(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob")
	for _, m := range alice.Split(transports.Message{Chat: network, Text: "WHOIS bob\nMOTD", Markup: true}) {
		if _, err := alice.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	wantLine(t, conn, "WHOIS bob")
	wantLine(t, conn, "MOTD")
	conn.Send(":irc.test 311 alice bob b h * :Bob \x02the\x02 sailor", ":irc.test 318 alice bob :End of WHOIS", ":irc.test NOTICE alice :*** Note", ":bob!b@h PRIVMSG #room :hi")
	if m := next[transports.Received](alice).Message; m.Chat != network || m.Text != "bob b h * Bob *the* sailor\nbob End of WHOIS\nalice *** Note" && m.Text != "bob b h * Bob *the* sailor\nbob End of WHOIS\n*** Note" {
		t.Errorf("shown %+v", m)
	}
	if m := await[transports.Received](alice).Message; m.Chat != channel("#room") {
		t.Errorf("then %+v", m)
	}
	flood := make([]string, 300)
	for i := range flood {
		flood[i] = ":irc.test 372 alice :- " + strings.Repeat("m", 80)
	}
	conn.Send(append(flood, ":bob!b@h PRIVMSG #room :still there")...)
	shown := 0
	for {
		m := next[transports.Received](alice).Message
		if m.Chat != network {
			break
		}
		if len(m.Text) > 5000 {
			t.Errorf("%d bytes in one message", len(m.Text))
		}
		shown += 1 + strings.Count(m.Text, "\n")
	}
	if shown > 200 {
		t.Errorf("%d lines are shown", shown)
	}
}

func TestRawLineRefused(t *testing.T) {
	alice, conn := meet(t)
	for text, kind := range map[string]transports.ErrorKind{
		"": transports.Malformed, " ": transports.Malformed, "a\nQUIT": transports.Malformed, "@x=1 PRIVMSG a :b": transports.Malformed,
		":me PRIVMSG a :b": transports.Malformed, "quit :bye": transports.NotAllowed, "JOIN #x": transports.NotAllowed, "cap REQ :x": transports.NotAllowed,
		"PRIVMSG bob :" + strings.Repeat("x", 600): transports.TooLong,
	} {
		_, err := alice.Send(t.Context(), transports.Message{Chat: network, Text: text})
		wantKind(t, err, kind)
	}
	letIn(alice, conn) // and nothing went out before
}

// What answers the gateway's own requests is not shown, nor what comes without
// a line of the user's.
func TestRawLineBesideRequests(t *testing.T) {
	alice, conn := meet(t)
	if _, err := alice.Send(t.Context(), transports.Message{Chat: network, Text: "VERSION"}); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "VERSION")
	letIn(alice, conn, "bob") // its numerics are no message
	conn.Send(":irc.test 324 alice #room +nt", ":irc.test 351 alice test-1 irc.test :x")
	next[transports.RoomConfig](alice)
	if m := next[transports.Received](alice).Message; !strings.HasSuffix(m.Text, "test-1 irc.test x") {
		t.Errorf("shown %+v", m)
	}
}

// Programs that ask are answered, a few times; questions of ours are answered by
// the program asked, and by no other. IRC-M13, IRC-B25
func TestCTCP(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob", "carol")
	for question, want := range map[string]string{
		"VERSION": "\x01VERSION Wherry\x01", "PING 1234 5": "\x01PING 1234 5\x01", "CLIENTINFO": "\x01CLIENTINFO ACTION CLIENTINFO PING SOURCE TIME VERSION\x01",
	} {
		conn.Send(":bob!b@h PRIVMSG alice :\x01" + question + "\x01")
		if got := conn.Next(); got != "NOTICE bob :"+want && got != "NOTICE bob "+want {
			t.Errorf("%q is answered %q", question, got)
		}
	}
	for range 20 {
		conn.Send(":eve!e@h PRIVMSG alice :\x01VERSION\x01", ":eve!e@h PRIVMSG #room :\x01VERSION\x01", ":eve!e@h PRIVMSG alice :\x01DCC SEND x 1 2\x01")
	}
	conn.Send("PING :barrier")
	conn.Expect("PONG barrier")

	version := make(chan string, 1)
	go func() {
		v, err := alice.Version(t.Context(), nick("bob"))
		if err != nil {
			t.Error(err)
		}
		version <- v
	}()
	wantLine(t, conn, "PRIVMSG bob \x01VERSION\x01")
	conn.Send(":carol!c@h NOTICE alice :\x01VERSION forged\x01", ":bob!b@h NOTICE alice :\x01PING x\x01", ":Bob!b@h NOTICE alice :\x01VERSION \x02ship\x02 1.2\x01")
	if got := <-version; got != "ship 1.2" {
		t.Errorf("the version is %q", got)
	}
	pinged := make(chan error, 1)
	go func() { pinged <- alice.Ping(t.Context(), nick("nobody")) }()
	wantLine(t, conn, "PRIVMSG nobody :\x01PING wherry\x01")
	conn.Send(":irc.test 401 alice nobody :No such nick")
	wantKind(t, <-pinged, transports.NotFound)
}

// The list is asked for once, and kept; a part of a name finds. IRC-B8
func TestList(t *testing.T) {
	alice, conn := meet(t)
	list := func(filter string) chan []transports.Listed {
		got := make(chan []transports.Listed, 1)
		go func() {
			var all []transports.Listed
			_, err := alice.List(t.Context(), filter, func(l transports.Listed) bool {
				all = append(all, l)
				return len(all) < 3
			})
			if err != nil {
				t.Error(err)
			}
			got <- all
		}()
		return got
	}
	first := list("")
	wantLine(t, conn, "LIST")
	conn.Send(
		":irc.test 321 alice Channel :Users Name", ":irc.test 322 alice #Harbour 12 :[+nt] Ships and \x02sheep\x02", ":irc.test 322 alice * 3 :",
		":irc.test 322 alice #sea -1 :", ":irc.test 322 alice #a,b 1 :x", ":irc.test 322 alice #lake x", ":irc.test 322 alice #pond 2 :[topic]", ":irc.test 323 alice :End",
	)
	want := []transports.Listed{{Room: channel("#harbour"), Occupants: 12, Subject: "Ships and *sheep*"}, {Room: channel("#lake")}, {Room: channel("#pond"), Occupants: 2, Subject: "[topic]"}}
	if got := <-first; len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("listed %+v", got)
	}
	if got := <-list("POND"); len(got) != 1 || got[0].Subject != "[topic]" {
		t.Errorf("found %+v", got)
	}
	alice.stop()
	conn.Expect("QUIT *") // and no other LIST
}

func TestListRefused(t *testing.T) {
	alice, conn := meet(t)
	for _, answer := range []string{":irc.test 263 alice LIST :Please wait a while and try again.", ""} {
		done := make(chan error, 1)
		go func() {
			_, err := alice.List(t.Context(), "", func(transports.Listed) bool { return true })
			done <- err
		}()
		wantLine(t, conn, "LIST")
		if answer != "" {
			conn.Send(answer)
			wantKind(t, <-done, transports.Busy)
			continue
		}
		conn.Send(":irc.test 322 alice #a 1 :x")
		_ = conn.Close()
		wantKind(t, <-done, transports.Unreachable)
	}
}

// Only what differs is changed; it is answered when the network did it. IRC-M8
func TestConfigure(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob")
	conn.Send(":irc.test 324 alice #room +nspkl sesame 5")
	is := next[transports.RoomConfig](alice)
	if !is.Hidden || !is.Password || is.Limit != 5 || !is.OpenSubject {
		t.Fatalf("it is %+v", is)
	}
	configure := func(change func(*transports.RoomConfig), password string) chan error {
		done := make(chan error, 1)
		wanted := is
		change(&wanted)
		go func() { done <- alice.Configure(t.Context(), wanted, password) }()
		return done
	}
	fence := func() {
		t.Helper()
		conn.Send(":irc.test PONG irc.test " + strings.TrimPrefix(conn.Expect("PING *"), "PING "))
	}
	done := configure(func(c *transports.RoomConfig) {
		c.Moderated, c.Hidden, c.Password, c.Limit, c.OpenSubject = true, false, false, 7, false
	}, "")
	wantLine(t, conn, "MODE #room +mtl-spk 7 sesame")
	conn.Send(":alice!a@h MODE #room +mtl-spk 7 sesame")
	fence()
	if err := <-done; err != nil {
		t.Errorf("Configure = %v", err)
	}
	is = next[transports.RoomConfig](alice)
	if err := <-configure(func(*transports.RoomConfig) {}, ""); err != nil { // no line
		t.Errorf("no change: %v", err)
	}
	done = configure(func(c *transports.RoomConfig) { c.Password = true }, "open")
	wantLine(t, conn, "MODE #room +k open")
	conn.Send(":irc.test 482 alice #room :You're not channel operator")
	wantKind(t, <-done, transports.Forbidden)
	fence()
	done = configure(func(c *transports.RoomConfig) { c.MembersOnly = true }, "")
	wantLine(t, conn, "MODE #room +i")
	fence() // and not a word
	wantKind(t, <-done, transports.NotAllowed)
	wantKind(t, alice.Configure(t.Context(), is, "two words"), transports.Malformed)
}

// A list that takes too long is handed out as far as it came, and goes on to come
// for who asks later.
func TestSlowList(t *testing.T) {
	alice, conn := meet(t)
	ctx, cancel := context.WithCancel(t.Context())
	type answer struct {
		rooms []string
		whole bool
		err   error
	}
	list := func(ctx context.Context) chan answer {
		got := make(chan answer, 1)
		go func() {
			var a answer
			a.whole, a.err = alice.List(ctx, "", func(l transports.Listed) bool {
				a.rooms = append(a.rooms, l.Room.Name)
				return true
			})
			got <- a
		}()
		return got
	}
	first := list(ctx)
	wantLine(t, conn, "LIST")
	conn.Send(":irc.test 322 alice #a 1 :x", "PING :barrier")
	conn.Expect("PONG barrier")
	cancel()
	if a := <-first; a.err != nil || a.whole || len(a.rooms) != 1 {
		t.Errorf("in time: %+v", a)
	}
	second := list(t.Context())
	conn.Send(":irc.test 322 alice #b 1 :x", ":irc.test 323 alice :End")
	if a := <-second; a.err != nil || !a.whole || len(a.rooms) != 2 {
		t.Errorf("then: %+v", a)
	}
	alice.stop()
	conn.Expect("QUIT *") // and no other LIST
}
