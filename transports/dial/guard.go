package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// DefaultTimeout bounds one DialContext whose Guard names no Timeout.
const DefaultTimeout = 20 * time.Second

// Guard dials public addresses only. The zero Guard is ready for use.
type Guard struct {
	AllowPrivate bool          // also dial addresses that are not public, for tests and private networks
	Resolver     *net.Resolver // nil is the system's
	Bind         []netip.Addr  // the local addresses to dial from, one for IPv4 and one for IPv6; none is any
	Proxy        string        // host:port of a SOCKS5 proxy (RFC 1928) to dial by, wherever that is; empty: none. Bind and Watch are not for it
	Timeout      time.Duration // of one DialContext over all addresses of the host; 0 is DefaultTimeout

	// Watch sees the address of each socket just before it connects; several at
	// once, and one that is given up perhaps after DialContext has returned.
	Watch func(netip.AddrPort)
}

// errFamily tells that there is no local address to dial an address from.
var errFamily = errors.New("no outgoing address is set of that family")

// PrivateAddressError tells that a host has an address which is not public.
type PrivateAddressError struct {
	Addr netip.Addr
}

func (e *PrivateAddressError) Error() string {
	return fmt.Sprintf("address %s is not public", e.Addr)
}

// DialContext connects to addr, a "host:port", on network: "tcp", "tcp4" or
// "tcp6". The addresses of a name are tried in turn, each with its share of the
// time. Where one is refused and no other answers, the error has a
// *PrivateAddressError in its chain.
func (g *Guard) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{
		Timeout:   g.Timeout,
		Resolver:  g.Resolver,
		Control:   g.control,
		KeepAlive: time.Minute,
	}
	if d.Timeout == 0 {
		d.Timeout = DefaultTimeout
	}
	var conn net.Conn
	var err error
	switch host, _, _ := net.SplitHostPort(addr); {
	case g.Proxy != "":
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
		conn, err = g.byProxy(ctx, network, addr)
	case onion(host):
		err = errNoOnion(host)
	default:
		conn, err = d.DialContext(ctx, network, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	return conn, nil
}

// control sees the address of each socket just before it connects.
func (g *Guard) control(_, address string, raw syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !g.AllowPrivate && !Public(target.Addr()) {
		return &PrivateAddressError{Addr: target.Addr()}
	}
	if err := g.bind(target.Addr(), raw); err != nil {
		return err
	}
	if g.Watch != nil {
		g.Watch(target)
	}
	return nil
}
