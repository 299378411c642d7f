package ircv3test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"

	"wherry/transports/irc/irctest"
)

// Patience is how long a test waits before it fails.
const Patience = 10 * time.Second

// Network is a Server on loopback that ends with its test, and fails it when
// what it waits for does not come.
type Network struct {
	*Server
	t    testing.TB
	addr *net.TCPAddr
	cas  *x509.CertPool
}

// Start returns a server without TLS.
func Start(t testing.TB, cfg Config) *Network {
	t.Helper()
	return start(t, cfg, nil, nil)
}

// StartTLS returns a server with TLS, whose certificate is for host and signed
// by the one authority in CAs. Clients may show certificates of their own.
func StartTLS(t testing.TB, cfg Config, host string) *Network {
	t.Helper()
	certificate, cas, err := irctest.NewCertificate(host)
	if err != nil {
		t.Fatalf("certificate: %v", err)
	}
	return start(t, cfg, TLS(certificate), cas)
}

// TLS returns how a server with a certificate speaks TLS.
func TLS(certificate tls.Certificate) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS12,
		ClientAuth:   tls.RequestClientCert,
	}
}

func start(t testing.TB, cfg Config, secure *tls.Config, cas *x509.CertPool) *Network {
	t.Helper()
	l, err := net.Listen("tcp", irctest.Host+":0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	n := &Network{New(cfg), t, l.Addr().(*net.TCPAddr), cas}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	go n.Serve(l)
	t.Cleanup(n.Close)
	return n
}

// Port returns the server's port.
func (n *Network) Port() int { return n.addr.Port }

// Plain lets clients connect to the server without TLS too, and returns the port
// for that; https://ircv3.net/specs/extensions/sts wants both.
func (n *Network) Plain() int {
	n.t.Helper()
	l, err := net.Listen("tcp", irctest.Host+":0")
	if err != nil {
		n.t.Fatalf("listen: %v", err)
	}
	go n.Serve(l)
	return l.Addr().(*net.TCPAddr).Port
}

// CAs returns who signed the server's certificate.
func (n *Network) CAs() *x509.CertPool { return n.cas }

// Await returns the first line of the client with a nick that fits a pattern,
// behind the one that the last Await for this nick returned: see Server.Wait
// and Like.
func (n *Network) Await(nick, pattern string) string {
	n.t.Helper()
	return n.AwaitFunc(nick, pattern, Like(pattern))
}

// AwaitFunc is Await with a condition of the test's own; what says what is
// waited for.
func (n *Network) AwaitFunc(nick, what string, right func(line string) bool) string {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	line, err := n.Wait(ctx, nick, right)
	if err != nil {
		n.t.Fatalf("%s never says %q; it said %q", nick, what, n.Received(nick))
	}
	return line
}

// AwaitTold returns the first line that a puppet is sent that fits a pattern,
// behind the one returned last.
func (n *Network) AwaitTold(p *Puppet, pattern string) string {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	line, err := p.Wait(ctx, Like(pattern))
	if err != nil {
		n.t.Fatalf("%s is never told %q, but %q", p.Nick(), pattern, p.Told())
	}
	return line
}
