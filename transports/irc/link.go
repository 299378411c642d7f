package irc

import (
	"errors"
	"net"
	"syscall"

	"wherry/transports/dial"
)

// link is a connection to a server, with TLS or without. Waiting for input
// holds no buffer: follow and read are two.
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

// follow has take called at once, and each time that there may be something to
// read, until it returns an error. The error is that, or the one that the next read
// would have: os.ErrDeadlineExceeded after the read deadline. Only take may read.
// What comes while it is at work is not missed, so that nobody has to look for it.
func (l *link) follow(take func() error) (err error) {
	failed := l.socket.raw.Read(func(fd uintptr) bool {
		l.socket.fd = fd
		err = take()
		return err != nil
	})
	if err == nil {
		err = failed
	}
	return err
}

// read hands what there is to read to take, through buffer, up to its end: what was
// there when it began is not told of again, be it that the connection has ended. It
// does not wait. It is for who follows.
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
		}
	}
}

// socket is the TCP connection of a link. Once it is lean its reads do not
// wait: below TLS too they say dial.ErrAgain, which TLS takes as passing.
type socket struct {
	net.Conn
	raw  syscall.RawConn
	lean bool
	fd   uintptr // while lean, in follow
	gone func()  // called when it is closed, once or more
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
	return dial.ReadNow(s.fd, b)
}
