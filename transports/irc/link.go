package irc

import (
	"errors"
	"net"
	"syscall"

	"wherry/transports/dial"
)

// link is a connection to a server, with TLS or without. Waiting for input
// holds no buffer: wait and read are two.
type link struct {
	socket *socket
	top    net.Conn // the socket, or TLS above it
	port   int      // of the server
}

// newLink returns the link over a socket that is connected to a port; its reads no
// longer wait.
func newLink(s *socket, top net.Conn, port int) *link {
	s.lean = true
	return &link{socket: s, top: top, port: port}
}

// secure tells whether the link is encrypted.
func (l *link) secure() bool { return l.top != net.Conn(l.socket) }

// wait returns when there may be something to read, or with the error that the
// next read would have: os.ErrDeadlineExceeded after the read deadline.
func (l *link) wait() error {
	asked := false
	return l.socket.raw.Read(func(fd uintptr) bool {
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
	return !errors.Is(err, syscall.EAGAIN)
}

// read hands what there is to read to take, through buffer. It does not wait.
func (l *link) read(buffer []byte, take func([]byte) error) error {
	for {
		n, err := l.top.Read(buffer)
		if n > 0 {
			if err := take(buffer[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, dial.ErrAgain):
			return nil
		case err != nil:
			return err
		case n < len(buffer) && l.top == net.Conn(l.socket): // all there was
			return nil
		}
	}
}

// socket is the TCP connection of a link. Once it is lean its reads do not
// wait: below TLS too they say dial.ErrAgain, which TLS takes as passing.
type socket struct {
	net.Conn
	raw  syscall.RawConn
	lean bool
	gone func() // called when it is closed, once or more
}

// Close ends the connection.
func (s *socket) Close() error {
	s.gone()
	return s.Conn.Close()
}

// Read reads what there is.
func (s *socket) Read(b []byte) (n int, err error) {
	if !s.lean {
		return s.Conn.Read(b)
	}
	return dial.TryRead(s.raw, b)
}
