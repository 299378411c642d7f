package component

import (
	"context"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// Query is one iq get or set that reached the gateway, with what routing made
// of it.
type Query struct {
	Domain  *Domain
	From    jid.JID            // who asks: a full JID, or a server
	To      transports.Address // whom
	Nick    string             // the occupant, where To is a room and the JID had a resource
	IQ      *stanza.IQ
	Payload *stanza.Element // its one child
	Lang    string          // in which to answer

	user  *user // whose turn it is, unless the endpoint is slow
	after []func()
}

// After has f run when the answer was handed to the stream, in order.
// It may only be called before the handler returned.
func (q *Query) After(f func()) { q.after = append(q.after, f) }

// follow does what After was told.
func (q *Query) follow() {
	for _, f := range q.after {
		f()
	}
}

// User returns the bare JID of who asks: the identity that counts.
func (q *Query) User() jid.JID { return q.From.Bare() }

// Handler answers a Query: with a payload (nil for an empty result), or an
// error. A *stanza.Error is sent as it is; an *transports.Error by the table
// of errors.go.
type Handler func(context.Context, *Query) (*stanza.Element, error)

// Endpoint is one payload that the gateway answers, and where. What is
// advertised by service discovery follows from it.
type Endpoint struct {
	Space, Name string // of the payload
	Get, Set    Handler
	On          Where
	Feature     string // advertised where it is answered; empty: none
	Slow        bool   // the handlers may block: they run in the pool, under a time-out

	open bool // answered to everybody, also to those who may not use the domain
}

// Where is a set of kinds of addresses.
type Where uint8

// The kinds of addresses an Endpoint can be found at.
const (
	AtGateway Where = 1 << iota
	AtNetwork
	AtContact
	AtRoom
	AtOccupant

	Anywhere = AtGateway | AtNetwork | AtContact | AtRoom | AtOccupant
)

// where returns the one kind that an address is.
func where(a transports.Address, nick string) Where {
	switch a.Kind {
	case transports.Network:
		return AtNetwork
	case transports.Contact:
		return AtContact
	case transports.Room:
		if nick != "" {
			return AtOccupant
		}
		return AtRoom
	}
	return AtGateway
}

// Chat is what a user wrote to the gateway itself, or to one of their accounts there.
type Chat struct {
	Domain *Domain
	From   jid.JID
	To     transports.Address // the gateway, or the account
	Text   string
	Lang   string
	say    func(string)
}

// User returns the bare JID of who wrote.
func (c *Chat) User() jid.JID { return c.From.Bare() }

// Say sends a message from there to who wrote. It is safe from any
// goroutine, and as long as one likes.
func (c *Chat) Say(text string) { c.say(text) }

// ChatHandler answers what users write to the gateway. For one user it is
// called for one message at a time, in their order; it may block.
type ChatHandler func(context.Context, *Chat)
