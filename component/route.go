package component

import (
	"strings"

	"wherry/component/jid"
	"wherry/transports"
)

// This file is the only map between JIDs and addresses.
//
// The local part is the address's text (transports.Address.String) under
// XEP-0106 escaping; no local part is the gateway itself. The resource of a
// room's JID is an occupant's nick. Contacts show one constant resource in
// their presence, and answer to any.

// contactResource is the resource that contacts, networks and the gateway have
// presence with.
const contactResource = "gateway"

// target is where a stanza goes.
type target struct {
	addr transports.Address
	nick string // of an occupant, where addr is a room
}

// route returns what a JID of the domain stands for, in the eyes of one
// account.
func route(t transports.Transport, to jid.JID, in transports.Account) (target, error) {
	if to.Local == "" {
		return target{}, nil
	}
	addr, err := t.Address(jid.Text(to.Local), in)
	if err != nil {
		return target{}, err
	}
	return toward(addr, to), nil
}

// toward returns the target of a JID that stands for an address.
func toward(addr transports.Address, to jid.JID) target {
	out := target{addr: addr}
	if addr.Kind == transports.Room {
		out.nick = jid.Nick(to.Resource)
	}
	return out
}

// address returns the bare JID of an address on a domain; the zero address is
// the domain itself.
func address(domain string, a transports.Address) (jid.JID, error) {
	local, err := jid.Local(a.String())
	if err != nil {
		return jid.JID{}, err
	}
	return jid.JID{Local: local, Domain: domain}, nil
}

// present returns the JID from which an address has presence.
func present(j jid.JID) jid.JID { return j.WithResource(contactResource) }

// kept returns an address in memory of its own, to be kept for longer than the
// stanza it was read from.
func kept(a transports.Address) transports.Address {
	a.Scope, a.Name = transports.Scope(strings.Clone(string(a.Scope))), strings.Clone(a.Name)
	return a
}
