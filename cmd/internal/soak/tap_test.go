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

	mu       sync.Mutex // guards what follows
	passed   map[string]int
	returned map[string]bool
	conns    map[net.Conn]bool
	closed   bool
}

// newTap relays to a server's component port until the test ends.
func newTap(t *testing.T, server string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{
		listener: l, server: server,
		passed: make(map[string]int), returned: make(map[string]bool), conns: make(map[net.Conn]bool),
	}
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
// with their place in the order of passing; and of those that it sent back with
// an error.
func (p *tap) ids() (passed map[string]int, returned map[string]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.passed), maps.Clone(p.returned)
}

// pass notes a message towards the gateway.
func (p *tap) pass(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.passed[id]; !ok {
		p.passed[id] = len(p.passed) + 1
	}
}

// giveBack notes an error from there.
func (p *tap) giveBack(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.returned[id] = true
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
		pass(io.MultiWriter(said, &scan{pattern: errorID, found: p.giveBack}, server), gateway, server)
		dead.Store(!said.orderly())
	})
	both.Go(func() { pass(p.towards(gateway, &dead), server, gateway) })
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

// towards returns a writer to a gateway that notes what passes, as long as that
// lives.
func (p *tap) towards(gateway io.Writer, dead *atomic.Bool) io.Writer {
	return io.MultiWriter(gateway, &scan{pattern: messageID, found: func(id string) {
		if !dead.Load() {
			p.pass(id)
		}
	}})
}

// scan looks for ids in what passes.
type scan struct {
	pattern *regexp.Regexp
	found   func(id string)
	rest    []byte // the end of what was seen: what is looked for may be cut there
}

var (
	messageID = regexp.MustCompile(`[ ]id=["'](w[0-9]+-[0-9]+)["']`)
	errorID   = regexp.MustCompile(`<message [^>]*type=["']error["'][^>]* id=["'](w[0-9]+-[0-9]+)["']`)
)

const longestTag = 512

func (s *scan) Write(b []byte) (int, error) {
	s.rest = append(s.rest, b...)
	for _, found := range s.pattern.FindAllSubmatch(s.rest, -1) {
		s.found(string(found[1]))
	}
	s.rest = append(s.rest[:0], s.rest[max(0, len(s.rest)-longestTag):]...)
	return len(b), nil
}

// An id counts however it is cut, and only as an id of a stanza.
func TestTap(t *testing.T) {
	t.Parallel()
	p := &tap{passed: make(map[string]int), returned: make(map[string]bool)}
	var dead atomic.Bool
	towards, back := p.towards(io.Discard, &dead), &scan{pattern: errorID, found: p.giveBack}
	const wire = `<message to='c1@gw' id='w12-34' from='a'><body>w9-9</body></message><iq id="w5-6"/><message xid='w7-8'/>` +
		`<message from='c1@gw' type='error' id='w12-34'><error type='wait'/></message><message type='chat' id='w4-4'/><iq type='error' id='w3-3'/>`
	for i := range len(wire) {
		for _, w := range []io.Writer{towards, back} {
			if n, err := w.Write([]byte(wire[i : i+1])); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
	}
	dead.Store(true)
	_, _ = towards.Write([]byte(`<message id='w1-1'/>`))
	passed, returned := p.ids()
	if diff := cmp.Diff(map[string]int{"w12-34": 1, "w5-6": 2, "w4-4": 3, "w3-3": 4}, passed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]bool{"w12-34": true}, returned); diff != "" {
		t.Error(diff)
	}
}
