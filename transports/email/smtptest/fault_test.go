package smtptest_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"wherry/transports/email/mailtest"
	"wherry/transports/email/smtptest"
)

// Each step of sending a mail can be refused, for now or for good, with a code.
func TestEachStep(t *testing.T) {
	t.Parallel()
	s := start(t, smtptest.Config{})
	for _, step := range []string{"MAIL", "RCPT", "DATA", "MESSAGE"} {
		for _, reply := range []string{"451 4.3.0 try later", "550 5.7.1 never"} {
			c := login(t, s)
			s.Fail(step, 1, mailtest.Fault{Reply: reply})
			err := send(c, other)
			var refused *smtp.SMTPError
			if !errors.As(err, &refused) || fmt.Sprint(refused.Code) != reply[:3] || refused.Temporary() != (reply[0] == '4') || refused.EnhancedCode[0] != int(reply[0]-'0') {
				t.Errorf("%s, %s: %v", step, reply, err)
			}
		}
	}
	if n := len(s.Messages()); n != 0 {
		t.Errorf("%d mails were taken", n)
	}
	s.Fail("GREETING", 1, mailtest.Fault{Reply: "421 4.3.2 too busy", Cut: true})
	c, err := dial(s)
	if err == nil {
		defer c.Close()
		err = c.Noop()
	}
	if code(err) != 421 {
		t.Errorf("the greeting: %v", err)
	}
}

// The connection ends around the answer to a mail.
func TestCutAroundTheEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		step  string
		fault mailtest.Fault
		code  int
		taken int
	}{
		"before anything":  {"DATA", mailtest.Fault{Cut: true}, -1, 0},
		"in the mail":      {"DATA", mailtest.Fault{Reply: "354 go on", Cut: true}, -1, 0},
		"not taken":        {"MESSAGE", mailtest.Fault{Cut: true}, -1, 0},
		"taken, no answer": {"MESSAGE", mailtest.Fault{Work: true, Cut: true}, -1, 1},
		"taken, and half":  {"MESSAGE", mailtest.Fault{Work: true, Before: "25", Cut: true}, -1, 1},
		"after the answer": {"MESSAGE", mailtest.Fault{Work: true, Reply: "250 2.0.0 queued", Cut: true}, 0, 1},
		"only slow":        {"MESSAGE", mailtest.Fault{Slow: time.Millisecond}, 0, 1},
	} {
		s := start(t, smtptest.Config{Config: mailtest.Config{Security: mailtest.TLS}})
		c := login(t, s)
		s.Fail(test.step, 1, test.fault)
		if got := code(send(c, other)); got != test.code {
			t.Errorf("%s: %d, want %d", name, got, test.code)
		}
		if n := len(s.Messages()); n != test.taken {
			t.Errorf("%s: %d mails were taken, want %d", name, n, test.taken)
		}
	}
}

// talk is a connection without a client, which has logged in.
func talk(t *testing.T, s *smtptest.Server) (*net.TCPConn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(wait))
	lines := bufio.NewReader(conn)
	hear(t, lines, "220")
	say(t, conn, "EHLO me")
	hear(t, lines, "250 ")
	say(t, conn, "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+secret)))
	hear(t, lines, "235")
	return conn.(*net.TCPConn), lines
}

func say(t *testing.T, conn net.Conn, line string) {
	t.Helper()
	if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
		t.Fatal(err)
	}
}

// hear reads to the line that begins so, and returns it.
func hear(t *testing.T, lines *bufio.Reader, begin string) string {
	t.Helper()
	var all strings.Builder
	for {
		line, err := lines.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			t.Fatalf("%v after %q, want %q", err, all.String(), begin)
		}
		if strings.HasPrefix(line, begin) {
			return line
		}
	}
}

// A frozen connection takes what it is told, says nothing and does nothing.
func TestFrozen(t *testing.T) {
	t.Parallel()
	s := start(t, smtptest.Config{})
	for _, step := range []string{"MAIL", "DATA", "MESSAGE"} {
		conn, lines := talk(t, s)
		s.Fail(step, 1, mailtest.Fault{Freeze: true})
		want := map[string]string{"MAIL": "", "DATA": "250 250 ", "MESSAGE": "250 250 354 "}[step]
		say(t, conn, "MAIL FROM:<"+user+">\r\nRCPT TO:<"+other+">\r\nDATA\r\n"+letter+".")
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(lines)
		var codes strings.Builder
		for line := range strings.Lines(string(said)) {
			codes.WriteString(line[:4])
		}
		if err != nil || codes.String() != want {
			t.Errorf("%s: it said %q, %v", step, said, err)
		}
	}
	if n := len(s.Messages()); n != 0 {
		t.Errorf("%d mails were taken", n)
	}
}

// TestWire is for what go-smtp has no way to say.
func TestWire(t *testing.T) {
	t.Parallel()
	s := start(t, smtptest.Config{})
	conn, lines := talk(t, s)
	for _, test := range []struct{ say, want string }{
		{"XYZZY", "500"},
		{"AUTH PLAIN", "503"},
		{"STARTTLS", "503"},
		{"RCPT TO:<" + other + ">", "503"},
		{"DATA", "503"},
		{"MAIL FROM " + user, "501"},
		{"MAIL FROM:<" + user + "> XYZZY=1", "555"},
		{"MAIL FROM:<änn@mail.test>", "553"},
		{"mail from:<" + user + ">", "250"},
		{"MAIL FROM:<" + user + ">", "503"},
		{"RCPT TO:<böb@mail.test>", "553"},
		{"RCPT TO:<" + other + "> ORCPT=rfc822;b+2Bb@mail.test", "250"},
		{"DATA", "354"},
		{"a\nb\r\n.", "550 5.5.2"},
		{"NOOP", "250"},
		{"QUIT", "221"},
	} {
		say(t, conn, test.say)
		if got := hear(t, lines, ""); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %q, want %q", test.say, got, test.want)
		}
	}
	conn, lines = talk(t, s)
	say(t, conn, strings.Repeat("x", 13<<10))
	hear(t, lines, "500 5.5.6")
	conn, lines = talk(t, s)
	if _, err := io.WriteString(conn, "NOOP\n"); err != nil {
		t.Fatal(err)
	}
	hear(t, lines, "500 5.5.2")
}
