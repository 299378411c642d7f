package dial_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"wherry/transports/dial"
	"wherry/transports/dial/sockstest"
)

// echo returns the address of a listener that says back what it is told.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

// By a proxy names are looked up here, and what is private stays out of reach; only
// names of Tor go to it as they are. RFC 1928, RFC 7686, IRC-B55
func TestProxy(t *testing.T) {
	there := echo(t)
	_, port, err := net.SplitHostPort(there)
	if err != nil {
		t.Fatal(err)
	}
	const hidden = "abcdef.onion"
	for _, tt := range []struct {
		addr    string
		private bool
		asked   string // of the proxy
		err     any
	}{
		{there, true, there, nil},
		{"localhost:" + port, true, there, nil},
		{hidden + ":" + port, false, hidden + ":" + port, nil},
		{there, false, "", new(*dial.PrivateAddressError)},
		{"localhost:" + port, false, "", new(*dial.PrivateAddressError)},
		{"[::ffff:127.0.0.1]:" + port, false, "", new(*dial.PrivateAddressError)},
		{"127.0.0.1:1", true, "127.0.0.1:1", new(error)}, // nobody is there
	} {
		proxy := sockstest.Start(t, map[string]string{hidden: "127.0.0.1"})
		guard := &dial.Guard{Proxy: proxy.Addr(), AllowPrivate: tt.private, Resolver: loopbackResolver(t), Timeout: 5 * time.Second}
		conn, err := guard.DialContext(t.Context(), "tcp", tt.addr)
		if got := strings.Join(proxy.Asked(), " "); got != tt.asked {
			t.Errorf("%s: the proxy was asked for %q, want %q", tt.addr, got, tt.asked)
		}
		if tt.err != nil {
			if err == nil || !errors.As(err, tt.err) {
				t.Errorf("%s: %v", tt.addr, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.addr, err)
			continue
		}
		if _, ok := conn.(syscall.Conn); !ok {
			t.Errorf("a %T is no socket", conn)
		}
		fmt.Fprintln(conn, "hello")
		if said, err := bufio.NewReader(conn).ReadString('\n'); err != nil || said != "hello\n" {
			t.Errorf("%s: said %q, %v", tt.addr, said, err)
		}
		_ = conn.Close()
	}
}

// Without a proxy names of Tor are not looked up.
func TestOnionWithoutProxy(t *testing.T) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("looked up")
		return nil, errors.New("not here")
	}}
	for _, addr := range []string{"abcdef.onion:6697", "ABCDEF.Onion.:6697"} {
		_, err := (&dial.Guard{Resolver: resolver}).DialContext(t.Context(), "tcp", addr)
		if dns := new(net.DNSError); !errors.As(err, &dns) || !dns.IsNotFound {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

// A proxy that says nothing, or is not there, is given up in time.
func TestSilentProxy(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	guard := &dial.Guard{Proxy: silent.Addr().String(), AllowPrivate: true, Timeout: 100 * time.Millisecond}
	for range 2 {
		if conn, err := guard.DialContext(t.Context(), "tcp", "127.0.0.1:1"); err == nil {
			t.Errorf("connected: %v", conn)
		}
		_ = silent.Close()
	}
}
