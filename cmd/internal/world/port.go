package world

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are taken from below the range that outgoing connections use, so that
// none of those can sit on a server's port while it is down.
const (
	lowPort  = 20000
	highPort = 32000
)

// FreePort returns a port on which nothing listens at the loopback address ip.
func FreePort(ip string) (int, error) {
	for range 200 {
		port := lowPort + rand.IntN(highPort-lowPort)
		l, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port")
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
