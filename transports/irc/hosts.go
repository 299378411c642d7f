package irc

import (
	"crypto/tls"
	"reflect"
	"sync"

	"wherry/transports/dial"
)

// maxHosts is how many networks are remembered; users of others share nothing.
const maxHosts = 1000

// hosts has what all connections to a network would else each hold a copy of.
// None of it is ever changed.
type hosts struct {
	mu    sync.Mutex // guards known
	known map[string]*host
}

// host is a network.
type host struct {
	config *tls.Config
	net    *isupport // as its last server told
}

// host returns a network by its name. It is called with mu held.
func (hs *hosts) host(name string) *host {
	h := hs.known[name]
	if h == nil {
		h = new(host)
		if hs.known == nil {
			hs.known = make(map[string]*host)
		}
		if len(hs.known) < maxHosts {
			hs.known[name] = h
		}
	}
	return h
}

// tlsConfig returns our side of TLS towards a network.
func (t *Transport) tlsConfig(name string) *tls.Config {
	t.hosts.mu.Lock()
	defer t.hosts.mu.Unlock()
	h := t.hosts.host(name)
	if h.config == nil {
		h.config = dial.TLSConfig(name, t.cfg.CAs)
	}
	return h.config
}

// share returns what is equal to net, and perhaps held by others already.
func (t *Transport) share(name string, net *isupport) *isupport {
	t.hosts.mu.Lock()
	defer t.hosts.mu.Unlock()
	h := t.hosts.host(name)
	if h.net == nil || !reflect.DeepEqual(h.net, net) {
		h.net = net
	}
	return h.net
}
