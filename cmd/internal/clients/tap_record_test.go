//go:build record

package clients

import (
	"bytes"
	"encoding/xml"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"wherry/component/stanza"
)

// tap is a relay between the gateway and its XMPP server, that keeps what passes
// to and from one user.
type tap struct {
	listener net.Listener
	server   string
	work     sync.WaitGroup

	mu    sync.Mutex // guards what follows
	lines []Line
	pings map[string]bool // of the gateway's own
	conns []net.Conn
}

// newTap relays to a server's component port until the test ends.
func newTap(t *testing.T, server string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{listener: l, server: server, pings: make(map[string]bool)}
	p.work.Go(p.accept)
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.work.Wait()
	})
	return p
}

func (p *tap) addr() string { return p.listener.Addr().String() }

func (p *tap) accept() {
	for {
		ours, err := p.listener.Accept()
		if err != nil {
			return
		}
		theirs, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = ours.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, ours, theirs)
		p.mu.Unlock()
		p.work.Go(func() { p.pass(theirs, ours, Got) })
		p.work.Go(func() { p.pass(ours, theirs, Sent) })
	}
}

// pass copies one way, each stanza when it was noted: else its answer could be
// noted before it.
func (p *tap) pass(to, from net.Conn, kind Kind) {
	defer to.Close()
	var read bytes.Buffer
	d := xml.NewDecoder(io.TeeReader(from, &read))
	passed := int64(0)
	for {
		token, err := d.RawToken()
		if err != nil {
			return
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Space != "stream" && start.Name.Local != "stream" {
			e, err := rawTree(d, start, map[string]string{"": stanza.NSAccept})
			if err != nil {
				return
			}
			p.note(kind, e)
		}
		here := d.InputOffset()
		if _, err := to.Write(read.Next(int(here - passed))); err != nil {
			return
		}
		passed = here
	}
}

// rawTree reads an element whose start tag was read, with the prefixes that are
// declared: the stream's own root is never read whole.
func rawTree(d *xml.Decoder, start xml.StartElement, spaces map[string]string) (stanza.Element, error) {
	inner := make(map[string]string, len(spaces))
	for prefix, space := range spaces {
		inner[prefix] = space
	}
	e := stanza.Element{Name: start.Name.Local}
	for _, a := range start.Attr {
		switch {
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			inner[""] = a.Value
		case a.Name.Space == "xmlns":
			inner[a.Name.Local] = a.Value
		case a.Name.Space == "xml":
			e.Attrs = append(e.Attrs, stanza.Attr{Space: stanza.NSXML, Name: a.Name.Local, Value: a.Value})
		default:
			e.Attrs = append(e.Attrs, stanza.Attr{Name: a.Name.Local, Value: a.Value})
		}
	}
	e.Space = own(inner[start.Name.Space])
	for {
		token, err := d.RawToken()
		if err != nil {
			return e, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := rawTree(d, token, inner)
			if err != nil {
				return e, err
			}
			e.Children = append(e.Children, child)
		case xml.CharData:
			e.Text += string(token)
		case xml.EndElement:
			return trimmed(e), nil
		}
	}
}

// note keeps a stanza of the user's. What the gateway asks of a client to know
// that it is there is no part of a dialogue.
func (p *tap) note(kind Kind, e stanza.Element) {
	who := "to"
	if kind == Sent {
		who = "from"
	}
	if bare(e.Attr(who)) != user {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ping := e.Child("urn:xmpp:ping", "ping") != nil; {
	case kind == Got && e.Name == "iq" && e.Attr("type") == "get" && ping:
		p.pings[e.Attr("id")] = true
		return
	case kind == Sent && e.Name == "iq" && p.pings[e.Attr("id")]:
		return
	}
	p.lines = append(p.lines, Line{Kind: kind, Stanza: e})
}

// say notes what is no stanza.
func (p *tap) say(l Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, l)
}

// all returns what was noted.
func (p *tap) all() []Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}
