package hosts

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"

	"wherry/transports/dial"
)

// Lean returns a connection of Dial's whose reader, while there is nothing to read,
// waits below TLS and not in it: it then has a smaller stack, and there are many that
// wait. What is no TLS connection is returned as it is. Only what Lean returns may be
// read from then on.
func Lean(conn net.Conn) net.Conn {
	secured, ok := conn.(*tls.Conn)
	if !ok {
		return conn
	}
	bounded, ok := secured.NetConn().(*Bounded)
	if !ok {
		return conn
	}
	below, ok := bounded.Conn.(*patient)
	if !ok {
		return conn
	}
	socket, ok := below.Conn.(syscall.Conn)
	if !ok {
		return conn
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return conn
	}
	below.raw = raw
	return &lean{secured, raw}
}

// lean is a TLS connection that is read by trying, and waiting.
type lean struct {
	*tls.Conn
	raw syscall.RawConn
}

// Read reads what there is, and waits only where there is nothing.
func (l *lean) Read(b []byte) (int, error) {
	for {
		n, err := l.Conn.Read(b)
		if n > 0 || !errors.Is(err, dial.ErrAgain) {
			return n, err
		}
		if err := l.wait(); err != nil {
			return 0, err
		}
	}
}

// wait returns when there may be something to read, or with the error that the next
// read would have.
func (l *lean) wait() error {
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
