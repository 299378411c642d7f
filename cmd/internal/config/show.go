package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// identdListen checks where ident requests are answered.
func (r *resolver) identdListen(key, value string) string {
	if value == "" {
		return ""
	}
	if _, ok := r.hostPort(key, value, ":113"); !ok {
		return ""
	}
	return value
}

// addresses reads the local addresses to connect from: one, or one of each family.
func (r *resolver) addresses(key, text string) []netip.Addr {
	var all []netip.Addr
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == ',' }) {
		addr, err := netip.ParseAddr(word)
		addr = addr.Unmap()
		switch {
		case err != nil || addr.Zone() != "":
			r.refuse(key, `%q is no IP address, like "192.0.2.1"`, word)
			return nil
		case slices.ContainsFunc(all, func(other netip.Addr) bool { return other.Is4() == addr.Is4() }):
			r.refuse(key, `has two addresses of a family: write one, or one of IPv4 and one of IPv6, like "192.0.2.1, 2001:db8::1"`)
			return nil
		}
		all = append(all, addr)
	}
	return all
}

// proxy reads by which proxy networks are reached. What shows them who is who is
// not seen behind one.
func (r *resolver) proxy(key string, t ircTable) string {
	if t.OutgoingProxy == "" {
		return ""
	}
	addr, ok := strings.CutPrefix(t.OutgoingProxy, "socks5://")
	host, port, err := net.SplitHostPort(addr)
	_, notIP := netip.ParseAddr(host)
	switch {
	case !ok || err != nil || notIP != nil && !hostname(host) || !portNumber(port):
		r.refuse(key, `must be a proxy that asks for no password, like "socks5://127.0.0.1:9050"`)
	case t.OutgoingBind != "":
		r.refuse(key, "does not go with outgoing_bind: networks see the proxy's address")
	case t.IdentdListen != "":
		r.refuse(key, "does not go with identd_listen: networks would ask the proxy")
	}
	return addr
}

// webIRC reads which networks take users' addresses from us.
func (r *resolver) webIRC(key string, tables []webIRCTable) []WebIRC {
	var all []WebIRC
	for _, t := range tables {
		w := WebIRC{
			Host:     strings.Join(r.hosts(key+".host", []string{t.Host}), ""),
			Password: r.webIRCPassword(key, t),
			Gateway:  t.Gateway,
		}
		if w.Gateway == "" {
			w.Gateway = "wherry"
		}
		if !oneWord(w.Gateway) {
			r.refuse(key+".gateway", "%q is not one word", w.Gateway)
		}
		if slices.ContainsFunc(all, func(other WebIRC) bool { return other.Host == w.Host }) {
			r.refuse(key+".host", "%s is there twice", w.Host)
		}
		if t.Prefix != "" {
			w.Prefix = r.prefix(key+".prefix", t.Prefix)
		}
		all = append(all, w)
	}
	return all
}

func (r *resolver) webIRCPassword(key string, t webIRCTable) (password Secret) {
	switch {
	case t.Password != "" && t.PasswordFile != "":
		r.refuse(key+".password_file", "there is a password too: keep one of the two")
		return ""
	case t.PasswordFile != "":
		key += ".password_file"
		if password = r.secretFile(key, r.path(t.PasswordFile)); password == "" {
			return ""
		}
	default:
		key += ".password"
		password = Secret(t.Password)
	}
	switch {
	case password == "":
		r.refuse(key, "is missing: put here what the network gave you for %s, or the path of a file with it in password_file", fmt.Sprintf("%.100s", t.Host))
	case !oneWord(password.Reveal()):
		r.refuse(key, "cannot be sent: it must be one word, and not begin with a colon")
	case openToOthers(r.file):
		r.warn(key, "every user of this machine can read it: run chmod 600 %s, or use password_file", r.file)
	}
	return password
}

// oneWord tells whether text can stand in the middle of a line of IRC.
func oneWord(text string) bool {
	return text != "" && text[0] != ':' && len(text) <= 200 && !strings.ContainsAny(text, " \r\n\x00")
}

// userBits are how many bits of an address are left to tell users apart.
const userBits = 32

func (r *resolver) prefix(key, text string) netip.Prefix {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil, prefix.Addr().Is4(), prefix.Addr().Is4In6():
		r.refuse(key, `%q is no range of IPv6 addresses, like "2001:db8:1::/48"`, text)
	case prefix.Bits() > 128-userBits:
		r.refuse(key, "%s is too small to tell users apart: it may have /%d at most", text, 128-userBits)
	}
	return prefix.Masked()
}
