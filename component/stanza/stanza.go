// Package stanza holds what travels on an XMPP stream: messages, presences and
// iqs (RFC 6120 §8), the trees of XML inside them, their errors, and the one
// checked writer that keeps off the wire what would end the stream.
package stanza

import (
	"wherry/component/jid"
)

// Header is what every stanza has. RFC 6120 §8.1
type Header struct {
	From, To       jid.JID
	ID, Type, Lang string
}

// Head returns the header itself, to read or to change.
func (h *Header) Head() *Header { return h }

// Clone returns h in memory of its own: a header that is kept should not keep
// the stanza it was read from.
func (h Header) Clone() Header {
	from, to := &h.From, &h.To
	s := from.Local + from.Domain + from.Resource + to.Local + to.Domain + to.Resource + h.ID + h.Type + h.Lang
	for _, part := range [...]*string{&from.Local, &from.Domain, &from.Resource, &to.Local, &to.Domain, &to.Resource, &h.ID, &h.Type, &h.Lang} {
		n := len(*part)
		*part, s = s[:n], s[n:]
	}
	return h
}

// Stanza is a *Message, *Presence or *IQ.
type Stanza interface {
	// Head is the stanza's own header, not a copy.
	Head() *Header
	// Name is the name of the element: message, presence or iq.
	Name() string
	// Child returns the first payload element of that name, or nil.
	Child(space, name string) *Element

	payload() *[]Element
}

// The types that more than one kind of stanza knows, and those of iqs.
const (
	TypeError  = "error"
	TypeGet    = "get"
	TypeSet    = "set"
	TypeResult = "result"
)

// Message is a <message/>. RFC 6121 §5
type Message struct {
	Header
	Payload []Element
}

// Presence is a <presence/>. RFC 6121 §4
type Presence struct {
	Header
	Payload []Element
}

// IQ is an <iq/>: a request or its one answer. RFC 6120 §8.2.3
type IQ struct {
	Header
	Payload []Element
}

// Name returns "message".
func (m *Message) Name() string { return "message" }

// Name returns "presence".
func (p *Presence) Name() string { return "presence" }

// Name returns "iq".
func (iq *IQ) Name() string { return "iq" }

// Child returns the first payload element of that name, or nil.
func (m *Message) Child(space, name string) *Element { return child(m.Payload, space, name) }

// Child returns the first payload element of that name, or nil.
func (p *Presence) Child(space, name string) *Element { return child(p.Payload, space, name) }

// Child returns the first payload element of that name, or nil.
func (iq *IQ) Child(space, name string) *Element { return child(iq.Payload, space, name) }

func (m *Message) payload() *[]Element  { return &m.Payload }
func (p *Presence) payload() *[]Element { return &p.Payload }
func (iq *IQ) payload() *[]Element      { return &iq.Payload }

// Query returns the one child of a get or set, and of a result that has one;
// nil where there is none, or more than one.
func (iq *IQ) Query() *Element {
	if len(iq.Payload) != 1 {
		return nil
	}
	return &iq.Payload[0]
}

// IsRequest tells whether iq is a get or a set, to which exactly one answer is
// due. RFC 6120 §8.2.3
func (iq *IQ) IsRequest() bool { return iq.Type == TypeGet || iq.Type == TypeSet }

// Result answers iq.
func Result(iq *IQ, payload ...Element) *IQ {
	return &IQ{
		Header:  Header{From: iq.To, To: iq.From, ID: iq.ID, Type: TypeResult},
		Payload: payload,
	}
}

// ErrorReply answers st with an error. It returns nil where none may be sent:
// to an error and to a result. RFC 6120 §8.3.1
func ErrorReply(st Stanza, e *Error) Stanza {
	h := st.Head()
	if h.Type == TypeError {
		return nil
	}
	head := Header{From: h.To, To: h.From, ID: h.ID, Type: TypeError}
	payload := []Element{e.Element()}
	switch st.(type) {
	case *Message:
		return &Message{head, payload}
	case *Presence:
		return &Presence{head, payload}
	}
	if h.Type == TypeResult {
		return nil
	}
	return &IQ{head, payload}
}
