package stream

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"wherry/component/stanza"
)

const nsStreams = "http://etherx.jabber.org/streams"

// Conn is one XEP-0114 stream, opened and authenticated. One goroutine may
// read while others write.
type Conn struct {
	conn     net.Conn
	in       *framer
	scope    scope
	maxDepth int
	timeout  time.Duration

	mu     sync.Mutex // one write at a time
	closed bool       // </stream:stream> was sent
}

// Read returns the next stanza. It returns io.EOF once the server has ended
// the stream, a *StreamError where it said why, and a *BadStanzaError for one
// element that could not be taken: the caller reads on. Any other error is the
// connection's end.
func (c *Conn) Read() (stanza.Stanza, error) {
	if err := c.next(); err != nil {
		return nil, err
	}
	if c.in.over {
		return nil, c.bad(ErrTooBig)
	}
	e, err := parse(c.in.buf, c.scope, c.maxDepth)
	if err != nil {
		return nil, c.bad(err)
	}
	if e.Space == nsStreams && e.Name == "error" {
		return nil, parseError(&e)
	}
	st, err := stanza.Parse(e)
	if err != nil {
		return nil, c.bad(err)
	}
	return st, nil
}

func (c *Conn) next() error {
	err := c.in.next()
	if errors.Is(err, errClosed) {
		return io.EOF
	}
	return err
}

// bad describes the element that was read last.
func (c *Conn) bad(err error) error {
	out := &BadStanzaError{Size: c.in.size, Err: err}
	head, _, headErr := parseHead(c.in.buf, c.scope)
	if headErr != nil {
		return out
	}
	out.Name = head.Name
	st, err := stanza.Parse(head)
	var address *stanza.BadAddressError
	if errors.As(err, &address) {
		st = address.Stanza
	}
	if st != nil {
		out.Head = *st.Head()
	}
	return out
}

func parseError(e *stanza.Element) *StreamError {
	out := &StreamError{Condition: "undefined-condition"}
	for i := range e.Children {
		c := &e.Children[i]
		switch {
		case c.Space != "urn:ietf:params:xml:ns:xmpp-streams":
		case c.Name == "text":
			out.Text = c.Text
		default:
			out.Condition = c.Name
		}
	}
	return out
}

// Write sends p, which must be whole stanzas of stanza.Writer.
func (c *Conn) Write(p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fmt.Errorf("write: %w", net.ErrClosed)
	}
	return c.write(p)
}

func (c *Conn) write(p []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if _, err := c.conn.Write(p); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// CloseWrite tells the server that nothing follows. The reader then goes on to
// io.EOF: only so is nothing lost that was on its way to us.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	return c.write([]byte("</stream:stream>"))
}

// Close cuts the connection.
func (c *Conn) Close() error { return c.conn.Close() }
