package component_test

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/stanza"
)

// wire is a proxy before the server, which can fall silent with its
// connections open.
type wire struct {
	net.Listener
	to    string
	quiet atomic.Bool // towards the gateway
}

// newWire puts a proxy between the world's gateway and server.
func newWire(t testing.TB, w *world) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	p := &wire{Listener: ln, to: w.Addr()}
	go p.accept()
	w.conf.Server = ln.Addr().String()
	return p
}

func (p *wire) accept() {
	for {
		in, err := p.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.to)
		if err != nil {
			_ = in.Close()
			return
		}
		p.quiet.Store(false)
		go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
		go func() { _, _ = io.Copy(hush{p, in}, out); _ = in.Close() }()
	}
}

// hush drops what is written while the wire is quiet.
type hush struct {
	*wire
	net.Conn
}

func (h hush) Write(b []byte) (int, error) {
	if h.quiet.Load() {
		return len(b), nil
	}
	return h.Conn.Write(b)
}

func (h hush) Close() error { return h.Conn.Close() }

// A server that falls silent is asked, and left when it says nothing; the
// gateway connects again. XEP-0199.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	var p *wire
	w := newWorld(t, func(w *world) { p = newWire(t, w) },
		with(func(c *component.Component) { component.ShortenSilence(c, 200*time.Millisecond) }))
	p.quiet.Store(true)
	w.connected(2)
}

// A server that answers is kept, also where it serves no domain above ours: a
// ping to ourselves comes back. XEP-0199.
func TestQuietServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(func(c *component.Component) { component.ShortenSilence(c, 200*time.Millisecond) }))
	w.AnswerPings(false)
	for range 3 {
		componenttest.Await(w.Server, domain, func(iq *stanza.IQ) bool {
			return iq.Type == "get" && iq.From.String() == domain && iq.To.String() == "example.org" && iq.Child(nsPing, "ping") != nil
		})
	}
	if s := w.gate.Status()[0]; !s.Connected {
		t.Errorf("Status = %+v", s)
	}
	w.Connected(domain, 1)
}
