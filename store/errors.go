package store

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

// The errors a caller decides by, besides *KeyFileError. Each comes wrapped in
// a text that says what is wrong and what to do.
var (
	ErrNotFound    = errors.New("not in the store")
	ErrExists      = errors.New("already in the store")
	ErrLocked      = errors.New("the store is in use")
	ErrNewerSchema = errors.New("the store is newer than this wherry")
	ErrOlderSchema = errors.New("the store is older than this wherry")
	ErrReadOnly    = errors.New("the store was opened for reading only")
	ErrClosed      = errors.New("the store is closed")
)

// KeyFileError is a fault of the key file: missing, open to others, unreadable,
// malformed, or not the one the store was sealed with.
type KeyFileError struct {
	Path   string // empty: none was given
	Reason string // what is wrong and what to do, in a sentence
	Err    error  // the cause, where there is one; its text is part of Reason
}

func (e *KeyFileError) Error() string {
	if e.Path == "" {
		return "key file " + e.Reason
	}
	return "key file " + e.Path + " " + e.Reason
}

func (e *KeyFileError) Unwrap() error { return e.Err }

// constraint turns the database's refusal of a row into ErrExists, or
// ErrNotFound where what the row belongs to is missing.
func constraint(err error) error {
	var fault sqlite3.Error
	if !errors.As(err, &fault) {
		return err
	}
	switch fault.ExtendedCode {
	case sqlite3.ErrConstraintForeignKey:
		return ErrNotFound
	case sqlite3.ErrConstraintUnique, sqlite3.ErrConstraintPrimaryKey:
		return ErrExists
	}
	return err
}

// Full tells that the store could take nothing when err came of a write, which
// may pass: the disk is full, failing, or mounted for reading only, or another
// program holds the database.
func Full(err error) bool {
	var fault sqlite3.Error
	if !errors.As(err, &fault) {
		return false
	}
	switch fault.Code {
	case sqlite3.ErrFull, sqlite3.ErrReadonly, sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrBusy:
		return true
	}
	return false
}
