package irc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"net"
	"net/netip"
	"sync"

	"wherry/transports"
)

// identSize is how many letters and digits stand for a user: networks cut longer
// ones.
const identSize = 9

var identAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// known returns what networks are told a user by: stable, the same in all of their
// accounts, so that a ban stays one, and telling nothing of the user. The owner of
// an account is known to the gateway only, and so the key. It is empty for nobody.
func known(account transports.Account) string {
	if account.Owner == "" {
		return ""
	}
	sum := secretSum(account.Owner, "ident")
	sum[0] &= 0x7f // so that it begins with a letter: of the alphabet's first 16
	return identAlphabet.EncodeToString(sum)[:identSize]
}

func secretSum(key, purpose string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(purpose))
	return h.Sum(nil)
}

// reach dials a server, and answers for the connection (RFC 1413) before the
// server can ask.
func (t *Transport) reach(ctx context.Context, who *identity, address string) (net.Conn, func(), error) {
	var dials dials
	guard := *t.guard
	asks := t.cfg.Idents != nil && who.known != "" && guard.Proxy == "" // else a network would ask the proxy
	if asks {
		guard.Watch = func(server netip.AddrPort) { dials.add(t.cfg.Idents.Dialling(server)) }
	}
	defer dials.end()
	conn, err := guard.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	gone := func() {}
	if asks {
		gone = t.cfg.Idents.Add(conn, who.known)
	}
	return conn, gone, nil
}

// dials are the attempts of one dial. Some may begin after its end.
type dials struct {
	mu    sync.Mutex // guards all below
	ends  []func()
	ended bool
}

func (d *dials) add(end func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		end()
		return
	}
	d.ends = append(d.ends, end)
}

func (d *dials) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
	for _, end := range d.ends {
		end()
	}
}
