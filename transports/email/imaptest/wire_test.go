package imaptest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"wherry/transports/email/imaptest"
)

// bare connects without a client, and logs in.
func bare(t *testing.T, s *imaptest.Server) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(wait))
	lines := bufio.NewReader(conn)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	say(t, conn, fmt.Sprintf("0 LOGIN %q %q", user, secret))
	hear(t, lines, "0 OK")
	return conn, lines
}

func say(t *testing.T, conn net.Conn, line string) {
	t.Helper()
	if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
		t.Fatal(err)
	}
}

// hear reads to the line that begins so, and returns what came.
func hear(t *testing.T, lines *bufio.Reader, begin string) string {
	t.Helper()
	var all strings.Builder
	for {
		line, err := lines.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			t.Fatalf("%v after %q", err, all.String())
		}
		if strings.HasPrefix(line, begin) {
			return all.String()
		}
	}
}

// TestWire is for what go-imap has no way to say.
func TestWire(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Cyrus})
	s.Add(user, "INBOX", imaptest.Mail{Raw: raw("one")}, imaptest.Mail{Raw: raw("two")})
	conn, lines := bare(t, s)
	for _, test := range []struct{ say, want string }{
		{"NOOP", "OK"},
		{"XYZZY", "BAD"},
		{"FETCH 1 UID", "BAD not now"},
		{`SELECT "INBOX"`, "OK [READ-WRITE]"},
		{"FETCH 1:9 (FLAGS)", "* 2 FETCH (FLAGS ())"},
		{"FETCH 9 (FLAGS)", "BAD"},
		{"UID FETCH 9:* (FLAGS)", "* 2 FETCH (UID 2 FLAGS ())"}, // RFC 3501 §6.4.8
		{"FETCH 1 BODYSTRUCTURE", "BAD"},
		{"FETCH 1 BODY[TEXT]<0.4>", "BODY[TEXT]<0> {4}\r\nAhoy"},
		{"FETCH 1 (BODY.PEEK[HEADER.FIELDS.NOT (FROM SUBJECT)])", "{31}\r\nMessage-ID: <one@mail.test>"},
		{"SEARCH UNSEEN", "* SEARCH 2\r\n"},
		{"SEARCH NOT (SEEN SUBJECT two)", "* SEARCH 1 2"},
		{"UID SEARCH RETURN () ALL", "UID ALL 1:2"},
		{"SEARCH FUZZY x", "BAD"},
		{`LIST "" ""`, `* LIST (\Noselect) "." ""`},
		{`LIST (SPECIAL-USE) "" "*"`, `* LIST (\HasNoChildren \junk) "." "INBOX.Junk"`},
		{`LIST "INBOX." "%"`, `"INBOX.Trash"`},
		{`STATUS inbox (MESSAGES RECENT)`, `(MESSAGES 2 RECENT 0)`},
		{"CREATE new", "OK"},
		{"APPEND new {3+}\r\na\nb", "NO Message contains bare newlines"},
		{"APPEND new (\\Seen) \" 2-Nov-2026 03:04:05 +0000\" {4+}\r\na\r\nb", "[APPENDUID 1700000000 1]"},
		{"EXAMINE new", "OK [READ-ONLY]"},
		{"STORE 1 +FLAGS (\\Deleted)", "NO [READ-ONLY]"},
		{"UNSELECT", "OK"},
		{"SELECT new", "* 1 EXISTS"},
		{"STORE 1 FLAGS \\Deleted", `FLAGS (\Deleted)`},
		{"COPY 1 INBOX", "[COPYUID 1700000000 1 3]"},
		{"UID EXPUNGE 1", "* 1 EXPUNGE"},
		{"CLOSE", "OK"},
		{"ENABLE CONDSTORE XYZZY", "* ENABLED CONDSTORE\r\n"},
	} {
		say(t, conn, "a1 "+test.say)
		if got := hear(t, lines, "a1 "); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.say, got, test.want)
		}
	}
	// A literal that is waited for.
	say(t, conn, "a2 SELECT {5}")
	hear(t, lines, "+ ")
	say(t, conn, "INBOX")
	if got := hear(t, lines, "a2 "); !strings.Contains(got, "* 3 EXISTS") {
		t.Errorf("SELECT by literal: %q", got)
	}
	say(t, conn, "a3 "+strings.Repeat("x", 70<<10))
	if got, err := io.ReadAll(lines); !strings.HasPrefix(string(got), "* BYE") {
		t.Errorf("a line without an end: %q, %v", got, err)
	}
}

func TestLiteralBound(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Literal: 100})
	conn, lines := bare(t, s)
	say(t, conn, "a1 APPEND INBOX {101}")
	hear(t, lines, "* BYE")
}
