// Package smtptest is a submission server for tests (RFC 6409), for what no real one
// can be made to show. It keeps what is sent, and answers rightly until a test gives
// it a fault: see mailtest.Fault.
//
// The steps that faults are given for are "GREETING", the commands in capitals
// ("EHLO", "AUTH", "RCPT", "DATA"), "MESSAGE" for the end of a mail, and those of
// package mailtest. A fault of MESSAGE with Work keeps the mail, though its client
// does not hear of it.
package smtptest
