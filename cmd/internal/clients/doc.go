// Package clients has what client programs of XMPP say to the gateway, and what
// it answers: one dialogue of each, a file in testdata. Some were recorded
// between the real program and the built gateway, some were written down from
// the program's source, some from how it is known to behave; each file says
// which. The tests play every dialogue to a gateway again, with no client
// program, and want every answer as it stands there: alone, and through each XMPP
// server.
//
// "make record-clients" records again, and wants the program to show what
// happened: docs/clients.md.
package clients
