package dial

import (
	"context"
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
	Bind         netip.Addr    // the local address to dial from; the zero Addr is any
	Timeout      time.Duration // of one DialContext over all addresses of the host; 0 is DefaultTimeout
}

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
	if g.Bind.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(g.Bind, 0))
	}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	return conn, nil
}

// control sees the address of each socket just before it connects.
func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	if g.AllowPrivate {
		return nil
	}
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !Public(target.Addr()) {
		return &PrivateAddressError{Addr: target.Addr()}
	}
	return nil
}
