package soak

import (
	"io"
	"maps"
	"net"
	"regexp"
	"sync"
	"testing"
)

// tap is a relay between the gateway and its XMPP server. What passed it is a
// third log, of neither: what did not pass never reached the gateway.
type tap struct {
	listener net.Listener
	server   string
	work     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	passed map[string]bool
	conns  map[net.Conn]bool
	closed bool
}

// newTap relays to a server's component port until the test ends.
func newTap(t *testing.T, server string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{listener: l, server: server, passed: make(map[string]bool), conns: make(map[net.Conn]bool)}
	p.work.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *tap) addr() string { return p.listener.Addr().String() }

func (p *tap) close() {
	p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
}

// ids returns the ids of the messages that passed towards the gateway.
func (p *tap) ids() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.passed)
}

func (p *tap) accept() {
	for {
		gateway, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			gateway.Close()
			continue
		}
		if !p.keep(gateway, server) {
			return
		}
		p.work.Go(func() { p.relay(gateway.(*net.TCPConn), server.(*net.TCPConn)) })
	}
}

// keep notes connections, so that close ends them.
func (p *tap) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.closed {
			c.Close()
		}
		p.conns[c] = true
	}
	return !p.closed
}

// relay copies both ways until both sides have ended.
func (p *tap) relay(gateway, server *net.TCPConn) {
	var both sync.WaitGroup
	both.Go(func() { pass(server, gateway, server) })
	both.Go(func() { pass(io.MultiWriter(&watch{tap: p}, gateway), server, gateway) })
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range []net.Conn{gateway, server} {
		c.Close()
		delete(p.conns, c)
	}
}

// pass copies one way. An end is passed on as an end, a break as a break.
func pass(to io.Writer, from, end *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil || end.CloseWrite() != nil {
		end.Close()
		from.Close()
	}
}

// watch looks for messages in what passes.
type watch struct {
	tap  *tap
	rest []byte // the end of what was seen: an id may be cut there
}

var messageID = regexp.MustCompile(`[ ]id=["'](w[0-9]+-[0-9]+)["']`)

const longestID = 64

// Write looks at what passes, and never fails.
func (w *watch) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	w.tap.mu.Lock()
	for _, found := range messageID.FindAllSubmatch(w.rest, -1) {
		w.tap.passed[string(found[1])] = true
	}
	w.tap.mu.Unlock()
	w.rest = append(w.rest[:0], w.rest[max(0, len(w.rest)-longestID):]...)
	return len(b), nil
}

// An id counts however it is cut, and only as an id of a stanza.
func TestTap(t *testing.T) {
	t.Parallel()
	p := &tap{passed: make(map[string]bool)}
	w := &watch{tap: p}
	const wire = `<message to='c1@gw' id='w12-34' from='a'><body>w9-9</body></message><iq id="w5-6"/><message xid='w7-8'/>`
	for i := range len(wire) {
		if n, err := w.Write([]byte(wire[i : i+1])); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := p.ids(); len(got) != 2 || !got["w12-34"] || !got["w5-6"] {
		t.Errorf("saw %v", got)
	}
}
