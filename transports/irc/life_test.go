package irc_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// life is a session that runs, as a test sees it.
type life struct {
	*irc.Session
	t      *testing.T
	stop   context.CancelFunc
	leave  func(words string)
	events chan transports.Event
	ended  chan error
}

// plainly returns a transport to a server without TLS.
func plainly(s interface{ Port() int }) *irc.Transport {
	tr := irc.New(irc.Config{PlainPorts: []int{s.Port()}, AllowPrivateHosts: true, ThrottleLimit: -1})
	tr.HurryQuit(100 * time.Millisecond)
	return tr
}

// live runs a session of an account with these settings.
func live(t *testing.T, tr *irc.Transport, settings transports.Settings) *life {
	t.Helper()
	account := transports.Account{Key: settings["nick"], Scope: irctest.Host, Settings: settings}
	session, err := tr.Open(account, nil)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return run(t, session, func(transports.Batch) {})
}

// run runs a session; see sees each batch.
func run(t *testing.T, session transports.Session, see func(transports.Batch)) *life {
	t.Helper()
	ctx, end := context.WithCancelCause(context.Background())
	stop := func() { end(nil) }
	leave := func(words string) { end(transports.Farewell{Words: words}) }
	l := &life{Session: session.(*irc.Session), t: t, stop: stop, leave: leave, events: make(chan transports.Event, 4096), ended: make(chan error, 1)}
	go func() {
		l.ended <- session.Run(ctx, func(_ context.Context, b transports.Batch) error {
			see(b)
			for _, e := range b.Events {
				l.events <- e
			}
			return nil
		})
		close(l.ended)
	}()
	t.Cleanup(func() {
		stop()
		<-l.ended
	})
	return l
}

// enter runs a session of a nick that is logged in.
func enter(t *testing.T, tr *irc.Transport, nick string) *life {
	t.Helper()
	l := live(t, tr, transports.Settings{"nick": nick})
	next[transports.Online](l)
	return l
}

// next returns the next event, which must be an E.
func next[E transports.Event](l *life) E {
	l.t.Helper()
	select {
	case e := <-l.events:
		found, ok := e.(E)
		if !ok {
			l.t.Fatalf("the next event is %T %+v, want %T", e, e, found)
		}
		return found
	case err := <-l.ended:
		l.t.Fatalf("the session ended: %v", err)
	case <-time.After(patience):
		l.t.Fatalf("no event came")
	}
	panic("unreachable")
}

// await skips events until an E.
func await[E transports.Event](l *life) E {
	l.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case e := <-l.events:
			if found, ok := e.(E); ok {
				return found
			}
		case <-timeout:
			var want E
			l.t.Fatalf("no %T came", want)
		}
	}
}

// end returns what Run returned.
func (l *life) end() error {
	l.t.Helper()
	select {
	case err := <-l.ended:
		return err
	case <-time.After(patience):
		l.t.Fatal("Run does not end")
	}
	return nil
}

// join enters a room, and returns what it was like.
func (l *life) join(room transports.Address) transports.Joined {
	l.t.Helper()
	if err := l.Join(l.t.Context(), transports.Join{Room: room}); err != nil {
		l.t.Fatalf("Join: %v", err)
	}
	joined := await[transports.Joined](l)
	next[transports.RoomConfig](l)
	return joined
}

func channel(name string) transports.Address {
	return transports.Address{Kind: transports.Room, Scope: irctest.Host, Name: name}
}

func nick(name string) transports.Address {
	return transports.Address{Kind: transports.Contact, Scope: irctest.Host, Name: name}
}

func hostPort(port int) string { return net.JoinHostPort(irctest.Host, strconv.Itoa(port)) }

func wantKind(t *testing.T, err error, kind transports.ErrorKind) {
	t.Helper()
	var e *transports.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Errorf("error %v, want one of kind %v", err, kind)
	}
}

// freePort returns a port where nobody listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(irctest.Host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
