package hosts

import (
	"errors"
	"net"
	"sync/atomic"
)

// errTooMuch ends a connection whose other side does not stop talking.
var errTooMuch = errors.New("it said too much")

// Bounded is a connection that takes no more than it was allowed to: the libraries
// hold whatever a server says until they understand it, and some servers are
// anybody's. Its methods are safe for concurrent use.
type Bounded struct {
	net.Conn
	left atomic.Int64
}

// Bound has no more read from a connection than so many bytes, until Allow.
func Bound(conn net.Conn, bytes int64) *Bounded {
	b := &Bounded{Conn: conn}
	b.Allow(bytes)
	return b
}

// Allow has so many bytes read from now on, whatever was left before.
func (b *Bounded) Allow(bytes int64) { b.left.Store(bytes) }

// Credit has so many bytes more read.
func (b *Bounded) Credit(bytes int64) { b.left.Add(bytes) }

// Read reads what is allowed.
func (b *Bounded) Read(p []byte) (int, error) {
	if b.left.Load() <= 0 {
		return 0, errTooMuch
	}
	n, err := b.Conn.Read(p)
	b.left.Add(-int64(n))
	return n, err
}
