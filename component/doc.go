// Package component is the gateway as an XMPP server sees it: an external
// component (XEP-0114) with one domain per kind of network, and behind each
// domain the users who live there.
//
// # Who owns what
//
// A Component holds Domains; a Domain holds one link and many users. A user is
// the one owner of a bare JID on a domain: of its accounts, rooms, contacts and
// windows. Everybody else posts work to the user's mailbox, which runs it in a
// borrowed goroutine, one piece after the other; an idle user has no goroutine.
// A session runs one account's transports.Session: it connects and reconnects,
// posts what the network says, and sends, in order, what the user says. A link
// keeps the one stream of its domain; what users send waits in a fair queue, so
// that one user's flood is not another's delay.
//
// Slow work (a trial log-in, a request to the network) never runs in a user's
// turn: it has its own goroutine, bounded in number and time, and posts the
// outcome.
//
// # The way of a stanza to the network
//
//	link.read → Component.dispatch (by the domain in to) → Domain.deliver
//	→ user.receive → route (JID → address)
//	→ groupchat: user.mail → session.deliver → transports.Session.Send
//	→ the outcome, in the user's turn: the reflection, or an error
//	→ user.send → fairQueue → link.write
//
// # The way of an event to the user
//
//	transports.Session.Run → session.emit (saves are committed)
//	→ user.happened → muc.Room, contact, chat message
//	→ window (room traffic to one resource) → user.send → fairQueue → link.write
//
// # A message to a contact
//
//	user.entrust → the outbox in the store (user.put): only now it
//	counts as taken → its lane (outbox.go), one conversation in order
//	→ session.transmit, beside the user: "sending" is stored, and on networks
//	with conversations what it follows (trail.go), one upstream request, its
//	outcome is stored (ledger.go)
//	→ a later Status → the lattice (lattice.go) → a receipt or an error as a row
//	of the inbox
//
// # A message from a person, and what became of one of the user's
//
//	session.emit → session.commit: a row of the inbox, in one transaction with
//	the saves; only now the network is told that it was taken
//	→ user.arrive → user.deliver: written, in order, within a window
//	→ prove.go: settled when a client, or twice the server, has answered behind
//	it → gone from the store. A stream that ends has all else written again.
//
// # A join
//
//	presence → user.join: a seat in the muc.Room; the account is made and its
//	session started if need be → transports.Rooms.Join
//	→ the network's Joined event fills the room → every seat is shown it.
//	A further resource is answered from the room as it stands.
//
// # A question
//
//	iq → user.receiveIQ → the Endpoint of its payload → exactly one answer,
//	from the user's turn, or from the pool within 30 s.
//
// # A command of a network's
//
//	iq → package command → registration: the account, if it is in force →
//	Domain.Place: its session, and what was said last with a contact → the
//	transport's Turn → Domain.Fulfil: what comes by it goes the way of all
//	messages, and so does what it sends.
//
// There is one place for each mapping: route.go between JIDs and addresses,
// errors.go from failures to stanza errors, inbound.go and outbound.go between
// messages and stanzas, package subscription for presence subscriptions,
// package muc for rooms.
package component
