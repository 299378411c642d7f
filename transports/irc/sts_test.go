package irc_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
	"wherry/transports/irc/ircv3test"
)

// harbour is a network with TLS and without, and a transport that knows only the
// port without.
func harbour(t *testing.T) (*ircv3test.Network, *irc.Transport) {
	t.Helper()
	n := ircv3test.StartTLS(t, ircv3test.Config{Accounts: map[string]string{"alice": "sesame"}}, irctest.Host)
	tr := irc.New(irc.Config{PlainPorts: []int{n.Plain()}, CAs: n.CAs(), AllowPrivateHosts: true, ThrottleLimit: -1})
	tr.HurryQuit(100 * time.Millisecond)
	return n, tr
}

// saves keeps what sessions save, as a store does.
type saves struct {
	mu   sync.Mutex
	all  transports.Saved
	news chan struct{} // has one where something was saved
}

func newSaves() *saves {
	return &saves{all: transports.Saved{}, news: make(chan struct{}, 1)}
}

func (s *saves) see(b transports.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, save := range b.Saves {
		if s.all[save.Name] = save.Value; save.Value == nil {
			delete(s.all, save.Name)
		}
	}
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// await waits until a policy is saved that begins so.
func (s *saves) await(t *testing.T, want string) {
	t.Helper()
	timeout := time.After(patience)
	for !strings.HasPrefix(s.policy(), want) {
		select {
		case <-s.news:
		case <-timeout:
			t.Fatalf("saved %q, want %q", s.policy(), want)
		}
	}
}

// policy returns what is saved of TLS.
func (s *saves) policy() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.all["sts"])
}

func (s *saves) saved() transports.Saved {
	s.mu.Lock()
	defer s.mu.Unlock()
	saved := transports.Saved{}
	for name, value := range s.all {
		saved[name] = value
	}
	return saved
}

// stored runs a session on what earlier ones saved.
func stored(t *testing.T, tr *irc.Transport, store *saves) *life {
	t.Helper()
	session, err := tr.Open(transports.Account{Key: "alice", Scope: irctest.Host, Settings: transports.Settings{
		"nick": "alice", "sasl_password": "sesame",
	}}, store.saved())
	if err != nil {
		t.Fatal(err)
	}
	return run(t, session, store.see)
}

// A network that wants TLS gets it before anything else is said, and from then on,
// also after a restart, nothing else.
func TestSTS(t *testing.T) {
	n, tr := harbour(t)
	n.AddCap(fmt.Sprintf("sts=port=%d,duration=600", n.Port()))
	store := newSaves()
	l := stored(t, tr, store)
	await[transports.Online](l)
	want := fmt.Sprintf("%s %d 600 ", irctest.Host, n.Port())
	store.await(t, want)
	if n.Dials() != 2 {
		t.Errorf("%d connections, want one without TLS and one with", n.Dials())
	}
	l.stop()
	<-l.ended

	n.RemoveCap("sts") // as who stands between would, without TLS
	l = stored(t, tr, store)
	await[transports.Online](l)
	if n.Dials() != 3 {
		t.Errorf("%d connections: the port without TLS was tried", n.Dials())
	}
	l.stop()
	<-l.ended

	away := irc.New(irc.Config{PlainPorts: []int{n.Plain()}, AllowPrivateHosts: true}) // which trusts no authority of the network's
	if err := stored(t, away, store).end(); err == nil || !strings.Contains(err.Error(), "signed by nobody") {
		t.Errorf("with another certificate: %v", err)
	}

	n.AddCap("sts=duration=0")
	l = stored(t, tr, store)
	await[transports.Online](l)
	if got := store.policy(); got != "" {
		t.Errorf("taken back, and saved is %q", got)
	}
	l.stop()
	<-l.ended
	before := n.Dials()
	l = stored(t, tr, store)
	await[transports.Online](l)
	if n.Dials() != before+1 || store.policy() != "" {
		t.Errorf("%d connections, saved %q", n.Dials()-before, store.policy())
	}
}

// A network may want TLS in the midst of a connection.
func TestSTSLater(t *testing.T) {
	n, tr := harbour(t)
	store := newSaves()
	l := stored(t, tr, store)
	await[transports.Online](l)
	n.AddCap(fmt.Sprintf("sts=port=%d", n.Port()))
	await[transports.Online](l)
	if n.Dials() != 2 || store.policy() != "" { // how long was never said
		t.Errorf("%d connections, saved %q", n.Dials(), store.policy())
	}
	n.AddCap("sts=duration=600,port=1")
	store.await(t, fmt.Sprintf("%s %d 600 ", irctest.Host, n.Port()))
}

// What no policy can be is none: the log-in goes on.
func TestSTSIgnored(t *testing.T) {
	for _, value := range []string{
		"", "port", "port=", "port=x", "port=0", "port=-1", "port=70000", "port=25", "port=99999999999999999999", "duration=600", ",,=,", "port=+",
	} {
		n, tr := harbour(t)
		n.AddCap("sts=" + value)
		store := newSaves()
		l := stored(t, tr, store)
		await[transports.Online](l)
		if n.Dials() != 1 || store.policy() != "" {
			t.Errorf("%q: %d connections, saved %q", value, n.Dials(), store.policy())
		}
	}
}

// What was saved and cannot be read, is for another host or over, binds nobody.
func TestSTSSaved(t *testing.T) {
	soon, past := time.Now().Add(time.Hour).Format(time.RFC3339), time.Now().Add(-time.Hour).Format(time.RFC3339)
	for value, binds := range map[string]bool{
		"127.0.0.1 PORT 600 " + soon:       true,
		"127.0.0.1 PORT 600 " + past:       false,
		"irc.example.org PORT 600 " + soon: false,
		"127.0.0.1 0 600 " + soon:          false,
		"127.0.0.1 PORT x " + soon:         false,
		"127.0.0.1 PORT 600 tomorrow":      false,
		"127.0.0.1 PORT 600":               false,
		strings.Repeat("x", 5000):          false,
	} {
		n, tr := harbour(t)
		store := newSaves()
		store.all["sts"] = []byte(strings.Replace(value, "PORT", strconv.Itoa(n.Port()), 1))
		l := stored(t, tr, store)
		await[transports.Online](l)
		if _, secure := l.Shares(); secure != binds {
			t.Errorf("%.60q: by TLS %v", value, secure)
		}
	}
}

// A server that sends from one connection to the next is left.
func TestSTSCircle(t *testing.T) {
	server := irctest.Listen(t)
	l := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Expect("CAP LS 302")
	conn.Send(fmt.Sprintf(":irc.test CAP * LS * :sts=port=%d", server.Port()), ":irc.test CAP * LS :sasl message-tags")
	there := server.Accept() // with TLS, which is not spoken there
	_ = there.Close()
	wantKind(t, l.end(), transports.Unreachable)
	conn.Expect("NICK *")
	conn.Expect("USER *")
	conn.ExpectEOF()
}
