package stanza

import (
	"errors"
	"fmt"

	"wherry/component/jid"
)

// DefaultMax is how long a stanza of ours may be, in bytes, unless Writer.Max
// says otherwise: well below what the servers allow a component (512 KiB) and
// a client (256 KiB).
const DefaultMax = 64 << 10

// maxDepth is how deep a payload may be nested.
const maxDepth = 128

// What Writer.Append refuses. The errors it returns wrap one of these.
var (
	ErrFrom    = errors.New("from is not of our domains") // servers end the stream with invalid-from
	ErrTo      = errors.New("no usable to")               // servers end the stream with improper-addressing
	ErrType    = errors.New("no such type")
	ErrID      = errors.New("iq without an id")
	ErrPayload = errors.New("wrong payload for an iq of this type")
	ErrName    = errors.New("no name of XML")
	ErrTooBig  = errors.New("stanza too big")
	ErrDepth   = errors.New("stanza nested too deep")
)

// Writer is the one way onto the stream: one bad stanza would end the session
// of every user, so everything passes its checks. It has no state and may be
// used by several goroutines.
type Writer struct {
	// Domains tells whether stanzas may come from a domain. Nil allows any.
	Domains func(string) bool
	// Max is the longest stanza in bytes; 0 stands for DefaultMax.
	Max int
}

// Append appends st as it goes over the stream. Text is filtered as by Filter.
// The stanza itself carries no xmlns: with one, Prosody bounces it. On an
// error, which wraps one of the Err values of this package, dst is returned as
// it was. A nil stanza, such as ErrorReply may return, is nothing to write.
func (w *Writer) Append(dst []byte, st Stanza) ([]byte, error) {
	if st == nil {
		return dst, nil
	}
	if err := w.check(st); err != nil {
		return dst, err
	}
	out, err := appendStanza(dst, st)
	if err != nil {
		return dst, err
	}
	limit := w.Max
	if limit == 0 {
		limit = DefaultMax
	}
	if n := len(out) - len(dst); n > limit {
		return dst, fmt.Errorf("%s of %d bytes: %w", st.Name(), n, ErrTooBig)
	}
	return out, nil
}

func (w *Writer) check(st Stanza) error {
	h := st.Head()
	if err := h.From.Check(); err != nil {
		return fmt.Errorf("%w: %q: %w", ErrFrom, h.From.String(), err)
	}
	if w.Domains != nil && !w.Domains(h.From.Domain) {
		return fmt.Errorf("%w: %q", ErrFrom, h.From.Domain)
	}
	if err := h.To.Check(); err != nil {
		return fmt.Errorf("%w: %q: %w", ErrTo, h.To.String(), err)
	}
	switch st := st.(type) {
	case *Message:
		return checkMessage(st)
	case *Presence:
		return checkPresence(st)
	case *IQ:
		return checkIQ(st)
	}
	return nil
}

func checkMessage(m *Message) error {
	switch m.Type {
	case "", "chat", "error", "groupchat", "headline", "normal":
		return nil
	}
	return fmt.Errorf("message: %w: %q", ErrType, m.Type)
}

func checkPresence(p *Presence) error {
	switch p.Type {
	case "", "error", "probe", "subscribe", "subscribed", "unavailable", "unsubscribe", "unsubscribed":
		return nil
	}
	return fmt.Errorf("presence: %w: %q", ErrType, p.Type)
}

// checkIQ obeys RFC 6120 §8.2.3.
func checkIQ(iq *IQ) error {
	if iq.ID == "" {
		return ErrID
	}
	n := len(iq.Payload)
	switch iq.Type {
	case TypeGet, TypeSet:
		if n != 1 {
			return fmt.Errorf("%s with %d children: %w", iq.Type, n, ErrPayload)
		}
	case TypeResult:
		if n > 1 {
			return fmt.Errorf("result with %d children: %w", n, ErrPayload)
		}
	case TypeError:
		if iq.Child("", "error") == nil {
			return fmt.Errorf("error without one: %w", ErrPayload)
		}
	default:
		return fmt.Errorf("iq: %w: %q", ErrType, iq.Type)
	}
	return nil
}

func appendStanza(dst []byte, st Stanza) ([]byte, error) {
	h, name, payload := st.Head(), st.Name(), *st.payload()
	dst = append(dst, '<')
	dst = append(dst, name...)
	dst = appendAddress(dst, " from='", h.From)
	dst = appendAddress(dst, " to='", h.To)
	if h.Type != "" {
		dst = appendAttr(dst, " type='", h.Type)
	}
	if h.ID != "" {
		dst = appendAttr(dst, " id='", h.ID)
	}
	if h.Lang != "" {
		dst = appendAttr(dst, " xml:lang='", h.Lang)
	}
	if len(payload) == 0 {
		return append(dst, '/', '>'), nil
	}
	dst = append(dst, '>')
	var err error
	for i := range payload {
		if dst, err = appendElement(dst, &payload[i], "", 0); err != nil {
			return dst, fmt.Errorf("%s: %w", name, err)
		}
	}
	dst = append(dst, '<', '/')
	dst = append(dst, name...)
	return append(dst, '>'), nil
}

func appendAddress(dst []byte, lead string, j jid.JID) []byte {
	dst = append(dst, lead...)
	if j.Local != "" {
		dst = appendEscaped(dst, j.Local, true)
		dst = append(dst, '@')
	}
	dst = appendEscaped(dst, j.Domain, true)
	if j.Resource != "" {
		dst = append(dst, '/')
		dst = appendEscaped(dst, j.Resource, true)
	}
	return append(dst, '\'')
}

// appendAttr writes an attribute; lead is " name='".
func appendAttr(dst []byte, lead, value string) []byte {
	dst = append(dst, lead...)
	dst = appendEscaped(dst, value, true)
	return append(dst, '\'')
}
