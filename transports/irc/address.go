package irc

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"wherry/transports"
)

// Bounds of names in bytes. Networks draw them closer; what a line or the
// local part of a JID could not carry is refused here.
const (
	maxText    = 1023
	maxName    = 300
	maxNetwork = 253
)

// channelTypes are the first characters of channels on any network, RFC 2812 §1.3.
const channelTypes = "#&+!"

// Address turns "#channel%network", "nick%network" or "network" into an
// address. The last "%" separates. A name without a network means the network
// of the account, or the user's default one. Names are put in lower case, as
// they come back from JIDs so.
func (t *Transport) Address(text string, in transports.Account) (transports.Address, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return none, malformed(transports.T("An address on IRC is #channel%%network or nick%%network."))
	case len(text) > maxText || !utf8.ValidString(text):
		return none, malformed(transports.T("That is too long, or not text."))
	}
	if t.cfg.FixedNetwork != "" {
		return t.fixedAddress(text)
	}
	if i := strings.LastIndexByte(text, '%'); i >= 0 {
		scope, err := t.network(text[i+1:])
		if err != nil {
			return none, err
		}
		return named(text[:i], scope)
	}
	if t.isNetwork(text) {
		scope, err := t.network(text)
		return transports.Address{Kind: transports.Network, Scope: scope}, err
	}
	if in.Scope != "" {
		return named(text, in.Scope)
	}
	if network := in.Default[fieldNetwork]; network != "" {
		scope, err := t.network(network)
		if err != nil {
			return none, err
		}
		return named(text, scope)
	}
	return none, malformed(transports.T("On which network? Add it after a percent sign: %s%%irc.example.org.", text))
}

// fixedAddress is Address where the gateway has one network: names stand alone.
func (t *Transport) fixedAddress(text string) (transports.Address, error) {
	if lower(text) == t.cfg.FixedNetwork {
		return transports.Address{Kind: transports.Network}, nil
	}
	if i := strings.LastIndexByte(text, '%'); i >= 0 && i+1 < len(text) {
		switch host := text[i+1:]; {
		case lower(host) == t.cfg.FixedNetwork:
			text = text[:i]
		case t.isNetwork(host):
			return none, notServed(t.cfg.FixedNetwork)
		}
	}
	return named(text, "")
}

// none is the address of nothing.
var none transports.Address

// named returns the address of a channel or nick.
func named(name string, scope transports.Scope) (transports.Address, error) {
	kind := transports.Contact
	if name != "" && strings.IndexByte(channelTypes, name[0]) >= 0 {
		kind = transports.Room
	}
	switch {
	case name == "":
		return none, malformed(transports.T("A channel or a nick is missing before the percent sign."))
	case kind == transports.Room && !validChannel(name):
		return none, malformed(transports.T("%s cannot be the name of a channel.", name))
	case kind == transports.Contact && !validNick(name):
		return none, malformed(transports.T("%s cannot be a nick on IRC.", name))
	}
	return transports.Address{Kind: kind, Scope: scope, Name: lower(name)}, nil
}

// validChannel tells whether a channel could have that name, RFC 2812 §1.3.
// Control characters are refused where IRC allows them: no JID carries them.
func validChannel(name string) bool {
	return len(name) > 1 && len(name) <= maxName && validName(name, " ,")
}

// validNick tells whether somebody could have that nick. It is more than RFC
// 2812 §2.3.1 allows, as networks are.
func validNick(name string) bool {
	return name != "" && len(name) <= maxName && validName(name, " ,!@*?:.#&") &&
		strings.IndexByte("~%+$", name[0]) < 0
}

func validName(name, refused string) bool {
	if !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if r < ' ' || r == 0x7f || (r < utf8.RuneSelf && strings.IndexByte(refused, byte(r)) >= 0) {
			return false
		}
	}
	return true
}

// isNetwork tells whether a name without "%" is a network and no nick or channel.
func (t *Transport) isNetwork(name string) bool {
	if strings.IndexByte(channelTypes, name[0]) >= 0 {
		return false
	}
	name = lower(name)
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil || name == "localhost" || t.lists(name) || strings.Contains(strings.Trim(name, "."), ".")
}

// network returns the canonical spelling of a network's host, where the
// gateway's users may go there.
func (t *Transport) network(host string) (transports.Scope, error) {
	name, ok := canonicalHost(host)
	if !ok || !t.isNetwork(name) {
		return "", malformed(transports.T("%s is not the name of a network: that is a host, such as irc.example.org.", host))
	}
	if len(t.cfg.Networks) > 0 && !t.lists(name) {
		return "", notServed(t.cfg.Networks...)
	}
	return transports.Scope(name), nil
}

func (t *Transport) lists(network string) bool {
	for _, n := range t.cfg.Networks {
		if n == network {
			return true
		}
	}
	return false
}

// canonicalHost returns a host as it stands in addresses: an IP address in its
// short form, a name in ASCII and lower case, without a dot at its end.
func canonicalHost(host string) (string, bool) {
	host = strings.TrimSuffix(strings.TrimSpace(host), ".")
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return ip.Unmap().String(), ip.Zone() == ""
	}
	if !isASCII(host) {
		name, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", false
		}
		host = name
	}
	return lower(host), validHost(host)
}

// validHost tells whether name is a host name: RFC 1123 §2.1, with the "_"
// that some have.
func validHost(name string) bool {
	if name == "" || len(name) > maxNetwork {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if !isAlphanumeric(label[i]) && label[i] != '-' && label[i] != '_' {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// notServed says which networks there are.
func notServed(networks ...string) *transports.Error {
	return &transports.Error{
		Kind: transports.NotAllowed,
		Text: transports.T("This gateway reaches these networks only: %s.", strings.Join(networks, ", ")),
	}
}

func malformed(text transports.Text) *transports.Error {
	return &transports.Error{Kind: transports.Malformed, Text: text}
}
