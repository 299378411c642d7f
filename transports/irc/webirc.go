package irc

import (
	"net/netip"
	"slices"
)

// WebIRC is what a network agreed with the administrator on, by which it takes
// users' addresses from us: https://ircv3.net/specs/extensions/webirc.
type WebIRC struct {
	Host     string // the network's
	Password string
	Gateway  string       // what the network calls us
	Prefix   netip.Prefix // of the users' addresses; the zero Prefix is fd00::/8, which leads nowhere
	Suffix   string       // of the users' host names
}

// unrouted are addresses that mean nothing outside of a site, RFC 4193.
var unrouted = netip.MustParsePrefix("fd00::/8")

// maxHostName is how many bytes of a host name networks show.
const maxHostName = 63

// webIRC returns how a server is told of users' addresses; nil where it is not.
// The password goes only where the administrator's host is proven to be, or by a
// port without TLS that is the administrator's: users may name hosts, ports and
// certificates of their own.
func (t *Transport) webIRC(who *identity, l *link) *WebIRC {
	at := slices.IndexFunc(t.cfg.WebIRC, func(w WebIRC) bool { return w.Host == who.dialled() })
	proven := l.secure() && len(who.pins) == 0
	if at < 0 || who.known == "" || !proven && (l.secure() || !slices.Contains(t.cfg.PlainPorts, l.port)) {
		return nil
	}
	return &t.cfg.WebIRC[at]
}

// address returns the address that stands for a user: the same at all times, and
// telling nothing of them.
func (w *WebIRC) address(user string) netip.Addr {
	prefix := w.Prefix
	if !prefix.IsValid() {
		prefix = unrouted
	}
	out := prefix.Masked().Addr().AsSlice()
	for i, c := range secretSum(user, "address")[:len(out)] {
		switch fixed := prefix.Bits() - 8*i; {
		case fixed <= 0:
			out[i] = c
		case fixed < 8:
			out[i] |= c & (0xff >> fixed)
		}
	}
	addr, _ := netip.AddrFromSlice(out)
	return addr
}

// name returns the host name of a user.
func (w *WebIRC) name(known string, addr netip.Addr) string {
	if name := known + "." + w.Suffix; w.Suffix != "" && len(name) <= maxHostName {
		return name
	}
	return lineForm(addr)
}

// lineForm returns an address as it stands in a line: never with a colon first.
func lineForm(addr netip.Addr) string {
	text := addr.String()
	if text[0] == ':' {
		return "0" + text
	}
	return text
}

// tellAddress sends WEBIRC, before all else.
func (c *conn) tellAddress() {
	who := &c.s.who
	if w := c.s.t.webIRC(who, c.link); w != nil {
		addr := w.address(who.owner)
		c.send("WEBIRC", w.Password, w.Gateway, w.name(who.known, addr), lineForm(addr))
	}
}
