package stream

import (
	"fmt"

	"wherry/component/stanza"
)

// StreamError is a <stream:error/>: the server ends the stream. RFC 6120 §4.9
type StreamError struct {
	Condition, Text string
}

func (e *StreamError) Error() string {
	s := "the server ended the stream: " + e.Condition
	if e.Text != "" {
		s += " (" + e.Text + ")"
	}
	return s
}

// ConfigFault tells whether only a change of a configuration, ours or the
// server's, will help: a caller should retry slowly.
func (e *StreamError) ConfigFault() bool {
	switch e.Condition {
	case "not-authorized", "host-unknown", "conflict", "invalid-namespace":
		return true
	}
	return false
}

// BadStanzaError is one element that the stream could not take, while it goes
// on behind it.
type BadStanzaError struct {
	Name string        // message, presence, iq, or what it was called; may be empty
	Head stanza.Header // as far as it could be read
	Size int64         // bytes
	Err  error         // a *stanza.BadAddressError, *stanza.UnknownError, or an Err value of this package
}

func (e *BadStanzaError) Error() string {
	return fmt.Sprintf("%s from %q of %d bytes: %v", e.Name, e.Head.From.String(), e.Size, e.Err)
}

func (e *BadStanzaError) Unwrap() error { return e.Err }
