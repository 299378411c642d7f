// Package twiliotest is a stand-in for Twilio: its messaging API, its calls to
// webhooks, and the phones on the other side.
//
// It has as much of the API of Conversations as group texts need, for the
// accounts that may have them.
//
// A Server keeps accounts, numbers and messages, and answers as Twilio does on
// the wire. What it answers follows from its state: a number that is not the
// account's, a phone that said STOP, a landline. Tests add the state, script
// what becomes of messages, inject faults, and look at what phones got and
// which requests came. What Twilio's documentation leaves open is a setting.
//
// It serves plain HTTP on two ports: the API, and the host that media are
// fetched from. It keeps everything in memory until Close.
package twiliotest
