package imap

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"wherry/transports/email/hosts"
)

// tap is a connection as one client of the library has it: it can be taken away from
// that client while this waits for nothing.
type tap struct {
	*hosts.Lean

	mu     sync.Mutex // guards what follows
	hello  []byte     // what the client is told before anything by the server
	taking bool       // the client is to read no further than to the end of a line
	part   bool       // it has read a line's beginning only
	ended  error      // of the connection
}

// Read reads; once the tap is taken, to the end of a line, and then no more.
func (t *tap) Read(b []byte) (int, error) {
	for {
		if n, err := t.before(b); n > 0 || err != nil {
			return n, err
		}
		n, err := t.Lean.Read(b)
		if n > 0 || !t.goesOn(err) {
			t.mu.Lock()
			if n > 0 {
				t.part = b[n-1] != '\n'
			}
			if n == 0 && t.ended == nil {
				t.ended = err
			}
			t.mu.Unlock()
			return n, err
		}
	}
}

// before returns what is to be read in place of what the server says.
func (t *tap) before(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.hello) > 0 {
		n := copy(b, t.hello)
		t.part = b[n-1] != '\n'
		if t.hello = t.hello[n:]; len(t.hello) == 0 {
			t.hello = nil
		}
		return n, nil
	}
	if t.taking && !t.part {
		return 0, net.ErrClosed // which the library takes for the end, and not for a fault
	}
	return 0, nil
}

// goesOn tells whether reading goes on after an error: it was take that interrupted.
func (t *tap) goesOn(err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.taking || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	_ = t.Lean.SetReadDeadline(time.Time{})
	return true
}

// take takes the connection away from its client, which ends, and closes gone by
// that. Nothing that the server said is lost: what the client had not read is read
// by who has the connection now. The error is that of a connection that ended.
func (t *tap) take(gone <-chan struct{}) error {
	t.mu.Lock()
	t.taking = true
	if !t.part {
		_ = t.Lean.SetReadDeadline(time.Unix(1, 0))
	} else {
		_ = t.Lean.SetReadDeadline(time.Time{})
	}
	t.mu.Unlock()
	<-gone
	_ = t.Lean.SetReadDeadline(time.Time{})
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended == nil && t.part {
		return net.ErrClosed
	}
	return t.ended
}

// SetReadDeadline sets the deadline of reads, as long as the client has the connection.
func (t *tap) SetReadDeadline(at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taking {
		return nil
	}
	return t.Lean.SetReadDeadline(at)
}

// SetWriteDeadline does nothing: each write has its own, below TLS.
func (t *tap) SetWriteDeadline(time.Time) error { return nil }

// Close closes the connection, as long as the client has it.
func (t *tap) Close() error {
	t.mu.Lock()
	taking := t.taking
	t.mu.Unlock()
	if taking {
		return nil
	}
	return t.Lean.Close()
}
