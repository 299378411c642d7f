// Package irc is the transport to IRC: RFC 1459 and 2812 as servers speak them
// today, with the IRCv3 capabilities that make it better.
//
// A Session is one nick on one network. Its connection is a conn: one goroutine
// that waits for input without holding a buffer, and handles each line as it
// comes.
//
//	in   link (TLS, lean reads) → lines → line → handlers → events → emit
//	out  Send, Join, … → pacer → writer → the server
//
// What a request asks, the reader sees answered: requests wait in the conn, and
// handlers complete them (request.go). The only table from numerics to errors
// is failure.go; the only one from lines to handlers, handlers.go.
//
// When Run returns, the session is in no room any more; no event says so.
package irc
