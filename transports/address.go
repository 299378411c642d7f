package transports

import "strings"

// Kind is what an Address names.
type Kind uint8

// The kinds of addresses.
const (
	Gateway Kind = iota // the gateway itself; the zero Address
	Network             // one network of a Scoped transport, and its services; a further account, see About.Further
	Contact             // a person: a number, a mailbox, a nick
	Room                // a channel, a group
)

func (k Kind) String() string {
	switch k {
	case Gateway:
		return "gateway"
	case Network:
		return "network"
	case Contact:
		return "contact"
	case Room:
		return "room"
	}
	return "unknown"
}

// Address is a native address in its one canonical spelling. It is comparable;
// the zero value is the gateway itself.
type Address struct {
	Kind  Kind
	Scope Scope  // the network, on a Scoped transport; the label of a further account; else empty
	Name  string // number, mailbox, nick or channel; empty for Gateway and Network
}

// String returns the address as it stands, before escaping, in the local part
// of a JID: "name%scope", "name", "scope", or nothing for the gateway.
func (a Address) String() string {
	switch {
	case a.Scope == "":
		return a.Name
	case a.Name == "":
		return string(a.Scope)
	}
	var b strings.Builder
	b.Grow(len(a.Name) + 1 + len(a.Scope))
	b.WriteString(a.Name)
	b.WriteByte('%')
	b.WriteString(string(a.Scope))
	return b.String()
}
