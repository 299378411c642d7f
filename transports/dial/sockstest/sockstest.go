// Package sockstest is a SOCKS5 proxy (RFC 1928) for tests: it asks for no
// password, connects, and notes what it was asked for.
package sockstest

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// Proxy is a running proxy.
type Proxy struct {
	listener net.Listener
	names    map[string]string
	work     sync.WaitGroup

	mu    sync.Mutex // guards what follows
	asked []string
	conns []net.Conn
}

// Start starts a proxy, until the test ends. It knows the hosts of these names, and
// no others.
func Start(t testing.TB, names map[string]string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, names: names}
	p.work.Go(p.accept)
	t.Cleanup(p.stop)
	return p
}

// Addr is where it listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Asked returns the hosts and ports that it was asked for.
func (p *Proxy) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func (p *Proxy) stop() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.keep(c)
		p.work.Go(func() { p.serve(c) })
	}
}

func (p *Proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
}

// The bytes of RFC 1928 that are used here.
const (
	version = 5
	connect = 1
	ipv4    = 1
	name    = 3
	ipv6    = 4
	refused = 5
)

func (p *Proxy) serve(c net.Conn) {
	defer c.Close()
	target, err := p.greet(c)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, target)
	p.mu.Unlock()
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return
	}
	if known := p.names[host]; known != "" {
		host = known
	}
	reply := []byte{version, 0, 0, ipv4, 0, 0, 0, 0, 0, 0}
	var there net.Conn
	if net.ParseIP(host) == nil {
		err = errors.New("an unknown name")
	} else {
		there, err = net.Dial("tcp", net.JoinHostPort(host, port))
	}
	if err != nil {
		reply[1] = refused
		_, _ = c.Write(reply)
		return
	}
	defer there.Close()
	p.keep(there)
	if _, err := c.Write(reply); err != nil {
		return
	}
	p.work.Go(func() {
		_, _ = io.Copy(there, c)
		_ = there.Close()
	})
	_, _ = io.Copy(c, there)
}

// greet reads what a client wants (RFC 1928 §3, §4).
func (p *Proxy) greet(c net.Conn) (target string, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(c, head); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(c, make([]byte, head[1])); err != nil {
		return "", err
	}
	if _, err := c.Write([]byte{version, 0}); err != nil {
		return "", err
	}
	want := make([]byte, 4)
	if _, err := io.ReadFull(c, want); err != nil {
		return "", err
	}
	size := map[byte]int{ipv4: net.IPv4len, ipv6: net.IPv6len}[want[3]]
	if want[3] == name {
		length := make([]byte, 1)
		if _, err := io.ReadFull(c, length); err != nil {
			return "", err
		}
		size = int(length[0])
	}
	if head[0] != version || want[0] != version || want[1] != connect || size == 0 {
		return "", errors.New("not the protocol")
	}
	rest := make([]byte, size+2)
	if _, err := io.ReadFull(c, rest); err != nil {
		return "", err
	}
	host := string(rest[:size])
	if want[3] != name {
		host = net.IP(rest[:size]).String()
	}
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(rest[size:])))), nil
}
