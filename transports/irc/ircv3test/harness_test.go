package ircv3test_test

import (
	"bufio"
	"crypto/tls"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"wherry/transports/irc/ircv3test"
)

// wire is a client that speaks raw IRC.
type wire struct {
	t     *testing.T
	conn  net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, n *ircv3test.Network) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(n.Port())))
	if err != nil {
		t.Fatal(err)
	}
	return newWire(t, conn)
}

func dialTLS(t *testing.T, n *ircv3test.Network, certificates ...tls.Certificate) *wire {
	t.Helper()
	conn, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(n.Port())),
		&tls.Config{RootCAs: n.CAs(), ServerName: "irc.test", Certificates: certificates, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	return newWire(t, conn)
}

func newWire(t *testing.T, conn net.Conn) *wire {
	t.Cleanup(func() { _ = conn.Close() })
	return &wire{t, conn, bufio.NewReaderSize(conn, 1<<16)}
}

// login connects a client that has the capabilities given, separated by spaces.
func login(t *testing.T, n *ircv3test.Network, nick, caps string) *wire {
	t.Helper()
	w := dial(t, n)
	w.send("CAP LS 302", "NICK "+nick, "USER "+nick+" 0 * :Real "+nick)
	if caps != "" {
		w.send("CAP REQ :" + caps)
		w.until("*CAP " + nick + " ACK *")
	}
	w.send("CAP END")
	w.until("*422 " + nick + " *")
	return w
}

func (w *wire) send(lines ...string) {
	w.t.Helper()
	if _, err := w.conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n")); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) next() string {
	w.t.Helper()
	_ = w.conn.SetReadDeadline(time.Now().Add(ircv3test.Patience))
	line, err := w.lines.ReadString('\n')
	if err != nil {
		w.t.Fatalf("read: %v after %q", err, line)
	}
	if !strings.HasSuffix(line, "\r\n") {
		w.t.Errorf("%q has no CR LF", line)
	}
	return strings.TrimSuffix(line, "\r\n")
}

// expect reads as many lines as patterns, which must fit: "*" is any text, and
// "<name>" any word, the same wherever the name is the same. It returns the
// words by name.
func (w *wire) expect(patterns ...string) map[string]string {
	w.t.Helper()
	words := make(map[string]string)
	for _, pattern := range patterns {
		line := w.next()
		if !fit(pattern, line, words) {
			w.t.Fatalf("the server says\n\t%q, want\n\t%q with %v", line, pattern, words)
		}
	}
	return words
}

var word = regexp.MustCompile(`\\\*|<[a-z0-9]+>`)

func fit(pattern, line string, words map[string]string) bool {
	var names []string
	text := word.ReplaceAllStringFunc(regexp.QuoteMeta(pattern), func(part string) string {
		if part == `\*` {
			return ".*"
		}
		name := part[1 : len(part)-1]
		if known := words[name]; known != "" {
			return regexp.QuoteMeta(known)
		}
		names = append(names, name)
		return `([^ ;]+)`
	})
	got := regexp.MustCompile("^" + text + "$").FindStringSubmatch(line)
	if got == nil {
		return false
	}
	for i, name := range names {
		words[name] = got[i+1]
	}
	return true
}

// until reads lines up to one that fits a pattern, and returns it.
func (w *wire) until(pattern string) string {
	w.t.Helper()
	for {
		if line := w.next(); fit(pattern, line, map[string]string{}) {
			return line
		}
	}
}

// quiet fails if the server says anything but what it answers to a PING now.
func (w *wire) quiet() {
	w.t.Helper()
	w.send("PING quiet")
	if line := w.next(); !strings.HasSuffix(line, "PONG irc.test :quiet") {
		w.t.Errorf("the server says %q, want nothing", line)
	}
}

// closed waits for the server to close.
func (w *wire) closed() {
	w.t.Helper()
	_ = w.conn.SetReadDeadline(time.Now().Add(ircv3test.Patience))
	for {
		if _, err := w.lines.ReadString('\n'); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				w.t.Fatal("the server does not close")
			}
			return
		}
	}
}
