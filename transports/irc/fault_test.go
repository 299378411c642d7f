package irc_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

func TestEndlessLine(t *testing.T) {
	alice, conn := meet(t)
	before := heap()
	block := []byte(strings.Repeat("x", 1<<16))
	for range 20 << 20 / len(block) {
		if _, err := conn.Write(block); err != nil {
			break // the session has closed
		}
	}
	wantKind(t, alice.end(), transports.Unreachable)
	if grown := int64(heap()) - int64(before); grown > 4<<20 {
		t.Errorf("an endless line took %d bytes of memory", grown)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestGarbage(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "@bob!b@h")
	conn.Send(
		"", " ", ":", "@", "@a", "@a=b", ":x", ": :", "\x00\x01\xff", "001", "005", "353", "366 :", "433 alice",
		":bob!b@h JOIN", ":bob!b@h PART", ":bob!b@h KICK #room", ":bob!b@h MODE", ":bob!b@h MODE #room", ":bob!b@h MODE #room +o-v+b",
		":bob!b@h TOPIC", ":bob!b@h NICK", ":bob!b@h NICK :", "NICK", "QUIT", ":bob!b@h PRIVMSG", ":bob!b@h PRIVMSG #room",
		":irc.test 324 alice #room", ":irc.test 333 alice #room x notatime", ":irc.test 367 alice #room", "AUTHENTICATE +",
		"CAP * ACK :sasl", "CAP", "PONG", ":!@ JOIN #room", "CHGHOST", ":bob CHGHOST", ":bob ACCOUNT", "@time=yesterday :bob!b@h AWAY",
		":bob!b@h INVITE alice", ":irc.test 376 alice", ":irc.test 001 mallory", ":irc.test 470 alice #room",
		strings.Repeat(" a", 500),
	)
	conn.Send("PING :still")
	if line := conn.Next(); line != "PONG still" {
		t.Fatalf("after garbage the session says %q", line)
	}
	conn.Send(":bob!b@h PRIVMSG #room :hello")
	if m := await[transports.Received](alice).Message; m.Text != "hello" {
		t.Errorf("after garbage it hears %+v", m)
	}
}

func TestHalfOpen(t *testing.T) {
	server := irctest.Listen(t)
	tr := plainly(server)
	tr.Hurry(50*time.Millisecond, 50*time.Millisecond, time.Minute)
	alice := live(t, tr, transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Welcome()
	conn.Expect("PING *")
	conn.Send("PONG x")
	conn.Expect("PING *")
	wantKind(t, alice.end(), transports.Unreachable)
}

func TestLoginTakesTooLong(t *testing.T) {
	server := irctest.Listen(t)
	tr := plainly(server)
	tr.HurryLogin(50 * time.Millisecond)
	alice := live(t, tr, transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Send("NOTICE * :*** Looking up your hostname")
	wantKind(t, alice.end(), transports.Unreachable)
}

// TestServerThatStopsReading says that what it does not take is bounded, and
// refused to the sender.
func TestServerThatStopsReading(t *testing.T) {
	alice, conn := meet(t)
	ctx, cancel := context.WithCancel(t.Context())
	message := transports.Message{Chat: nick("bob"), Text: strings.Repeat("x", 380)}
	refused := make(chan error)
	var senders sync.WaitGroup
	for range 400 {
		senders.Go(func() {
			for ctx.Err() == nil {
				if _, err := alice.Send(ctx, message); err != nil {
					select {
					case refused <- err:
					case <-ctx.Done():
					}
				}
			}
		})
	}
	wantKind(t, <-refused, transports.Busy)
	cancel()
	_ = conn.Close()
	senders.Wait()
}

// TestEmitThatWaits says that while the gateway is behind, the server is told
// that we live, and that requests go on.
func TestEmitThatWaits(t *testing.T) {
	server := irctest.Listen(t)
	tr := plainly(server)
	tr.Hurry(time.Minute, time.Minute, 30*time.Millisecond)
	session, err := tr.Open(transports.Account{Key: "alice", Scope: irctest.Host, Settings: transports.Settings{"nick": "alice"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	release, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- session.Run(ctx, func(context.Context, transports.Batch) error { <-release; return nil })
	}()
	conn := server.Accept()
	conn.Welcome()
	conn.Expect("PONG *") // unasked
	conn.Expect("PONG *")
	if _, err := session.Send(t.Context(), transports.Message{Chat: nick("bob"), Text: "hi"}); err != nil {
		t.Errorf("Send: %v", err)
	}
	close(release)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// A panic while a connection's input is handled ends that connection with an error,
// and nothing else: the crew, whose goroutines handle it, is everybody's.
func TestPanicEndsOneConnection(t *testing.T) {
	server := irctest.Listen(t)
	tr := plainly(server)
	open := func() transports.Session {
		s, err := tr.Open(transports.Account{Key: "alice", Scope: irctest.Host, Settings: transports.Settings{"nick": "alice"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	session, ended := open(), make(chan error, 1)
	go func() {
		ended <- session.Run(t.Context(), func(context.Context, transports.Batch) error { panic("ouch") })
	}()
	server.Accept().Welcome()
	wantKind(t, <-ended, transports.Internal)
	_, err := session.Send(t.Context(), transports.Message{Chat: nick("bob"), Text: "hi"})
	wantKind(t, err, transports.Unreachable)

	online := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	other := open()
	go func() {
		ended <- other.Run(ctx, func(_ context.Context, b transports.Batch) error {
			for _, ev := range b.Events {
				if _, ok := ev.(transports.Online); ok {
					close(online)
				}
			}
			return nil
		})
	}()
	server.Accept().Welcome()
	<-online
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestBigChannel(t *testing.T) {
	alice, conn := meet(t)
	joined := make(chan error, 1)
	go func() { joined <- alice.Join(t.Context(), transports.Join{Room: channel("#big")}) }()
	conn.Expect("JOIN *")
	conn.Send(":alice!a@h JOIN #big")
	const size = 50000
	go func() {
		var b strings.Builder
		for i := 0; i < size; i += 10 {
			b.WriteString(":irc.test 353 alice = #big :")
			for j := i; j < i+10; j++ {
				fmt.Fprintf(&b, "@+nick%05d!user@host%05d.example ", j, j)
			}
			b.WriteString("\r\n")
		}
		b.WriteString(":irc.test 366 alice #big :End\r\n")
		_, _ = io.WriteString(conn, b.String())
	}()
	if err := <-joined; err != nil {
		t.Fatal(err)
	}
	if e := next[transports.Joined](alice); len(e.Occupants) != size+1 {
		t.Errorf("%d occupants", len(e.Occupants))
	}
}

func TestNetsplit(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob!b@h", "carol!c@h", "dave!d@h")
	conn.Send(
		":bob!b@h QUIT :hub.example.org leaf.example.org",
		":carol!c@h QUIT :hub.example.org leaf.example.org",
		":dave!d@h QUIT :not a.split",
	)
	if left := next[transports.Left](alice); left.How != transports.Split {
		t.Errorf("left %+v", left)
	} else if len(left.Nicks) == 1 { // the lines came apart
		next[transports.Left](alice)
	}
	if left := next[transports.Left](alice); left.How != transports.Quit || left.Nicks[0] != "dave" {
		t.Errorf("left %+v", left)
	}
}
