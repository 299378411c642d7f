package irc

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"syscall"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
)

// connect dials the network of who: ports with TLS first, each in turn until one
// answers. A certificate that is not good ends it; other ports are no cure.
func (t *Transport) connect(ctx context.Context, who *identity, secured, plain []int) (*link, error) {
	var first error
	for i, port := range append(slices.Clip(secured), plain...) {
		l, err := t.dial(ctx, who, port, i < len(secured))
		if err == nil {
			return l, nil
		}
		if first == nil || dial.CertificateError(err) != nil {
			first = err
		}
		var private *dial.PrivateAddressError
		if ctx.Err() != nil || errors.As(err, &private) || dial.CertificateError(err) != nil || errors.Is(err, errPin) {
			first = err
			break
		}
	}
	return nil, dialError(who.dialled(), first)
}

// dial connects to one port.
func (t *Transport) dial(ctx context.Context, who *identity, port int, secure bool) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, gone, err := t.reach(ctx, who, net.JoinHostPort(who.dialled(), strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	sys, ok := conn.(syscall.Conn)
	if !ok {
		gone()
		_ = conn.Close()
		return nil, errors.New("not a socket")
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		gone()
		_ = conn.Close()
		return nil, err
	}
	s := &socket{Conn: conn, raw: raw, gone: gone}
	if !secure {
		return newLink(s, s, port), nil
	}
	secured, err := dial.Handshake(ctx, s, t.tlsFor(who))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errHandshake, err)
	}
	return newLink(s, secured, port), nil
}

// errHandshake tells that a port answered, but not by TLS.
var errHandshake = errors.New("no tls")

// dialTimeout bounds the way to one port, TLS included.
const dialTimeout = 10 * time.Second

// dialError says what kept us from a host.
func dialError(host string, err error) error {
	e := &transports.Error{Kind: transports.Unreachable, Err: err}
	var (
		private *dial.PrivateAddressError
		lookup  *net.DNSError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		expired x509.CertificateInvalidError
	)
	switch {
	case err == nil:
		e.Err = fmt.Errorf("no port to try for %s", host)
		e.Text = transports.T("No port is set for %s.", host)
	case errors.As(err, &private):
		e.Kind = transports.NotAllowed
		e.Text = transports.T("%s is not on the public internet.", host)
	case errors.As(err, &lookup) && lookup.IsNotFound:
		e.Text = transports.T("There is no host %s.", host)
	case errors.Is(err, errPin):
		e.Text = transports.T("The certificate of %s is not the one with the fingerprint that you gave.", host)
	case errors.As(err, &unknown):
		e.Text = transports.T("The certificate of %s is signed by nobody we trust. If it is the right one all the same, give its fingerprint: %s", host, dial.Fingerprint(err))
	case errors.As(err, &name):
		e.Text = transports.T("The certificate of %s is for another host. If it is the right one all the same, give its fingerprint: %s", host, dial.Fingerprint(err))
	case errors.As(err, &expired):
		e.Text = transports.T("The certificate of %s is not valid now. If it is the right one all the same, give its fingerprint: %s", host, dial.Fingerprint(err))
	case errors.Is(err, errHandshake):
		e.Text = transports.T("%s does not speak TLS on that port.", host)
	default:
		e.Text = transports.T("%s does not answer.", host)
	}
	return e
}
