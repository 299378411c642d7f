package soak

import (
	"io"
	"maps"
	"net"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tap is a relay between the gateway and its XMPP server. What passed it, and in
// which order, is a third log, of neither: what did not pass never reached the
// gateway.
type tap struct {
	listener net.Listener
	server   string
	work     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	passed map[string]int
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
	p := &tap{listener: l, server: server, passed: make(map[string]int), conns: make(map[net.Conn]bool)}
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

// ids returns the ids of the messages that passed towards a gateway that lived,
// with their place in the order of passing.
func (p *tap) ids() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.passed)
}

func (p *tap) accept() {
	over := make(chan struct{}) // the relay before
	close(over)
	for {
		gateway, err := p.listener.Accept()
		if err != nil {
			return
		}
		// The server must have heard of an end before it hears of a new begin.
		select {
		case <-over:
		case <-time.After(5 * time.Second):
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			gateway.Close()
			continue
		}
		if !p.keep(gateway, server) {
			return
		}
		done := make(chan struct{})
		over = done
		p.work.Go(func() {
			defer close(done)
			p.relay(gateway.(*net.TCPConn), server.(*net.TCPConn))
		})
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
	var dead atomic.Bool
	both.Go(func() {
		said := new(ending)
		pass(io.MultiWriter(said, server), gateway, server)
		dead.Store(!said.orderly())
	})
	both.Go(func() { pass(&watch{tap: p, to: gateway, dead: &dead}, server, gateway) })
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

// ending keeps the end of what a gateway said: one that ends its stream goes on
// to read, one that does not is dead.
type ending struct{ last []byte }

const endOfStream = "</stream:stream>"

func (e *ending) Write(b []byte) (int, error) {
	e.last = append(e.last, b...)
	e.last = append(e.last[:0], e.last[max(0, len(e.last)-len(endOfStream)):]...)
	return len(b), nil
}

func (e *ending) orderly() bool { return string(e.last) == endOfStream }

// watch looks for messages in what passes to a gateway.
type watch struct {
	tap  *tap
	to   io.Writer
	dead *atomic.Bool
	rest []byte // the end of what was seen: an id may be cut there
}

var messageID = regexp.MustCompile(`[ ]id=["'](w[0-9]+-[0-9]+)["']`)

const longestID = 64

func (w *watch) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	if err != nil || w.dead.Load() {
		return n, err
	}
	w.rest = append(w.rest, b...)
	w.tap.mu.Lock()
	defer w.tap.mu.Unlock()
	for _, found := range messageID.FindAllSubmatch(w.rest, -1) {
		id := string(found[1])
		if _, ok := w.tap.passed[id]; !ok {
			w.tap.passed[id] = len(w.tap.passed) + 1
		}
	}
	w.rest = append(w.rest[:0], w.rest[max(0, len(w.rest)-longestID):]...)
	return n, nil
}

// An id counts however it is cut, and only as an id of a stanza.
func TestTap(t *testing.T) {
	t.Parallel()
	p := &tap{passed: make(map[string]int)}
	w := &watch{tap: p, to: io.Discard, dead: new(atomic.Bool)}
	const wire = `<message to='c1@gw' id='w12-34' from='a'><body>w9-9</body></message><iq id="w5-6"/><message xid='w7-8'/>`
	for i := range len(wire) {
		if n, err := w.Write([]byte(wire[i : i+1])); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	w.dead.Store(true)
	_, _ = w.Write([]byte(`<message id='w1-1'/>`))
	if diff := cmp.Diff(map[string]int{"w12-34": 1, "w5-6": 2}, p.ids()); diff != "" {
		t.Error(diff)
	}
}
