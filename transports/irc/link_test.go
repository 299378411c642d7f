package irc

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// The end of a connection is seen though it comes together with the last line: the
// system tells once of both.
func TestLinkEnds(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for range 100 {
		ours, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := ours.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		s := &socket{Conn: ours, raw: raw, gone: func() {}}
		l := newLink(s, s, 0)
		if err := ours.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		waits, ended := make(chan struct{}, 1), make(chan error, 1)
		got, buffer := "", make([]byte, readSize)
		go func() {
			ended <- l.follow(func() error {
				err := l.read(buffer, func(p []byte) error { got += string(p); return nil })
				select {
				case waits <- struct{}{}:
				default:
				}
				return err
			})
		}()
		<-waits
		if _, err := io.WriteString(theirs, "bye\r\n"); err != nil {
			t.Fatal(err)
		}
		_ = theirs.Close()
		if err := <-ended; !errors.Is(err, io.EOF) || got != "bye\r\n" {
			t.Fatalf("got %q, then %v", got, err)
		}
		_ = s.Close()
	}
}
