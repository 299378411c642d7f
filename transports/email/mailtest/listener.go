package mailtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync"
	"time"
)

// Security is how TLS comes to a connection.
type Security int

// The kinds of Security.
const (
	Plain    Security = iota // never
	StartTLS                 // when the client asks for it
	TLS                      // from the first byte
)

// Config says how a Listener listens.
type Config struct {
	Security Security
	Hosts    []string // of its certificate; default Host and "localhost"
	Expired  bool     // the certificate is over
}

// Host is where a Listener listens.
const Host = "127.0.0.1"

// Counts are how many connections there were.
type Counts struct {
	Dials int // all
	Open  int // now
	Peak  int // at a time
}

// Listener takes connections on a free port of loopback. Its methods are safe for
// concurrent use.
type Listener struct {
	Faults

	listener net.Listener
	security Security
	tls      *tls.Config
	roots    *x509.CertPool
	handlers sync.WaitGroup

	mu     sync.Mutex // guards what follows
	conns  map[*Conn]bool
	counts Counts
	closed bool
	rung   chan struct{} // closed and replaced by Ring
}

// Listen begins to listen. Connections are taken once Serve is called.
func Listen(c Config) (*Listener, error) {
	if len(c.Hosts) == 0 {
		c.Hosts = []string{Host, "localhost"}
	}
	end := time.Now().Add(48 * time.Hour)
	if c.Expired {
		end = time.Now().Add(-time.Hour)
	}
	certificate, roots, err := Certificate(end, c.Hosts...)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(Host, "0"))
	if err != nil {
		return nil, fmt.Errorf("a mail server: %w", err)
	}
	return &Listener{
		listener: listener, security: c.Security, roots: roots,
		tls:   &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		conns: make(map[*Conn]bool), rung: make(chan struct{}),
	}, nil
}

// Serve has each connection be one call of handle, after the handshake of TLS
// where Security says so; it is closed when that returns. Serve does not wait.
func (l *Listener) Serve(handle func(*Conn)) { l.handlers.Go(func() { l.serve(handle) }) }

// Addr is the address, host and port.
func (l *Listener) Addr() string { return l.listener.Addr().String() }

// Port is the port.
func (l *Listener) Port() int { return l.listener.Addr().(*net.TCPAddr).Port }

// Roots trust the certificate.
func (l *Listener) Roots() *x509.CertPool { return l.roots }

// Certificate is what it shows, for who trusts several of them.
func (l *Listener) Certificate() (*x509.Certificate, error) {
	return x509.ParseCertificate(l.tls.Certificates[0].Certificate[0])
}

// Security is what the configuration says.
func (l *Listener) Security() Security { return l.security }

// Counts returns the counts of connections.
func (l *Listener) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// Close ends all connections, and returns when nobody handles one any more.
func (l *Listener) Close() error {
	err := l.listener.Close()
	l.mu.Lock()
	l.closed = true
	for c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.handlers.Wait()
	return err
}

// Each calls do with every connection that is open.
func (l *Listener) Each(do func(*Conn)) {
	l.mu.Lock()
	conns := make([]*Conn, 0, len(l.conns))
	for c := range l.conns {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	for _, c := range conns {
		do(c)
	}
}

// Ring tells those in Await that something changed.
func (l *Listener) Ring() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring()
}

func (l *Listener) ring() {
	close(l.rung)
	l.rung = make(chan struct{})
}

// Await waits until a condition holds, which is looked at whenever something changed.
func (l *Listener) Await(ctx context.Context, holds func() bool) error {
	for {
		l.mu.Lock()
		rung := l.rung
		l.mu.Unlock()
		if holds() {
			return nil
		}
		select {
		case <-rung:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *Listener) serve(handle func(*Conn)) {
	for {
		raw, err := l.listener.Accept()
		if err != nil {
			return
		}
		c := &Conn{l: l, raw: raw, conn: raw, gone: make(chan struct{})}
		if !l.add(c) {
			_ = raw.Close()
			return
		}
		l.handlers.Go(func() {
			defer l.remove(c)
			if l.begin(c) {
				handle(c)
			}
		})
	}
}

// begin does what comes before the first byte of the protocol.
func (l *Listener) begin(c *Conn) bool {
	if right, err := c.Suffer(l.Take(Connect), func(string) error { return nil }); err != nil || !right {
		return false
	}
	return l.security != TLS || c.StartTLS() == nil
}

func (l *Listener) add(c *Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.conns[c] = true
	l.counts.Dials++
	l.counts.Open++
	l.counts.Peak = max(l.counts.Peak, l.counts.Open)
	l.ring()
	return true
}

func (l *Listener) remove(c *Conn) {
	_ = c.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	l.counts.Open--
	l.ring()
}
