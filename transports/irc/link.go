package irc

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
)

// readSize is how much is read at once.
const readSize = 8 << 10

var readBuffers = sync.Pool{New: func() any { return new([readSize]byte) }}

// link is a connection to a server, with TLS or without. Its reader waits
// without holding a buffer.
type link struct {
	socket *socket
	top    net.Conn // the socket, or TLS above it
	try    func(fd uintptr) bool

	buffer *[readSize]byte // these three: what try found
	n      int
	err    error
}

// newLink returns the link over a connected socket; its reads no longer wait.
func newLink(s *socket, top net.Conn) *link {
	l := &link{socket: s, top: top}
	l.try = l.tryRead
	s.lean = true
	return l
}

// read waits for input, or the read deadline, and hands the input to take, in
// memory that is take's only until it returns.
func (l *link) read(take func([]byte) error) error {
	if err := l.socket.raw.Read(l.try); err != nil {
		return err
	}
	buffer, n, err := l.buffer, l.n, l.err
	l.buffer = nil
	defer readBuffers.Put(buffer)
	if n > 0 {
		return take(buffer[:n])
	}
	return err
}

// tryRead reads what there is. It tells whether that ends the wait.
func (l *link) tryRead(fd uintptr) bool {
	l.buffer = readBuffers.Get().(*[readSize]byte)
	l.socket.fd = fd
	l.n, l.err = l.top.Read(l.buffer[:])
	if l.n == 0 && errors.Is(l.err, errAgain) {
		readBuffers.Put(l.buffer)
		l.buffer = nil
		return false
	}
	return true
}

// socket is the TCP connection of a link. Once it is lean its reads do not
// wait: below TLS too they say errAgain, which TLS takes as passing, so that it
// gives the buffer back.
type socket struct {
	net.Conn
	raw  syscall.RawConn
	fd   uintptr // valid while a link reads
	lean bool
}

// Read reads what there is.
func (s *socket) Read(b []byte) (int, error) {
	if !s.lean {
		return s.Conn.Read(b)
	}
	n, err := syscall.Read(int(s.fd), b)
	switch {
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR):
		return 0, errAgain
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// errAgain tells that there is nothing to be read now.
var errAgain error = again{}

type again struct{}

func (again) Error() string   { return "nothing to read" }
func (again) Timeout() bool   { return true }
func (again) Temporary() bool { return true }
