package dial_test

import (
	"net"
	"net/netip"
	"sync"
	"testing"

	"wherry/transports/dial"
)

// listen6 returns the address of a listener on IPv6.
func listen6(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// The local address is the one of the family that is dialled; without one of it
// nothing is. IRC-B57
func TestBind(t *testing.T) {
	v4, v6 := netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("::1")
	for _, tt := range []struct {
		bind   []netip.Addr
		target string
		want   string // empty: it fails
	}{
		{nil, listen(t), "127.0.0.1"},
		{[]netip.Addr{v4}, listen(t), "127.0.0.2"},
		{[]netip.Addr{v6}, listen6(t), "::1"},
		{[]netip.Addr{v6, v4}, listen(t), "127.0.0.2"},
		{[]netip.Addr{v4, v6}, listen6(t), "::1"},
		{[]netip.Addr{v4}, listen6(t), ""},
		{[]netip.Addr{v6}, listen(t), ""},
		{[]netip.Addr{netip.MustParseAddr("192.0.2.1")}, listen(t), ""}, // none of this machine's
	} {
		var mu sync.Mutex
		var seen []netip.AddrPort
		guard := &dial.Guard{AllowPrivate: true, Bind: tt.bind, Watch: func(a netip.AddrPort) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, a)
		}}
		conn, err := guard.DialContext(t.Context(), "tcp", tt.target)
		if err != nil {
			if tt.want != "" || len(seen) != 0 {
				t.Errorf("%v to %s: %v, seen %v", tt.bind, tt.target, err, seen)
			}
			continue
		}
		if got := conn.LocalAddr().(*net.TCPAddr).IP.String(); got != tt.want {
			t.Errorf("%v to %s from %s, want %s", tt.bind, tt.target, got, tt.want)
		}
		if len(seen) != 1 || seen[0].String() != tt.target {
			t.Errorf("%v to %s: seen %v", tt.bind, tt.target, seen)
		}
		_ = conn.Close()
	}
}
