package identd

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Table has the connections that are answered for. The zero Table is ready for
// use, and safe for concurrent use; a nil one takes and knows nothing.
type Table struct {
	mu      sync.Mutex // guards all below
	known   map[pair][]owned
	dialled map[netip.AddrPort]int // connections that are being made
	changed chan struct{}          // closed when one of these is there, or has failed; nil while nobody waits
}

// pair is how a question names a connection: our port, and the address of the
// server, which is whoever asks.
type pair struct {
	port   uint16
	server netip.AddrPort
}

// owned is one connection: its address on our side, and whose it is.
type owned struct {
	local netip.Addr
	id    string
}

// Dialling tells that a connection to a server is being made. A question of that
// server's waits until done is called: it may come before the dial has returned.
func (t *Table) Dialling(server netip.AddrPort) (done func()) {
	if t == nil {
		return func() {}
	}
	server = plain(server)
	t.mu.Lock()
	if t.dialled == nil {
		t.dialled = make(map[netip.AddrPort]int)
	}
	t.dialled[server]++
	t.mu.Unlock()
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.dialled[server]--; t.dialled[server] == 0 {
			delete(t.dialled, server)
		}
		if t.changed != nil {
			close(t.changed)
			t.changed = nil
		}
	})
}

// Add answers for a connection from now on with id, until remove is called. A
// connection that is not by TCP is left out.
func (t *Table) Add(conn net.Conn, id string) (remove func()) {
	local, ok := endpoint(conn.LocalAddr())
	server, also := endpoint(conn.RemoteAddr())
	if t == nil || !ok || !also {
		return func() {}
	}
	key, mine := pair{local.Port(), server}, owned{local.Addr(), id}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = make(map[pair][]owned)
	}
	t.known[key] = append(t.known[key], mine)
	return sync.OnceFunc(func() { t.remove(key, mine) })
}

func (t *Table) remove(key pair, mine owned) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.known[key]
	for i := range all {
		if all[i] == mine {
			all = append(all[:i:i], all[i+1:]...)
			break
		}
	}
	if t.known[key] = all; len(all) == 0 {
		delete(t.known, key)
	}
}

// lookup returns whose a connection is. local is where the question came in:
// where several connections have the same ports, that one is meant. It waits no
// longer than within for a connection that is being made.
func (t *Table) lookup(ctx context.Context, key pair, local netip.Addr, within time.Duration) (id string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		id, ok, changed := t.find(key, local)
		if changed == nil {
			return id, ok
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", false
		}
	}
}

// find is one look; changed is not nil where another may find more.
func (t *Table) find(key pair, local netip.Addr) (id string, ok bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.known[key]
	for _, one := range all {
		if one.local == local {
			return one.id, true, nil
		}
	}
	if len(all) == 1 { // the question came in by another address, as through a redirect
		return all[0].id, true, nil
	}
	if t.dialled[key.server] == 0 {
		return "", false, nil
	}
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return "", false, t.changed
}

// endpoint returns the address of one side of a TCP connection.
func endpoint(addr net.Addr) (netip.AddrPort, bool) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	return plain(tcp.AddrPort()), true
}

// plain returns an address as it is compared: without a zone, and IPv4 as that.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
