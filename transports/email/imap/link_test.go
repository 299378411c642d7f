package imap_test

import (
	"context"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email/imap"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// parked returns a link without a client, in INBOX.
func parked(t *testing.T, security mailtest.Security) (*imaptest.Server, *imap.Link) {
	t.Helper()
	s, d, h := start(t, security)
	c, err := d.Dial(t.Context(), h, imap.Login{Username: user, Password: secret}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, park(t, c)
}

func park(t *testing.T, c *imap.Client) *imap.Link {
	t.Helper()
	if err := c.Do(t.Context(), func() error { _, err := c.Select("INBOX", nil).Wait(); return err }); err != nil {
		t.Fatal(err)
	}
	l, err := c.Park(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// A connection goes from one client to the next, and what the server says in between
// is heard, however it is cut. MAIL-T2, MAIL-T6
func TestPark(t *testing.T) {
	t.Parallel()
	for _, security := range []mailtest.Security{mailtest.TLS, mailtest.StartTLS} {
		s, l := parked(t, security)
		for round := range 5 {
			if idles, err := l.Idle(t.Context()); !idles || err != nil {
				t.Fatal(idles, err)
			}
			s.Push(user, "* OK Still here\r\n* 1 FETCH (FLAGS (\\Seen) X {13}\r\n* 9 EXISTS\r\n \r\n)\r\n")
			switch round % 2 {
			case 0:
				s.Add(user, "INBOX", imaptest.Mail{Raw: []byte("Subject: x\r\n\r\nx")})
				if told, err := l.Wait(); !told || err != nil {
					t.Fatal(told, err)
				}
			case 1:
				time.AfterFunc(time.Millisecond, l.Wake)
				if told, err := l.Wait(); told || err != nil {
					t.Fatal(told, err)
				}
			}
			c, err := l.Resume(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Do(t.Context(), func() error { return c.Noop().Wait() }); err != nil {
				t.Fatal(err)
			}
			l = park(t, c)
		}
		if n := s.Stats().Logins; n != 1 {
			t.Errorf("%d log-ins", n)
		}
	}
}

// Wake ends the next Wait, if there is none now; what Forget was called after, none.
func TestWake(t *testing.T) {
	t.Parallel()
	_, l := parked(t, mailtest.TLS)
	l.Wake()
	if told, err := l.Wait(); told || err != nil {
		t.Fatal(told, err)
	}
	l.Wake()
	l.Forget()
	ended := make(chan error, 1)
	go func() { _, err := l.Wait(); ended <- err }()
	select {
	case err := <-ended:
		t.Fatalf("Wait returned: %v", err)
	case <-time.After(20 * time.Millisecond): // a wait that ends then is caught; one that goes on passes
	}
	l.Wake()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// What a server says without being asked, and where there is no IDLE, is read to its
// end before there is a client again. MAIL-T6
func TestResumeInALine(t *testing.T) {
	t.Parallel()
	s, l := parked(t, mailtest.TLS)
	s.Push(user, "* 1 FETCH (X {20}\r\n")
	pushed := make(chan struct{})
	for { // until the beginning is read
		l.Wake()
		if _, err := l.Wait(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Millisecond, l.Wake)
		if _, err := l.Wait(); err != nil {
			t.Fatal(err)
		}
		if l.Within() {
			break
		}
	}
	go func() {
		defer close(pushed)
		s.Push(user, "* BYE\r\n* 5 EXISTS\r\n)\r\n")
	}()
	c, err := l.Resume(t.Context(), nil)
	<-pushed
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Do(t.Context(), func() error { return c.Noop().Wait() }); err != nil {
		t.Error(err)
	}
}

// A server that does not want to tell of mail is asked no more than that; one that
// answers nothing, ends the connection or goes on for ever is left. MAIL-T2, MAIL-T6, MAIL-T8
func TestIdleFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		step  string
		fault mailtest.Fault
		idles bool
		fails bool
	}{
		"no":          {"IDLE", mailtest.Fault{Reply: "NO not now"}, false, false},
		"bad":         {"IDLE", mailtest.Fault{Reply: "BAD what"}, false, false},
		"frozen":      {"IDLE", mailtest.Fault{Freeze: true}, false, true},
		"cut":         {"IDLE", mailtest.Fault{Cut: true}, false, true},
		"endless":     {"IDLE", mailtest.Fault{Endless: true}, false, true},
		"bye":         {"IDLE", mailtest.Fault{Before: "* BYE too many\r\n"}, false, true},
		"frozen DONE": {"DONE", mailtest.Fault{Freeze: true}, true, true},
	} {
		s, d, h := start(t, mailtest.TLS)
		if tt.fault.Freeze {
			d.CommandWithin = 200 * time.Millisecond
		}
		c, err := d.Dial(t.Context(), h, imap.Login{Username: user, Password: secret}, nil)
		if err != nil {
			t.Fatal(err)
		}
		l := park(t, c)
		s.Fail(tt.step, 1, tt.fault)
		idles, err := l.Idle(t.Context())
		if idles != tt.idles {
			t.Errorf("%s: %v, %v", name, idles, err)
		}
		if err == nil {
			_, err = l.Resume(t.Context(), nil)
		}
		if e := transports.AsError(err); (e != nil) != tt.fails || e != nil && e.Kind != transports.Unreachable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A connection that the server ends is no longer waited on; nor is one whose owner
// is done. MAIL-T2
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*imaptest.Server, *imap.Link){
		"dropped": func(s *imaptest.Server, _ *imap.Link) { s.Drop(user) },
		"bye":     func(s *imaptest.Server, _ *imap.Link) { s.Push(user, "* BYE later\r\n") },
		"closed":  func(_ *imaptest.Server, l *imap.Link) { _ = l.Close() },
	} {
		s, l := parked(t, mailtest.TLS)
		if _, err := l.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { _, err := l.Wait(); ended <- err }()
		end(s, l)
		if err := <-ended; err == nil {
			t.Errorf("%s: it goes on", name)
		}
	}
}

// A Resume that nobody waits for any more ends. MAIL-T2
func TestResumeGivenUp(t *testing.T) {
	t.Parallel()
	s, l := parked(t, mailtest.TLS)
	if _, err := l.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Freeze(user)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := l.Resume(ctx, nil); err == nil {
		t.Error("it goes on")
	}
}
