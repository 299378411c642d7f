// Package stream implements the stream between an external component and its
// server (XEP-0114): opening it, framing, and errors in plain words.
//
// One odd stanza never ends a stream: whatever is wrong with it, Conn.Read
// tells and goes on behind it. There are no acknowledgements: what is in the
// socket when a connection breaks is lost. A stream that ends in order loses
// nothing: the one side sends its end tag (CloseWrite) and reads up to the
// other's.
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

// Conn is an open stream. One goroutine reads, any may write.
type Conn struct {
	conn    net.Conn
	in      *framer
	parser  parser
	timeout time.Duration

	mu   sync.Mutex // guards the sending side: one Write at a time, in whole
	done error      // why nothing more can be written
}

// Read returns the next stanza. It returns io.EOF once the server has ended
// the stream or the connection, a *StreamError where it said why, and a
// *BadStanzaError for one element that could not be taken: then the caller
// reads on. Any other error means that the connection broke.
func (c *Conn) Read() (stanza.Stanza, error) {
	switch err := c.in.next(); {
	case errors.Is(err, errClosed):
		return nil, io.EOF
	case err == io.EOF:
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("read: %w", err)
	case c.in.over():
		return nil, c.bad(ErrTooBig)
	}
	e, err := c.parser.parse(c.in.buf)
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

// Fresh tells whether something came over the connection since it was last asked:
// stanzas come many at once. The reader asks.
func (c *Conn) Fresh() bool {
	fresh := c.in.fresh
	c.in.fresh = false
	return fresh
}

// bad describes the element that was read last.
func (c *Conn) bad(err error) *BadStanzaError {
	out := &BadStanzaError{Size: c.in.size, Err: err}
	e, headErr := c.parser.head(c.in.buf)
	if headErr != nil {
		return out
	}
	out.Name = e.Name
	st, headErr := stanza.Parse(e)
	if address, ok := errors.AsType[*stanza.BadAddressError](headErr); ok {
		st = address.Stanza
	}
	if st != nil {
		out.Head = *st.Head()
	}
	return out
}

// Write sends p, which must be whole stanzas as a stanza.Writer makes them;
// many at once are cheaper than one at a time. It fails with net.ErrClosed
// after CloseWrite. After any other failure the connection is closed: what was
// sent may have been cut anywhere.
func (c *Conn) Write(p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write(p)
}

// CloseWrite tells the server that nothing follows. The reader then goes on to
// io.EOF, so that what is on its way is not lost.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.write([]byte("</stream:stream>"))
	if c.done == nil {
		c.done = net.ErrClosed
	}
	return err
}

// write is called with mu held.
func (c *Conn) write(p []byte) error {
	if c.done != nil {
		return fmt.Errorf("write: %w", c.done)
	}
	err := c.conn.SetWriteDeadline(time.Now().Add(c.timeout))
	if err == nil {
		_, err = c.conn.Write(p)
	}
	if err != nil {
		c.done = err
		_ = c.conn.Close()
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Close cuts the connection and ends a Read that waits. It may be called more
// than once, and beside the other methods.
func (c *Conn) Close() error {
	if err := c.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
