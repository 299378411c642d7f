// Package soak breaks everything between the users and the network, again and
// again, and counts what became of their messages.
//
// The gateway stands between a real XMPP server with scripted clients, and a
// scripted network; see package wiretest. In the files sms_*_test.go
// the network is a stand-in for Twilio; see package twiliotest. In the files
// mail_*_test.go it is mail servers: stand-ins, see packages imaptest and
// smtptest, or real ones. Both ends keep logs, and outlive it. The judge (judge.go)
// counts from these logs alone: what the gateway believes is not asked.
//
// What may be lost is known beforehand, and counted apart: what a killed
// gateway or server had in its hands, which nobody was told to have arrived;
// what a server's own store loses; and what a server takes from a client and
// never hands to the gateway, as a relay between the two sees.
package soak
