package irc_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
)

// meet runs a session that a script lets in.
func meet(t *testing.T) (*life, *irctest.Conn) {
	t.Helper()
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Welcome()
	next[transports.Online](alice)
	return alice, conn
}

// letIn lets alice into #room with others, and skips what that brings.
func letIn(l *life, conn *irctest.Conn, others ...string) {
	l.t.Helper()
	joined := make(chan error, 1)
	go func() { joined <- l.Join(l.t.Context(), transports.Join{Room: channel("#room")}) }()
	conn.Expect("JOIN *")
	conn.Send(":alice!a@h JOIN #room")
	conn.Expect("MODE *")
	conn.Send(
		":irc.test 353 alice = #room :alice "+strings.Join(others, " "),
		":irc.test 366 alice #room :End",
	)
	if err := <-joined; err != nil {
		l.t.Fatalf("Join: %v", err)
	}
	next[transports.Joined](l)
}

func TestSASLOnTheWire(t *testing.T) {
	server := irctest.Listen(t)
	password := strings.Repeat("p", 400)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice", "username": "al ice", "realname": "Al Ice", "sasl_password": password})
	conn := server.Accept()
	conn.Expect("CAP LS 302")
	conn.Expect("NICK alice")
	conn.Expect("USER alice 0 [*] :Al Ice")
	conn.Send(":irc.test CAP * LS * :multi-prefix unknown sasl=EXTERNAL,PLAIN", ":irc.test CAP * LS :server-time")
	conn.Expect("CAP REQ :multi-prefix server-time sasl")
	conn.Send(":irc.test CAP alice NAK :multi-prefix server-time sasl")
	for _, name := range []string{"multi-prefix", "server-time", "sasl"} {
		conn.Expect("CAP REQ " + name)
		conn.Send(":irc.test CAP alice ACK :" + name)
	}
	conn.Expect("AUTHENTICATE PLAIN")
	conn.Send("AUTHENTICATE +")
	for _, size := range []int{400, 144} {
		if line := conn.Next(); len(line) != len("AUTHENTICATE ")+size {
			t.Errorf("a chunk of %d characters, want %d", len(line)-len("AUTHENTICATE "), size)
		}
	}
	conn.Send(":irc.test 903 alice :yes")
	conn.Expect("CAP END")
	conn.Send(irctest.Greeting("alice")...)
	next[transports.Online](alice)
	conn.Send("PING :are you there")
	conn.Expect("PONG :are you there")
	alice.stop()
	conn.Expect("QUIT *")
	conn.ExpectEOF()
	if err := alice.end(); err != nil {
		t.Errorf("Run = %v", err)
	}
}

// IRC-B42
func TestServerWithoutCapabilities(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Expect("CAP *")
	conn.Send(":irc.test 421 * CAP :Unknown command")
	conn.Send(irctest.Greeting("alice")...)
	next[transports.Online](alice)
}

func TestBanned(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Send(":irc.test 465 alice :You are banned from this server", "ERROR :Closing Link")
	err := alice.end()
	wantKind(t, err, transports.Forbidden)
	if transports.AsError(err).Temporary() {
		t.Errorf("a ban is to be tried again: %v", err)
	}
}

// TestThrottled says that a server that lets people in one at a time is busy: it
// takes us a moment later. IRC-M1
func TestThrottled(t *testing.T) {
	server := irctest.Listen(t)
	for _, words := range []string{
		"Your host is trying to (re)connect too fast -- throttled.", // ircd-hybrid
		"Trying to reconnect too fast.",                             // solanum
		"Closing link: (alice@192.0.2.1) [Your IP range has been attempting to connect too many times in too short a duration.]", // InspIRCd
		"Closing Link: [192.0.2.1] (Throttled: Reconnecting too fast)",                                                           // UnrealIRCd
	} {
		alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
		conn := server.Accept()
		conn.Send("ERROR :" + words)
		e := transports.AsError(alice.end())
		wantKind(t, e, transports.Busy)
		if e.After < time.Second || !strings.Contains(e.Error(), words) {
			t.Errorf("%q: Run = %v, after %v", words, e, e.After)
		}
	}
}

// TestForgedAnswers says that numerics nobody asked for do nothing.
func TestForgedAnswers(t *testing.T) {
	alice, conn := meet(t)
	conn.Send(
		":irc.test 366 alice #room :End", ":irc.test 353 alice = #room :alice bob", ":irc.test 332 alice #room :x",
		":irc.test 475 alice #room :key", ":irc.test 401 alice bob :none", ":irc.test 433 * alice :taken", ":irc.test 368 alice #room :end",
		":irc.test 341 alice bob #room", ":irc.test 464 alice :no", ":irc.test PONG irc.test :wherry-1",
	)
	conn.Send("PING :barrier")
	conn.Expect("PONG barrier")
	letIn(alice, conn) // and no event came before
}

func TestForward(t *testing.T) {
	alice, conn := meet(t)
	joined := make(chan error, 1)
	go func() { joined <- alice.Join(t.Context(), transports.Join{Room: channel("#a")}) }()
	conn.Expect("JOIN *")
	conn.Send(":irc.test 470 alice #a ##a :Forwarding to another channel", ":alice!a@h JOIN ##a")
	wantKind(t, <-joined, transports.Uninvited)
	conn.Expect("PART *")
	conn.Send(":irc.test 353 alice = ##a :alice", ":irc.test 366 alice ##a :End", ":alice!a@h PART ##a", "PING :x")
	conn.Expect("MODE *")
	conn.Expect("PONG *")
	select {
	case e := <-alice.events:
		t.Errorf("a room that nobody asked for: %T", e)
	default:
	}
}

// TestQuietBeginning says that connecting and joining shows nothing that would
// open a window.
func TestQuietBeginning(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Send("NOTICE AUTH :*** Looking up your hostname...", ":irc.test NOTICE * :*** Found your hostname")
	conn.Welcome()
	next[transports.Online](alice)
	conn.Send(
		":irc.test NOTICE alice :*** You are connected", ":alice MODE alice :+i", ":Global!s@services.test NOTICE alice :[Logon News] hello",
		":ChanServ!s@services.test NOTICE alice :Welcome", ":irc.test 251 alice :There are 3 users", ":irc.test 372 alice :- motd",
		":bob!b@h PRIVMSG alice :\x01VERSION\x01", ":irc.test PRIVMSG alice :server talk",
	)
	conn.Next() // the answer to the question of a program
	letIn(alice, conn)
	conn.Send(":ChanServ!s@services.test NOTICE alice :[#room] Read the rules", ":NickServ!s@services.test NOTICE alice :This nickname is registered")
	if m := next[transports.Received](alice).Message; m.Chat != channel("#room") || m.Text != "Read the rules" {
		t.Errorf("received %+v", m)
	}
	network := transports.Address{Kind: transports.Network, Scope: irctest.Host}
	if m := next[transports.Received](alice).Message; m.Chat != network || m.Nick != "NickServ" {
		t.Errorf("received %+v", m)
	}
	if _, err := alice.Send(t.Context(), transports.Message{Chat: nick("memoserv"), Text: "help"}); err != nil {
		t.Fatal(err)
	}
	conn.Expect("PRIVMSG memoserv help")
	conn.Send(":MemoServ!s@services.test NOTICE alice :some help")
	if m := next[transports.Received](alice).Message; m.Chat != network {
		t.Errorf("received %+v", m)
	}
}

func TestTimesAndIDs(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob!b@h")
	conn.Send("@time=2020-01-02T03:04:05.678Z;msgid=ab\\sc :bob!b@h PRIVMSG #room :old")
	m := next[transports.Received](alice).Message
	if !m.Delayed || m.ID != "ab c" || !m.Time.Equal(time.Date(2020, 1, 2, 3, 4, 5, 678e6, time.UTC)) {
		t.Errorf("received %+v", m)
	}
	conn.Send("@time=" + time.Now().UTC().Format("2006-01-02T15:04:05.000Z") + " :bob!b@h PRIVMSG #room :new")
	if m := next[transports.Received](alice).Message; m.Delayed || m.Time.IsZero() {
		t.Errorf("received %+v", m)
	}
}

func TestServerClosesWithReason(t *testing.T) {
	alice, conn := meet(t)
	asked := make(chan error, 1)
	go func() { asked <- alice.Join(t.Context(), transports.Join{Room: channel("#room")}) }()
	conn.Expect("JOIN *")
	conn.Send("ERROR :Closing Link: alice (Excess Flood)")
	_ = conn.Close()
	wantKind(t, <-asked, transports.Unreachable)
	err := alice.end()
	wantKind(t, err, transports.Unreachable)
	if !strings.Contains(err.Error(), "Excess Flood") {
		t.Errorf("Run = %v, want the server's reason", err)
	}
}

func TestForcedNickAndPart(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob!b@h")
	conn.Send(":alice!a@h NICK Guest12345")
	if e := next[transports.Renamed](alice); e.New != "Guest12345" {
		t.Errorf("renamed %+v", e)
	}
	conn.Send(":bob!b@h PRIVMSG guest12345 :hi")
	if m := next[transports.Received](alice).Message; m.Chat != nick("bob") {
		t.Errorf("received %+v", m)
	}
	conn.Send(":Guest12345!a@h PART #room :removed")
	if e := next[transports.Left](alice); e.Nicks[0] != "Guest12345" || e.How != transports.Parted {
		t.Errorf("left %+v", e)
	}
}

// TestRegain says that the nick we wanted is asked for when it comes free.
func TestRegain(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "Alice"})
	conn := server.Accept()
	conn.Expect("CAP *")
	conn.Expect("NICK Alice")
	conn.Expect("USER *")
	conn.Send(":irc.test 433 * Alice :taken", ":irc.test CAP * LS :")
	conn.Expect("NICK Alice_")
	conn.Expect("CAP END")
	conn.Send(irctest.Greeting("Alice_")...)
	next[transports.Online](alice)
	conn.Send(":Alice_!a@h JOIN #room", ":irc.test 353 x = #room :Alice_ Alice bob", ":irc.test 366 x #room :End")
	conn.Expect("MODE *")
	conn.Send(":bob!b@h QUIT :bye", ":Alice!a@h QUIT :Ping timeout")
	conn.Expect("NICK Alice")
	conn.Send(":Alice_!a@h NICK Alice")
	if e := await[transports.Renamed](alice); e.New != "Alice" {
		t.Errorf("renamed %+v", e)
	}
}

func TestLeaveGivesUpJoining(t *testing.T) {
	alice, conn := meet(t)
	joined, left := make(chan error, 1), make(chan error, 1)
	go func() { joined <- alice.Join(t.Context(), transports.Join{Room: channel("#room")}) }()
	conn.Expect("JOIN *")
	go func() { left <- alice.Leave(t.Context(), channel("#room"), "") }()
	conn.Expect("PART *")
	wantKind(t, <-joined, transports.Absent)
	fence := strings.TrimPrefix(conn.Expect("PING *"), "PING ")
	conn.Send(":alice!a@h JOIN #room", ":irc.test 366 alice #room :End", ":alice!a@h PART #room", ":irc.test PONG irc.test :"+fence)
	if err := <-left; err != nil {
		t.Errorf("Leave: %v", err)
	}
	select {
	case e := <-alice.events:
		t.Errorf("an event of a room that was left: %T", e)
	default:
	}
}

// TestLeaveAndComeBack says that who comes back before the network has said that
// they left is not taken for put out.
func TestLeaveAndComeBack(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob!b@h")
	joined, left := make(chan error, 1), make(chan error, 1)
	go func() { left <- alice.Leave(t.Context(), channel("#room"), "") }()
	conn.Expect("PART *")
	fence := strings.TrimPrefix(conn.Expect("PING *"), "PING ")
	go func() { joined <- alice.Join(t.Context(), transports.Join{Room: channel("#room")}) }()
	conn.Expect("JOIN *")
	conn.Send(":alice!a@h PART #room", ":irc.test PONG irc.test :"+fence, ":alice!a@h JOIN #room", ":irc.test 366 alice #room :End")
	if err := <-left; err != nil {
		t.Errorf("Leave: %v", err)
	}
	if err := <-joined; err != nil {
		t.Errorf("Join: %v", err)
	}
	next[transports.Joined](alice)
}

// TestJoinsTogether says that channels which wait for their turn go in one line.
func TestJoinsTogether(t *testing.T) {
	server := irctest.Listen(t)
	tr := irc.New(irc.Config{PlainPorts: []int{server.Port()}, AllowPrivateHosts: true, ThrottleLimit: 1})
	tr.HurryQuit(100 * time.Millisecond)
	alice := live(t, tr, transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Welcome()
	next[transports.Online](alice)
	answers := make(chan error)
	join := func(name, password string) {
		answers <- alice.Join(t.Context(), transports.Join{Room: channel(name), Password: password})
	}
	go join("#first", "")
	conn.Expect("JOIN #first")
	for name, password := range map[string]string{"#a": "", "#b": "key", "#c": ""} {
		go join(name, password)
	}
	go join("#a", "")
	names := strings.Fields(conn.Next())
	if len(names) != 3 || names[2] != "key" || !strings.HasPrefix(names[1], "#b,") || len(names[1]) != len("#a,#b,#c") {
		t.Errorf("joined by %q", names)
	}
	for _, name := range []string{"#first", "#a", "#b", "#c"} {
		conn.Send(":irc.test 473 alice " + name + " :invited only")
	}
	for range 5 {
		wantKind(t, <-answers, transports.Uninvited)
	}
}

func TestRefusedQuietly(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob!b@h")
	kicked := make(chan error, 1)
	go func() {
		kicked <- alice.Moderate(t.Context(), transports.Moderation{Room: channel("#room"), Nick: "bob", Do: transports.Kick})
	}()
	conn.Expect("KICK *")
	fence := strings.TrimPrefix(conn.Expect("PING *"), "PING ")
	conn.Send(":irc.test PONG irc.test :" + fence)
	wantKind(t, <-kicked, transports.NotAllowed)
}

func TestRequestWithoutAnswer(t *testing.T) {
	alice, conn := meet(t)
	ctx, cancel := context.WithCancel(t.Context())
	joined := make(chan error, 1)
	go func() { joined <- alice.Join(ctx, transports.Join{Room: channel("#room")}) }()
	conn.Expect("JOIN *")
	cancel()
	err := <-joined
	wantKind(t, err, transports.Unreachable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Join = %v", err)
	}
}

// IRC-B54
func TestOneNetwork(t *testing.T) {
	network := irctest.NewNetwork(t)
	network.Puppet("bob")
	tr := irc.New(irc.Config{FixedNetwork: irctest.Host, PlainPorts: []int{network.Port()}, AllowPrivateHosts: true, ThrottleLimit: -1})
	if _, err := tr.Verify(t.Context(), "", transports.Settings{"nick": "alice"}); err != nil || network.Dials() != 1 {
		t.Errorf("Verify = %v, %d connections", err, network.Dials())
	}
	room, err := tr.Address("#Room", transports.Account{})
	if err != nil || room != (transports.Address{Kind: transports.Room, Name: "#room"}) {
		t.Fatalf("Address = %+v, %v", room, err)
	}
	if full, err := tr.Address("#room%"+irctest.Host, transports.Account{}); err != nil || full != room {
		t.Errorf("Address with the network = %+v, %v", full, err)
	}
	session, err := tr.Open(transports.Account{Settings: transports.Settings{"nick": "alice"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan transports.Event, 100)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- session.Run(ctx, func(_ context.Context, b transports.Batch) error {
			for _, e := range b.Events {
				events <- e
			}
			return nil
		})
	}()
	<-events
	if err := session.(transports.Rooms).Join(t.Context(), transports.Join{Room: room}); err != nil {
		t.Fatal(err)
	}
	if e := (<-events).(transports.Joined); e.Room != room {
		t.Errorf("joined %+v", e)
	}
	stop()
	<-ended
}
