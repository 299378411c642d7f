package hosts

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"

	"wherry/transports/dial"
)

// Lean is a TLS connection whose reader, while there is nothing to read, waits below
// TLS and not in it: it then has a smaller stack and needs no buffer, and there are
// many that wait.
type Lean struct {
	*tls.Conn
	raw syscall.RawConn
}

// NewLean returns a connection of Secure's as a lean one. Only that may be read from
// then on.
func NewLean(conn net.Conn) (*Lean, error) {
	secured, ok := conn.(*tls.Conn)
	if !ok {
		return nil, errNoSocket
	}
	bounded, ok := secured.NetConn().(*Bounded)
	if !ok {
		return nil, errNoSocket
	}
	below, ok := bounded.Conn.(*patient)
	if !ok {
		return nil, errNoSocket
	}
	socket, ok := below.Conn.(syscall.Conn)
	if !ok {
		return nil, errNoSocket
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil, err
	}
	below.raw = raw
	return &Lean{secured, raw}, nil
}

var errNoSocket = errors.New("no TLS on a socket")

// Read reads what there is, and waits only where there is nothing.
func (l *Lean) Read(b []byte) (int, error) {
	for {
		n, err := l.TryRead(b)
		if n > 0 || !errors.Is(err, dial.ErrAgain) {
			return n, err
		}
		if err := l.Wait(); err != nil {
			return 0, err
		}
	}
}

// TryRead reads what there is. It does not wait: the error is dial.ErrAgain then.
func (l *Lean) TryRead(b []byte) (int, error) { return l.Conn.Read(b) }

// Wait returns when there may be something to read after TryRead found nothing, or
// with the error that the next read would have.
func (l *Lean) Wait() error {
	asked := false
	return l.raw.Read(func(fd uintptr) bool {
		if asked {
			return true
		}
		asked = true
		return readable(fd)
	})
}

// readable tells whether a read of a socket would not have to wait.
func readable(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR)
}

// Read reads; once it is lean, what there is, or dial.ErrAgain, which TLS takes as passing.
func (p *patient) Read(b []byte) (n int, err error) {
	if p.raw == nil {
		return p.Conn.Read(b)
	}
	if len(b) == 0 {
		return 0, nil
	}
	return dial.TryRead(p.raw, b)
}
