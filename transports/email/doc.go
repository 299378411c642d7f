// Package email is the transport of mail: what an account is asked for, the trial
// of its servers, and the addresses of mailboxes. Its session, which fetches and
// sends, is still to come.
package email
