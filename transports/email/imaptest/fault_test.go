package imaptest_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// body fetches the body of a mail.
func body(c *client, uid imap.UID) (string, error) {
	section := &imap.FetchItemBodySection{Peek: true}
	got, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil || len(got) == 0 {
		return "", errors.Join(err, errors.New("no mail"))
	}
	return string(got[0].FindBodySection(section)), nil
}

// async runs what may block for ever.
func async(do func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	return done
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	for _, test := range []struct{ step, reply, code string }{
		{"LOGIN", "NO [UNAVAILABLE] Temporary authentication failure", "UNAVAILABLE"},
		{"LOGIN", "NO [LIMIT] Too many logins", "LIMIT"},
		{"LOGIN", "NO [AUTHENTICATIONFAILED] No", "AUTHENTICATIONFAILED"},
		{"SELECT", "NO [INUSE] The mailbox is locked", "INUSE"},
		{"NOOP", "BAD what", ""},
	} {
		c := dial(t, s)
		s.Fail(test.step, 1, mailtest.Fault{Reply: test.reply})
		try := func() error {
			if err := c.Login(user, secret).Wait(); err != nil {
				return err
			}
			if _, err := c.Select("INBOX", nil).Wait(); err != nil {
				return err
			}
			return c.Noop().Wait()
		}
		if err := try(); err == nil || string(code(err)) != test.code {
			t.Errorf("%s, %s: %v", test.step, test.reply, err)
		}
		if err := c.Noop().Wait(); err != nil {
			t.Errorf("%s, %s: then %v", test.step, test.reply, err)
		}
	}
}

func TestGreetings(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Config: mailtest.Config{Security: mailtest.TLS}, Dialect: imaptest.Dovecot})
	s.Fail("GREETING", 1, mailtest.Fault{Reply: "BYE [UNAVAILABLE] too busy", Cut: true})
	if err := dial(t, s).WaitGreeting(); err == nil {
		t.Error("a BYE is a greeting")
	}
	s.Fail(mailtest.Connect, 1, mailtest.Fault{Cut: true})
	if c, err := imapclient.DialTLS(s.Addr(), nil); err == nil {
		c.Close()
		t.Error("a connection that was cut is there")
	}
	if err := dial(t, s).WaitGreeting(); err != nil {
		t.Error(err)
	}
}

// What no client asked for.
func TestUntagged(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	c := login(t, s)
	s.Fail("NOOP", 1, mailtest.Fault{Before: "* OK [ALERT] Your mailbox is nearly full\r\n"})
	if err := c.Noop().Wait(); err != nil {
		t.Error(err)
	}
	s.Fail("NOOP", 1, mailtest.Fault{Before: "* VANISHED (EARLIER) 41,43:116\r\n"})
	if err := c.Noop().Wait(); err == nil {
		t.Error("go-imap takes VANISHED")
	}
	c = login(t, s)
	idle := must[*imapclient.IdleCommand](t)(c.Idle())
	s.Push(user, "* 3 EXISTS\r\n")
	if n := next(t, c.exists, "EXISTS"); n != 3 {
		t.Errorf("EXISTS %d", n)
	}
	s.Bye(user, "[UNAVAILABLE] restarting")
	next(t, c.Closed(), "the end")
	_ = idle.Close()
	c = login(t, s)
	s.Drop(user)
	next(t, c.Closed(), "the end")
}

// A frozen connection takes what it is told, and says nothing.
func TestFrozen(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	for name, freeze := range map[string]func(net.Conn, *bufio.Reader){
		"command": func(conn net.Conn, _ *bufio.Reader) {
			s.Fail("NOOP", 1, mailtest.Fault{Freeze: true})
			say(t, conn, "2 NOOP")
		},
		"idle": func(conn net.Conn, lines *bufio.Reader) {
			say(t, conn, "2 IDLE")
			hear(t, lines, "+")
			s.Freeze(user)
			s.Add(user, "INBOX", imaptest.Mail{Raw: raw("never told")})
			say(t, conn, "DONE")
		},
	} {
		conn, lines := bare(t, s)
		say(t, conn, "1 SELECT INBOX")
		hear(t, lines, "1 OK")
		freeze(conn, lines)
		say(t, conn, "3 NOOP\r\n4 NOOP")
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if said, err := io.ReadAll(lines); err != nil || len(said) > 0 {
			t.Errorf("%s: it said %q, %v", name, said, err)
		}
	}
}

func TestEndless(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	conn, lines := bare(t, s)
	s.Fail("NOOP", 1, mailtest.Fault{Endless: true})
	say(t, conn, "1 NOOP")
	if n, err := io.CopyN(io.Discard, lines, 4<<20); err != nil {
		t.Errorf("ended after %d bytes: %v", n, err)
	}
	conn.Close()
	if err := s.Await(within(t), func() bool { return s.Counts().Open == 0 }); err != nil {
		t.Error(err)
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	c := login(t, s)
	s.Fail("NOOP", 1, mailtest.Fault{Slow: time.Millisecond})
	began := time.Now()
	if err := c.Noop().Wait(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 5*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

// A command is done, but its answer is lost.
func TestWorkAndCut(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	c := login(t, s)
	s.Fail("APPEND", 1, mailtest.Fault{Work: true, Cut: true})
	content := raw("sent")
	add := c.Append("Sent", int64(len(content)), nil)
	_, _ = add.Write(content)
	_ = add.Close()
	if _, err := add.Wait(); err == nil {
		t.Error("the answer came")
	}
	if n := len(s.Mails(user, "Sent")); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

func TestOddBodies(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	const huge = 3 << 20
	s.Add(user, "INBOX",
		imaptest.Mail{Raw: raw("one")},
		imaptest.Mail{Raw: raw("poison"), Fault: mailtest.Fault{Before: " XYZZY ", Cut: true}},
		imaptest.Mail{Raw: raw("longer"), Lie: 10},
		imaptest.Mail{Raw: raw("shorter"), Lie: -10},
		imaptest.Mail{Raw: raw("huge"), Huge: huge},
		imaptest.Mail{Raw: raw("six")})
	for uid := range imap.UID(6) {
		c := login(t, s)
		head := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
		if _, err := c.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{RFC822Size: true, BodySection: []*imap.FetchItemBodySection{head}}).Collect(); err != nil {
			t.Fatalf("the headers: %v", err)
		}
		done := make(chan error, 1)
		var got string
		go func() { var err error; got, err = body(c, uid+1); done <- err }()
		switch uid + 1 {
		case 3: // waits for bytes that never come
			if err := s.Wait(within(t), func(s imaptest.Stats) bool { return s.Commands["FETCH"] == 6 }); err != nil {
				t.Fatal(err)
			}
			c.Close()
			next(t, done, "an error")
		case 2, 4:
			if err := next(t, done, "an error"); err == nil {
				t.Errorf("%d: no error", uid+1)
			}
		case 5:
			if err := next(t, done, "the body"); err != nil || len(got) != huge {
				t.Errorf("huge: %d bytes, %v", len(got), err)
			}
		default:
			if err := next(t, done, "the body"); err != nil || !strings.Contains(got, "Ahoy") {
				t.Errorf("%d: %q, %v", uid+1, got, err)
			}
		}
	}
}

// Faults can come later, more than once, and be taken back.
func TestFaultsInTurn(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	c := login(t, s)
	s.FailAfter("NOOP", 1, 2, mailtest.Fault{Reply: "NO not now"})
	var got []bool
	for range 4 {
		got = append(got, c.Noop().Wait() == nil)
	}
	if want := []bool{true, false, false, true}; !equal(got, want) {
		t.Errorf("went well: %v, want %v", got, want)
	}
	s.Fail(mailtest.Any, -1, mailtest.Fault{Reply: "NO never"})
	if err := c.Noop().Wait(); err == nil {
		t.Error("it went well")
	}
	s.Heal()
	hold := make(chan struct{})
	s.Fail("NOOP", 1, mailtest.Fault{Hold: hold})
	done := async(c.Noop().Wait)
	if err := s.Wait(within(t), func(s imaptest.Stats) bool { return s.Commands["NOOP"] == 6 }); err != nil {
		t.Fatal(err)
	}
	close(hold)
	if err := next(t, done, "the answer"); err != nil {
		t.Error(err)
	}
}

func equal(a, b []bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
