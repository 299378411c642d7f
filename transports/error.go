package transports

import (
	"errors"
	"fmt"
	"time"
)

// ErrorKind is why something did not work, in the terms the caller decides by.
type ErrorKind uint8

// The kinds of errors. Only Unreachable, Busy and Internal may pass by
// themselves; for the others something must change first.
const (
	Internal     ErrorKind = iota // our fault
	Unreachable                   // the network is down, or did not answer in time
	Busy                          // too much at once; see After
	Credentials                   // the network refused the log-in
	NotFound                      // no such number, mailbox, nick or room
	Malformed                     // not an address or value at all
	NotAllowed                    // a rule forbids it, whoever asks
	Forbidden                     // this account may not: banned, no operator
	Uninvited                     // the room is by invitation, or for registered people
	PasswordWant                  // the room wants a password, or another one
	Conflict                      // the name is taken
	Full                          // no place left
	TooLong                       // more than the network takes
	Unsupported                   // this network cannot do that
	Absent                        // we are not in that room
	Unfit                         // something about the message or the sender must change first
	Impossible                    // such a message can never go there
	NoRoute                       // nothing leads from here to there
	Incomplete                    // there is nothing in it to send
	Away                          // the other side cannot be reached now; the network gave up
	Blocked                       // the other side does not want it
	Filtered                      // the network took it for spam
	Undelivered                   // it did not arrive, and nobody says why
	Unlicensed                    // the sender lacks a registration that the network's rules ask for
)

var kindNames = [...]string{
	"internal error", "unreachable", "busy", "credentials refused", "not found", "malformed", "not allowed",
	"forbidden", "not invited", "password wanted", "conflict", "full", "too long", "unsupported", "not in the room",
	"unfit", "impossible", "no route", "incomplete", "away", "blocked", "filtered", "undelivered", "unlicensed",
}

func (k ErrorKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Error is a failure with two texts: Text may be shown to the user, Err is for
// the log. Neither ever holds a secret.
type Error struct {
	Kind   ErrorKind
	Text   Text
	Err    error
	After  time.Duration // when to try again, where the network said so
	Unsure bool          // the message may have been sent all the same
	Code   string        // the network's own number for it, where it has one
}

func (e *Error) Error() string {
	text := e.Text.String()
	switch {
	case e.Err != nil && text != "":
		return fmt.Sprintf("%s: %s: %v", e.Kind, text, e.Err)
	case e.Err != nil:
		return fmt.Sprintf("%s: %v", e.Kind, e.Err)
	case text != "":
		return fmt.Sprintf("%s: %s", e.Kind, text)
	}
	return e.Kind.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Temporary tells whether the same may work later without anybody's doing.
func (e *Error) Temporary() bool {
	return e.Kind == Unreachable || e.Kind == Busy || e.Kind == Internal
}

// AsError returns err as an *Error: the one in its chain, or err wrapped as
// Internal. It returns nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Err: err}
}

// FieldError is an Error that one field of a Form is to blame for.
type FieldError struct {
	Field string
	Err   *Error
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

func (e *FieldError) Unwrap() error { return e.Err }
