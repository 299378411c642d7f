package dial

import (
	"errors"
	"io"
	"syscall"
)

// TryRead reads what there is on a socket, and does not wait: then the error is
// ErrAgain.
func TryRead(raw syscall.RawConn, b []byte) (n int, err error) {
	failed := raw.Read(func(fd uintptr) bool {
		n, err = ReadNow(fd, b)
		return true
	})
	if failed != nil {
		return 0, failed
	}
	return n, err
}

// ReadNow is TryRead for who may read the descriptor already, as in the function of
// syscall.RawConn.Read.
func ReadNow(fd uintptr, b []byte) (n int, err error) {
	for err = syscall.EINTR; err == syscall.EINTR; {
		n, err = syscall.Read(int(fd), b)
	}
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return 0, ErrAgain
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// ErrAgain tells that there is nothing to be read now. TLS takes it as passing.
var ErrAgain error = again{}

type again struct{}

func (again) Error() string   { return "nothing to read" }
func (again) Timeout() bool   { return true }
func (again) Temporary() bool { return true }
