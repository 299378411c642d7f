// Package imaptest is an IMAP server for tests, for what no real one can be made to
// show. It keeps mailboxes in memory, which tests change under a client's feet, and
// answers rightly (RFC 3501, and of its extensions what mail programs use) until a
// test gives it a fault: see mailtest.Fault.
//
// The steps that faults are given for are "GREETING", the commands in capitals
// ("LOGIN", "SELECT", "IDLE", "FETCH", also for UID FETCH), "DONE" for the end of an
// IDLE, and those of package mailtest.
//
// It is light: 5,000 clients can idle in one process beside what they belong to.
package imaptest
