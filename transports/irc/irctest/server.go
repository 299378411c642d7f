package irctest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Patience is how long a script waits before it fails its test.
const Patience = 10 * time.Second

// Host is where the servers of this package listen.
const Host = "127.0.0.1"

// Server is a listener on loopback. It ends with its test.
type Server struct {
	t        testing.TB
	listener net.Listener
	dials    atomic.Int64
	cas      *x509.CertPool

	mu    sync.Mutex // guards conns
	conns []net.Conn
}

// Listen returns a server without TLS.
func Listen(t testing.TB) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(Host, "0"))
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	s := &Server{t: t, listener: listener}
	t.Cleanup(s.close)
	return s
}

// ListenTLS returns a server with TLS, whose certificate is for host and signed
// by the one authority in CAs.
func ListenTLS(t testing.TB, host string) *Server {
	t.Helper()
	s := Listen(t)
	certificate, cas, err := NewCertificate(host)
	if err != nil {
		t.Fatalf("certificate: %v", err)
	}
	s.cas = cas
	s.listener = tls.NewListener(s.listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	return s
}

// Port returns the server's port.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// CAs returns who signed the server's certificate.
func (s *Server) CAs() *x509.CertPool { return s.cas }

// Dials returns how many connections were accepted so far.
func (s *Server) Dials() int { return int(s.dials.Load()) }

func (s *Server) close() {
	_ = s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
}

// accept returns the next connection, or nil when the server is closed.
func (s *Server) accept() net.Conn {
	c, err := s.listener.Accept()
	if err != nil {
		return nil
	}
	s.dials.Add(1)
	s.mu.Lock()
	s.conns = append(s.conns, c)
	s.mu.Unlock()
	return c
}

// Accept returns the next connection.
func (s *Server) Accept() *Conn {
	s.t.Helper()
	accepted := make(chan net.Conn, 1)
	go func() { accepted <- s.accept() }()
	select {
	case c := <-accepted:
		if c == nil {
			s.t.Fatal("accept: the server is closed")
		}
		return &Conn{t: s.t, Conn: c, lines: bufio.NewReader(c)}
	case <-time.After(Patience):
		s.t.Fatal("accept: nobody connects")
	}
	return nil
}

// Conn is one connection to a Server.
type Conn struct {
	net.Conn
	t     testing.TB
	lines *bufio.Reader
}

// Next returns the client's next line.
func (c *Conn) Next() string {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(Patience))
	line, err := c.lines.ReadString('\n')
	if err != nil {
		c.t.Fatalf("read a line: %v after %q", err, line)
	}
	if !strings.HasSuffix(line, "\r\n") || len(line) > 512 {
		c.t.Errorf("the line %q is not one of IRC", line)
	}
	return strings.TrimRight(line, "\r\n")
}

// Expect returns the next line, which must fit the pattern: "*" is any text
// without "/", as in path.Match.
func (c *Conn) Expect(pattern string) string {
	c.t.Helper()
	line := c.Next()
	if ok, err := path.Match(pattern, line); err != nil || !ok {
		c.t.Fatalf("the client says %q, want %q", line, pattern)
	}
	return line
}

// ExpectEOF waits for the client to close.
func (c *Conn) ExpectEOF() {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(Patience))
	for {
		if _, err := c.lines.ReadString('\n'); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				c.t.Fatal("the client does not close")
			}
			return
		}
	}
}

// Send sends lines.
func (c *Conn) Send(lines ...string) {
	c.t.Helper()
	_ = c.SetWriteDeadline(time.Now().Add(Patience))
	if _, err := c.Write([]byte(strings.Join(lines, "\r\n") + "\r\n")); err != nil {
		c.t.Fatalf("send %q: %v", lines, err)
	}
}

// Welcome lets a client in that asks for no password: it answers the client's
// first lines, with no capability, and returns its nick.
func (c *Conn) Welcome() string {
	c.t.Helper()
	c.Expect("CAP LS 302")
	nick := strings.TrimPrefix(strings.TrimPrefix(c.Expect("NICK *"), "NICK "), ":")
	c.Expect("USER *")
	c.Send(":irc.test CAP * LS :")
	c.Expect("CAP END")
	c.Send(Greeting(nick)...)
	return nick
}

// Greeting returns the lines by which a server lets a client in.
func Greeting(nick string) []string {
	return []string{
		fmt.Sprintf(":irc.test 001 %s :Welcome to the test network", nick),
		fmt.Sprintf(":irc.test 004 %s irc.test test-1 io biklmnopstv bklov", nick),
		fmt.Sprintf(":irc.test 005 %s CASEMAPPING=rfc1459 CHANTYPES=#& PREFIX=(qaohv)~&@%%+ CHANMODES=beI,k,l,imnpst NICKLEN=30 TOPICLEN=300 :are supported by this server", nick),
		fmt.Sprintf(":irc.test 422 %s :No message of the day", nick),
	}
}
