package componenttest

import (
	"bufio"
	"crypto/sha1"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"sync"

	"wherry/component/stanza"
)

// session is one connection.
type session struct {
	server *Server
	conn   net.Conn
	raw    *bufio.Reader
	in     *reader
	domain *domain

	mu   sync.Mutex // one write at a time
	over bool       // our end tag was sent
}

func newSession(s *Server, nc net.Conn) *session {
	raw := bufio.NewReader(nc)
	return &session{server: s, conn: nc, raw: raw, in: newReader(raw)}
}

// serve is the connection's life.
func (c *session) serve() {
	defer c.leave()
	if first, err := c.raw.Peek(1); err == nil && first[0] != '<' {
		return // another program's client, whose server had the port before
	}
	if !c.handshake() {
		return
	}
	for {
		e, err := c.in.element()
		switch {
		case errors.Is(err, errEnd):
			c.finish()
			return
		case err != nil:
			c.broken(err)
			return
		case !c.take(e):
			return
		}
	}
}

// handshake is the server's side of XEP-0114 §3.
func (c *session) handshake() bool {
	head, err := c.in.header()
	if err != nil {
		c.broken(err)
		return false
	}
	const id = "s&'1" // an id that must be unescaped
	to := head.Attr("to")
	if c.write("<?xml version='1.0'?><stream:stream xmlns='"+stanza.NSAccept+"' xmlns:stream='"+nsStreams+
		"' id='"+stanza.EscapeAttr(id)+"' from='"+stanza.EscapeAttr(to)+"'>") != nil {
		return false
	}
	e, err := c.in.element()
	if err != nil {
		c.broken(err)
		return false
	}
	if e.Space != "" || e.Name != "handshake" {
		c.server.complain("<%s/> before the handshake", e.Name)
		return c.refuse("not-authorized")
	}
	if condition := c.enter(to, e.Text == proof(id, c.server.secret)); condition != "" {
		return c.refuse(condition)
	}
	return true
}

func proof(id, secret string) string {
	sum := sha1.Sum([]byte(id + secret))
	return hex.EncodeToString(sum[:])
}

// enter makes c the stream of a domain, unless that gets a condition. The
// answer is written before the domain counts as connected.
func (c *session) enter(name string, authorized bool) (condition string) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.domains[name]
	switch {
	case s.refusal != "":
		return s.refusal
	case d == nil:
		return "host-unknown"
	case !authorized:
		return "not-authorized"
	case d.stream != nil:
		return "conflict"
	}
	if c.write("<handshake/>") != nil {
		return "internal-server-error"
	}
	c.domain, d.stream = d, c
	d.streams++
	d.change()
	return ""
}

func (c *session) refuse(condition string) bool {
	_ = c.write(streamError(condition))
	c.finish()
	return false
}

// leave forgets the connection.
func (c *session) leave() {
	_ = c.conn.Close()
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c.conn)
	if c.domain != nil && c.domain.stream == c {
		c.domain.stream = nil
		c.domain.change()
	}
}

// take handles one element and tells whether the stream goes on.
func (c *session) take(e stanza.Element) bool {
	c.server.keepUp()
	if condition, why := c.check(&e); condition != "" {
		c.server.complain("a server would end the stream by %s: %s:\n%.2000s", condition, why, c.in.raw)
		return c.refuse(condition)
	}
	st, err := stanza.Parse(e)
	if err != nil {
		c.server.complain("%v:\n%.2000s", err, c.in.raw)
		return c.refuse("invalid-xml")
	}
	if to := st.Head().To; isPing(st) && c.server.answersFor(to) {
		return c.send(stanza.Result(st.(*stanza.IQ)))
	}
	c.server.deliver(c.domain, st)
	return true
}

// deliver routes a stanza: to a domain of another component, or of this one,
// it goes over that stream; all others are for the test to expect.
func (s *Server) deliver(from *domain, st stanza.Stanza) {
	s.mu.Lock()
	to := s.domains[st.Head().To.Domain]
	if to == nil {
		from.inbox = append(from.inbox, st)
		from.change()
		s.mu.Unlock()
		return
	}
	stream := to.stream
	s.mu.Unlock()
	if stream != nil {
		stream.send(st)
	}
}

func (c *session) send(st stanza.Stanza) bool {
	p, err := (&stanza.Writer{Max: maxStanza}).Append(nil, st)
	if err != nil {
		c.server.complain("%v", err)
		return true
	}
	return c.write(string(p)) == nil
}

func (c *session) write(s string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return net.ErrClosed
	}
	_, err := io.WriteString(c.conn, s)
	return err
}

// finish sends our end tag and closes the sending side; the component may go
// on until its own.
func (c *session) finish() {
	_ = c.write("</stream:stream>")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	c.over = true
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

func (c *session) cut() { _ = c.conn.Close() }

// broken handles an end of the connection, and XML that ends it.
func (c *session) broken(err error) {
	syntax, ok := errors.AsType[*xml.SyntaxError](err)
	if ok && syntax.Msg == "unexpected EOF" || !ok && !errors.Is(err, errMarkup) {
		return
	}
	c.server.complain("a server would end the stream by not-well-formed: %v:\n%.2000s", err, c.in.tail())
	c.refuse("not-well-formed")
}
