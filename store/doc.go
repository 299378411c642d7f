// Package store keeps what must outlive the process: accounts and their
// sealed secrets, contacts, rooms, saves and languages; in an outbox and an inbox,
// the messages that are on their way; and of those of conversations, what their
// answers need (Trail).
//
// The store is one SQLite file. One process at a time holds it (see ErrLocked)
// and writes through one connection: many small writes that come together
// share one transaction and so one fsync. A write that returned nil is on disk.
// Reads go beside, and see every write that returned before they began.
//
// Of the boxes it knows the rows, not what they mean: callers make their writes
// of the methods of Tx, and put in as bytes what a message or an event says.
// The states of the outbox and their order are here (OutState), when to go from
// one to another is the caller's.
//
// Secrets are sealed with XChaCha20-Poly1305 under the keys of a key file.
// Table, account, field and key are authenticated with them, so that a sealed
// value moved to another row does not open. Neither errors nor log lines hold
// a secret.
//
// All SQL is written once, in the words SQLite and PostgreSQL share, with $1 to
// $N for the arguments; rebind.go makes it fit for SQLite.
package store
