package stanza

import (
	"cmp"
	"fmt"

	"wherry/component/jid"
)

// BadAddressError is a stanza whose to or from is no address.
type BadAddressError struct {
	Attr   string // "to" or "from"
	Value  string // what stood there
	Stanza Stanza // all of it, with the broken address zero
	Err    error
}

func (e *BadAddressError) Error() string {
	return fmt.Sprintf("%s with a bad %s: %v", e.Stanza.Name(), e.Attr, e.Err)
}

func (e *BadAddressError) Unwrap() error { return e.Err }

// UnknownError is an element of the stream that is no stanza.
type UnknownError struct {
	Space, Name string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("element %q in namespace %q is no stanza", e.Name, e.Space)
}

// Parse makes a stanza of a tree. The stanza shares e's children. The error is
// an *UnknownError or a *BadAddressError; neither should end the stream.
func Parse(e Element) (Stanza, error) {
	var st Stanza
	switch {
	case e.Space != "":
		return nil, &UnknownError{e.Space, e.Name}
	case e.Name == "message":
		st = &Message{Payload: e.Children}
	case e.Name == "presence":
		st = &Presence{Payload: e.Children}
	case e.Name == "iq":
		st = &IQ{Payload: e.Children}
	default:
		return nil, &UnknownError{e.Space, e.Name}
	}
	if err := readHead(&e, st); err != nil {
		return nil, err
	}
	return st, nil
}

func readHead(e *Element, st Stanza) error {
	h := st.Head()
	var bad *BadAddressError
	for i := range e.Attrs {
		a := &e.Attrs[i]
		switch {
		case a.Space == NSXML && a.Name == "lang":
			h.Lang = a.Value
		case a.Space != "":
		case a.Name == "id":
			h.ID = a.Value
		case a.Name == "type":
			h.Type = a.Value
		case a.Name == "to":
			bad = cmp.Or(bad, readAddress(a, &h.To, st))
		case a.Name == "from":
			bad = cmp.Or(readAddress(a, &h.From, st), bad)
		}
	}
	if bad != nil {
		return bad
	}
	return nil
}

func readAddress(a *Attr, into *jid.JID, st Stanza) *BadAddressError {
	if a.Value == "" {
		return nil
	}
	j, err := jid.Parse(a.Value)
	if err != nil {
		return &BadAddressError{a.Name, a.Value, st, err}
	}
	*into = j
	return nil
}
