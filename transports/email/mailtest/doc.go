// Package mailtest is what the stand-ins for mail servers, imaptest and smtptest,
// have in common: a listener with TLS, connections that can freeze, and faults that
// come when a test says so.
package mailtest
