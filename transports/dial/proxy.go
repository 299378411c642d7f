package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/net/proxy"
)

// proxyAddrs is how many addresses of a name are tried by a proxy.
const proxyAddrs = 8

// errNoOnion tells that a name of Tor's leads nowhere without a proxy: it must not
// be asked for in the DNS (RFC 7686 §2).
func errNoOnion(host string) error {
	return &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// onion tells whether a host is a service of Tor's, which has no address.
func onion(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return strings.HasSuffix(host, ".onion")
}

// byProxy connects to addr by the guard's proxy. Names are resolved here, and the
// proxy is told addresses: it would look up others than were checked. Those of Tor
// it is told as they are; there is nothing private behind them.
func (g *Guard) byProxy(ctx context.Context, network, addr string) (net.Conn, error) {
	targets, err := g.targets(ctx, network, addr)
	for i, target := range targets {
		conn, failed := g.proxied(ctx, target, len(targets)-i)
		if failed == nil {
			return conn, nil
		}
		err = errors.Join(err, failed)
	}
	return nil, err
}

// targets returns what the proxy is told for a host and port, the addresses in
// turn; an error tells of an address that must not be dialled, beside those that
// may.
func (g *Guard) targets(ctx context.Context, network, addr string) ([]string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if onion(host) {
		return []string{addr}, nil
	}
	resolver := g.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	family := "ip" + strings.TrimPrefix(network, "tcp")
	all, err := resolver.LookupNetIP(ctx, family, host)
	if err != nil {
		return nil, err
	}
	var targets []string
	var refused error
	for _, a := range all {
		switch a = a.Unmap(); {
		case !g.AllowPrivate && !Public(a):
			refused = &PrivateAddressError{Addr: a}
		case len(targets) < proxyAddrs:
			targets = append(targets, net.JoinHostPort(a.String(), port))
		}
	}
	return targets, refused
}

// proxied connects to one target, in its share of the time of so many.
func (g *Guard) proxied(ctx context.Context, target string, of int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(of))
		defer cancel()
	}
	d := net.Dialer{KeepAlive: time.Minute}
	conn, err := d.DialContext(ctx, "tcp", g.Proxy)
	if err != nil {
		return nil, fmt.Errorf("the proxy: %w", err)
	}
	if err := onward(ctx, conn, target); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("by the proxy: %w", err)
	}
	return conn, nil
}

// onward has the proxy at the other end of a connection go on to a target (RFC 1928).
func onward(ctx context.Context, conn net.Conn, target string) error {
	socks, err := proxy.SOCKS5("tcp", conn.RemoteAddr().String(), nil, nil)
	if err != nil {
		return err
	}
	over, ok := socks.(interface {
		DialWithConn(context.Context, net.Conn, string, string) (net.Addr, error)
	})
	if !ok {
		return errors.New("cannot use a connection of ours")
	}
	_, err = over.DialWithConn(ctx, conn, "tcp", target)
	return err
}
