package dial

import (
	"fmt"
	"net/netip"
	"syscall"
)

// bind gives a socket that is to reach target its local address. The port is
// found when it connects, so that one may serve for several targets.
func (g *Guard) bind(target netip.Addr, raw syscall.RawConn) error {
	if len(g.Bind) == 0 {
		return nil
	}
	for _, local := range g.Bind {
		if local.Is4() != target.Unmap().Is4() {
			continue
		}
		var failed error
		err := raw.Control(func(fd uintptr) { failed = bindSocket(int(fd), local) })
		if err == nil {
			err = failed
		}
		if err != nil {
			return fmt.Errorf("bind to %s: %w", local, err)
		}
		return nil
	}
	return errFamily
}

// bindNoPort is IP_BIND_ADDRESS_NO_PORT of ip(7), which syscall lacks.
const bindNoPort = 24

func bindSocket(fd int, local netip.Addr) error {
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, bindNoPort, 1) // where it is not known, there are fewer ports
	if local.Is4() {
		return syscall.Bind(fd, &syscall.SockaddrInet4{Addr: local.As4()})
	}
	return syscall.Bind(fd, &syscall.SockaddrInet6{Addr: local.As16()})
}
