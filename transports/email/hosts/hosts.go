// Package hosts connects to mail servers, IMAP and SMTP alike, and says in plain
// words what kept us from one. No password goes anywhere before the certificate
// of the server was verified.
package hosts

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"syscall"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
)

// Mode is how a connection becomes secure. There is no mode without TLS.
type Mode string

// The modes, as they are called in forms.
const (
	TLS      Mode = "tls"      // from the first byte: RFC 8314 §3
	StartTLS Mode = "starttls" // by a command in the clear, RFC 3207 and RFC 3501 §6.2.1
)

// Host is a server of a user's mail.
type Host struct {
	Name string
	Port int
	TLS  Mode
	Pins string // as dial.ParsePins reads it: certificates that are good there besides those that are verified
}

// Address returns "host:port".
func (h Host) Address() string { return net.JoinHostPort(h.Name, strconv.Itoa(h.Port)) }

// Ports are those on which mail is fetched and submitted: RFC 8314 §7.
var Ports = map[int]bool{143: true, 465: true, 587: true, 993: true}

// Dialer connects to servers. The zero Dialer is ready for use.
type Dialer struct {
	Guard   dial.Guard
	AnyPort bool                          // also others than Ports: else the gateway would scan ports for its users
	Config  func(host string) *tls.Config // nil is dial.TLSConfig with the system's authorities

	// WriteWithin bounds the writing of one piece: a server that reads nothing holds
	// nobody up. 0 is a minute.
	WriteWithin time.Duration
}

// TLSConfig returns the client's side of TLS towards a host.
func (d *Dialer) TLSConfig(h Host) *tls.Config {
	config := dial.TLSConfig(h.Name, nil)
	if d.Config != nil {
		config = d.Config(h.Name)
	}
	pins, _ := dial.ParsePins(h.Pins)
	return pins.Besides(config)
}

// Dial connects to a server, with TLS where the mode says that it begins so. The
// server may say so many bytes, until it is allowed more by what is below TLS.
// Errors are Failure's.
func (d *Dialer) Dial(ctx context.Context, h Host, bytes int64) (net.Conn, *Bounded, error) {
	if !d.AnyPort && !Ports[h.Port] {
		return nil, nil, &transports.Error{Kind: transports.NotAllowed,
			Text: transports.T("Port %s is not one of those for mail: 993 and 143 to fetch it, 465 and 587 to send it.", strconv.Itoa(h.Port))}
	}
	conn, err := d.Guard.DialContext(ctx, "tcp", h.Address())
	if err != nil {
		return nil, nil, Failure(h.Name, err)
	}
	within := d.WriteWithin
	if within == 0 {
		within = writeWithin
	}
	bounded := Bound(&patient{Conn: conn, within: within}, bytes)
	if h.TLS == StartTLS {
		return bounded, bounded, nil
	}
	secured, err := d.Secure(ctx, h, bounded)
	if err != nil {
		return nil, nil, err
	}
	return secured, bounded, nil
}

// Secure begins TLS on a connection of Dial's. Where that fails, the connection is
// closed. Errors are Failure's.
func (d *Dialer) Secure(ctx context.Context, h Host, conn *Bounded) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, secureWithin)
	defer cancel()
	secured, err := dial.Handshake(ctx, conn, d.TLSConfig(h))
	if err != nil {
		return nil, Failure(h.Name, err)
	}
	return secured, nil
}

// Bounds on a connection.
const (
	secureWithin = 20 * time.Second // for TLS
	writeWithin  = time.Minute      // for a piece that is written
)

// patient is a connection whose writes end.
type patient struct {
	net.Conn
	within time.Duration
	raw    syscall.RawConn // nil until it is lean
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(p.within)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}
