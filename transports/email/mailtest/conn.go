package mailtest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// ErrOver ends a connection as a fault says.
var ErrOver = errors.New("the connection is over")

// patience is how long a client may be in its handshake, or in taking what we write.
const patience = 30 * time.Second

// Conn is a connection to a Listener. One goroutine reads; any may write.
type Conn struct {
	l      *Listener
	raw    net.Conn
	frozen atomic.Bool
	gone   chan struct{} // closed by Close
	once   sync.Once

	mu   sync.Mutex // guards what follows, and is held while something is written
	conn net.Conn   // raw, or TLS over it
	slow time.Duration
}

// Read reads what the client says.
func (c *Conn) Read(p []byte) (int, error) { return c.conn.Read(p) }

// Write writes at the pace that a fault set. A frozen connection takes all and
// writes nothing.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen.Load() {
		return len(p), nil
	}
	if c.slow == 0 {
		_ = c.conn.SetWriteDeadline(time.Now().Add(patience))
		return c.conn.Write(p)
	}
	tick := time.NewTicker(c.slow)
	defer tick.Stop()
	for i := range p {
		select {
		case <-tick.C:
		case <-c.gone:
			return i, ErrOver
		}
		if _, err := c.conn.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// Close closes the connection.
func (c *Conn) Close() error {
	var err error
	c.once.Do(func() {
		close(c.gone)
		err = c.raw.Close() // not TLS: that would wait for a writer
	})
	return err
}

// Freeze has nothing more said, nor done, while the connection stays.
func (c *Conn) Freeze() { c.frozen.Store(true) }

// Frozen tells that Freeze was called.
func (c *Conn) Frozen() bool { return c.frozen.Load() }

// Secure tells that TLS is there.
func (c *Conn) Secure() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn != c.raw
}

// StartTLS makes the connection one of TLS.
func (c *Conn) StartTLS() error {
	secured := tls.Server(c.raw, c.l.tls)
	_ = c.raw.SetDeadline(time.Now().Add(patience))
	if err := secured.Handshake(); err != nil {
		return fmt.Errorf("tls: %w", err)
	}
	_ = c.raw.SetDeadline(time.Time{})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = secured
	return nil
}

// Suffer lets a fault happen. It returns whether the step may still be answered
// rightly, or ErrOver where the connection is over; answer writes a wrong reply.
func (c *Conn) Suffer(f Fault, answer func(reply string) error) (right bool, err error) {
	if f.Hold != nil {
		select {
		case <-f.Hold:
		case <-c.gone:
			return false, ErrOver
		}
	}
	if f.Slow > 0 {
		c.mu.Lock()
		c.slow = f.Slow
		c.mu.Unlock()
	}
	if f.Before != "" {
		if _, err := io.WriteString(c, f.Before); err != nil {
			return false, err
		}
	}
	if f.Reply != "" {
		if err := answer(f.Reply); err != nil {
			return false, err
		}
	}
	switch {
	case f.Endless:
		return false, c.drone()
	case f.Freeze:
		c.Freeze()
		return false, c.Drain()
	case f.Cut:
		return false, ErrOver
	}
	return !f.wrong(), nil
}

// Drain reads until the client has gone.
func (c *Conn) Drain() error {
	_, _ = io.Copy(io.Discard, c)
	return ErrOver
}

// drone writes without an end.
func (c *Conn) drone() error {
	bytes := make([]byte, 16<<10)
	for i := range bytes {
		bytes[i] = 'x'
	}
	for {
		if _, err := c.Write(bytes); err != nil {
			return ErrOver
		}
	}
}
