package dial_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wherry/transports/dial"
)

func TestPublic(t *testing.T) {
	for _, tt := range []struct {
		addr string
		want bool
	}{
		{"8.8.8.8", true},
		{"2606:4700::1111", true},
		{"64:ff9b::808:808", true}, // NAT64 of 8.8.8.8
		{"2002:808:808::1", true},  // 6to4 of 8.8.8.8
		{"172.32.0.1", true},
		{"100.128.0.1", true},

		{"127.0.0.1", false},
		{"0.0.0.0", false},
		{"10.1.2.3", false},
		{"172.16.0.1", false},
		{"172.31.255.255", false},
		{"192.168.1.1", false},
		{"169.254.169.254", false},
		{"100.64.0.1", false},
		{"192.0.2.1", false},
		{"198.18.0.1", false},
		{"203.0.113.9", false},
		{"224.0.0.1", false},
		{"255.255.255.255", false},
		{"::", false},
		{"::1", false},
		{"fe80::1", false},
		{"fe80::1%lo", false},
		{"fc00::1", false},
		{"fd12:3456::1", false},
		{"ff02::1", false},
		{"2001:db8::1", false},
		{"2001::1", false}, // Teredo
		{"::ffff:127.0.0.1", false},
		{"::ffff:10.0.0.1", false},
		{"::127.0.0.1", false},
		{"::ffff:0:10.0.0.1", false},
		{"64:ff9b::7f00:1", false},
		{"64:ff9b::a00:1", false},
		{"64:ff9b:1::808:808", false},
		{"2002:7f00:1::1", false},
		{"2002:c0a8:101::1", false},
		{"fec0::1", false},
		{"0.1.2.3", false},
		{"100.127.255.255", false},
		{"168.63.129.16", false},
		{"::ffff:100.64.0.1", false},
		{"::ffff:169.254.169.254", false},
		{"64:ff9b::a9fe:a9fe", false}, // NAT64 of 169.254.169.254
		{"64:ff9b::6440:1", false},    // NAT64 of 100.64.0.1
		{"2002:a00:1::", false},
		{"2002:6440:1::", false},
		{"fd00:ec2::254", false},
		{"200::1", false},  // no global unicast: overlay networks use it
		{"4000::1", false}, // given to nobody
		{"3ffe:ffff::1", true},
	} {
		if got := dial.Public(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("Public(%s) = %v", tt.addr, got)
		}
	}
	if dial.Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func FuzzPublic(f *testing.F) {
	f.Add([]byte{127, 0, 0, 1})
	f.Add([]byte("\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		addr, ok := netip.AddrFromSlice(raw)
		if !ok || !dial.Public(addr) {
			return
		}
		if addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified() {
			t.Fatalf("%s is public", addr)
		}
		if addr.Is4() && !dial.Public(netip.AddrFrom16(addr.As16())) {
			t.Fatalf("%s is public, but not within IPv6", addr)
		}
	})
}

// listen returns the address of a listener on loopback that accepts.
func listen(t *testing.T) string {
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
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

func TestGuardRefuses(t *testing.T) {
	addr := listen(t)
	_, port, _ := net.SplitHostPort(addr)
	for _, target := range []string{addr, net.JoinHostPort("localhost", port), net.JoinHostPort("::ffff:127.0.0.1", port)} {
		conn, err := new(dial.Guard).DialContext(t.Context(), "tcp", target)
		var private *dial.PrivateAddressError
		if !errors.As(err, &private) {
			t.Errorf("dial %s = %v, %v", target, conn, err)
		}
	}
}

// IRC-B57
func TestGuardAllows(t *testing.T) {
	conn, err := (&dial.Guard{AllowPrivate: true}).DialContext(t.Context(), "tcp", listen(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestGuardEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := (&dial.Guard{AllowPrivate: true}).DialContext(ctx, "tcp", listen(t)); err == nil {
		t.Error("a dial after its time")
	}
}

func TestRoots(t *testing.T) {
	if _, err := dial.Roots(""); err != nil {
		t.Errorf("the system's: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{empty, empty + "x"} {
		if _, err := dial.Roots(name); err == nil {
			t.Errorf("%s holds no certificate", name)
		}
	}
}
