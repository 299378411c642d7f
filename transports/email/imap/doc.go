// Package imap connects to the servers that mail is fetched from, and logs in.
// Nothing is said of the user before the server's certificate was verified.
package imap
