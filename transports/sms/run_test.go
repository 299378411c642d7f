package sms_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
)

// A session logs in, is online, and looks every minute where nobody calls.
func TestRunPolls(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		if e, ok := l.took()[0].(transports.Online); !ok || e.Name != home {
			t.Errorf("the first event is %#v", e)
		}
		l.pass(10*time.Minute + time.Second)
		if n := len(l.c.listed()); n < 9 || n > 13 {
			t.Errorf("looked %d times in ten minutes", n)
		}
		if err := l.stop(); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// Too many requests is no reason to go offline, anything else is; SMS-R5: of
// credentials the error says so.
func TestRunEnds(t *testing.T) {
	for name, c := range map[string]struct {
		err  *transports.Error
		ends bool
	}{
		"busy":        {&transports.Error{Kind: transports.Busy, After: 3 * time.Minute}, false},
		"unreachable": {&transports.Error{Kind: transports.Unreachable}, true},
		"credentials": {&transports.Error{Kind: transports.Credentials}, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *life) {
				session, _ := l.tr.Open(l.account, nil)
				ended := make(chan error, 1)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() { ended <- session.Run(ctx, l.emit) }()
				synctest.Wait()
				l.c.fail("List", c.err)
				l.pass(90 * time.Second)
				select {
				case err := <-ended:
					if !c.ends || !errors.Is(err, c.err) {
						t.Errorf("Run = %v", err)
					}
				default:
					if c.ends {
						t.Error("Run goes on")
					}
					cancel()
					<-ended
				}
			})
		})
	}
}

// SMS-R2: of a trial account, of a line that is gone and of another default
// line the user is told, once.
func TestGreeting(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.c.account.Trial = true
		l.account.Settings = settings("lines", "+15550003333")
		for _, want := range []int{2, 0} {
			l.start()
			if got := texts(l.took()); len(got) != want {
				t.Errorf("told %q, want %d", got, want)
			}
			_ = l.stop()
		}
		// SMS-A3: conversations do not change their line in silence.
		l.account.Settings = settings("line", work)
		for _, want := range []int{1, 0} {
			l.start()
			if got := texts(l.took()); len(got) != want {
				t.Errorf("with another line: told %q, want %d", got, want)
			}
			_ = l.stop()
		}
	})
}

// SMS-I10: what other programs send is shown where the user wants it, once,
// after it is certain that it is not ours.
func TestElsewhere(t *testing.T) {
	for _, on := range []string{"true", "false"} {
		bubble(t, func(t *testing.T, l *life) {
			l.account.Settings = settings("elsewhere", on)
			l.start()
			sent, err := l.Send(t.Context(), transports.Message{ID: "1", Chat: contact(bob), Text: "mine"})
			if err != nil {
				t.Fatal(err)
			}
			l.keep(sent.Saves)
			l.c.add(provider.Item{ID: "X", Line: home, Peer: bob, Text: "theirs", Time: time.Now(), State: provider.Delivered})
			l.pass(5 * time.Minute)
			if got := texts(l.took()); len(got) > 0 {
				t.Errorf("too early: %q", got)
			}
			_ = l.stop()
			l.tr = sms.New(sms.Config{Provider: l.c}) // another process
			l.start()
			l.pass(time.Hour)
			_ = l.stop()
			l.start()
			l.pass(time.Hour)
			got := l.took()
			if on == "false" {
				if len(texts(got)) > 0 {
					t.Errorf("told though it is off: %q", texts(got))
				}
				return
			}
			if !slices.Equal(texts(got), []string{"theirs"}) {
				t.Fatalf("told %q", texts(got))
			}
			for _, e := range got {
				if r, ok := e.(transports.Received); ok && (!r.Message.Own || r.Message.Chat != contact(bob)) {
					t.Errorf("told %+v", r.Message)
				}
			}
		})
	}
}

// run is start outside of a bubble: it waits for the session to be online.
func (l *life) run() {
	l.t.Helper()
	session, err := l.tr.Open(l.account, l.saved)
	if err != nil {
		l.t.Fatal(err)
	}
	l.Session = session.(*sms.Session)
	online := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- session.Run(ctx, func(_ context.Context, b transports.Batch) error {
			for _, e := range b.Events {
				if _, ok := e.(transports.Online); ok {
					close(online)
				}
			}
			return nil
		})
	}()
	l.t.Cleanup(func() {
		cancel()
		<-ended
	})
	select {
	case <-online:
	case err := <-ended:
		l.t.Fatal(err)
	}
}

// What was saved is read before anything is done with it.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newCarrier()})
	for _, name := range []string{"usage", "position." + home} {
		if _, err := tr.Open(transports.Account{Settings: settings()}, transports.Saved{name: []byte("x")}); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What could not be told is told at the next connection, in its order.
func TestNotesAgain(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.account.Settings = settings("daily_limit", "10")
		l.start()
		l.took()
		l.mu.Lock()
		l.refuse = errors.New("no room for that")
		l.mu.Unlock()
		if _, err := l.Send(t.Context(), out("1", strings.Repeat("a", 1300))); err != nil { // 9 segments
			t.Fatal(err)
		}
		synctest.Wait()
		if err := l.stop(); err == nil {
			t.Fatal("Run goes on though nothing is committed")
		}
		l.mu.Lock()
		l.refuse = nil
		l.mu.Unlock()
		l.start()
		if got := texts(l.took()); len(got) != 1 || !strings.Contains(got[0], "9 of the 10") {
			t.Errorf("told %q", got)
		}
	})
}

// What is spent is saved with the next batch, if not with this one.
func TestUsageAgain(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		l.c.fail("Send", &transports.Error{Kind: transports.Unreachable, Unsure: true})
		if _, err := l.Send(t.Context(), out("1", "x")); err == nil {
			t.Fatal("sent")
		}
		l.mu.Lock()
		l.refuse = errors.New("no room for that")
		l.mu.Unlock()
		l.c.add(inbound("A", "x", time.Now()))
		l.pass(70 * time.Second)
		if err := l.stop(); err == nil {
			t.Fatal("Run goes on though nothing is committed")
		}
		l.mu.Lock()
		l.refuse = nil
		l.mu.Unlock()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx, l.emit) }() // the same session connects again
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		if !strings.Contains(string(l.saved["usage"]), `"daily":1`) {
			t.Errorf("saved %s", l.saved["usage"])
		}
	})
}
