package world

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// Ports are taken from below the range that outgoing connections use, so that
// none of those can sit on a server's port while it is down.
const (
	lowPort  = 20000
	highPort = 32000
)

// FreePort returns a port on which nothing listens at the loopback address ip. It
// is handed out once, to this program and to all others of its user that ask by this
// function while this one runs: what is to listen there may not have begun.
func FreePort(ip string) (int, error) {
	for range 200 {
		port := lowPort + rand.IntN(highPort-lowPort)
		if !claim(port) {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port")
}

// claims are the ports that this program was given.
var claims struct {
	mu   sync.Mutex
	mine map[int]bool
	file *os.File // of which each program locks the bytes of its ports; nil where there is none
}

// claim takes a port for this program. It reports false where it was taken before.
func claim(port int) bool {
	claims.mu.Lock()
	defer claims.mu.Unlock()
	if claims.mine == nil {
		claims.mine = map[int]bool{}
		name := filepath.Join(os.TempDir(), fmt.Sprintf("wherry-ports-%d", os.Getuid()))
		claims.file, _ = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	}
	if claims.mine[port] {
		return false
	}
	if claims.file != nil {
		lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: int64(port), Len: 1}
		if syscall.FcntlFlock(claims.file.Fd(), syscall.F_SETLK, &lock) != nil {
			return false
		}
	}
	claims.mine[port] = true
	return true
}

// ports returns n different free ports of ip.
func ports(ip string, n int) ([]int, error) {
	seen := make(map[int]bool, n)
	found := make([]int, 0, n)
	for len(found) < n {
		port, err := FreePort(ip)
		if err != nil {
			return nil, err
		}
		if !seen[port] {
			seen[port] = true
			found = append(found, port)
		}
	}
	return found, nil
}

func address(ip string, port int) string { return net.JoinHostPort(ip, strconv.Itoa(port)) }
