// Package corpus holds what reads mail to mails that nobody here wrote: those that
// other projects test with. They are fetched for the tests (fetch.sh) and kept with
// the user's caches.
//
//	fetch.sh → Mails (mails.go: files and mboxes, each mail once) → tests
package corpus
