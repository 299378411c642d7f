// Package wire is the transport to a scripted network, for tests of what all
// networks share: that nothing is lost, doubled or reordered between them and
// XMPP. It is part of builds with the tag "harness" only.
//
// The network speaks HTTP and JSON. Each request carries user and password
// (RFC 7617):
//
//	POST /login                       → 200, or 401
//	POST /send   SendRequest          → SendAnswer
//	GET  /events ?after=N&wait=10s    → Events, when there are some, or after wait
//	GET  /find   ?since=T&to=X&text=Y → Found
//
// Asking for the events after N acknowledges those up to N. Package wiretest is
// the network.
package wire
