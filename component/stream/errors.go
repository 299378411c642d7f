package stream

import (
	"fmt"

	"wherry/component/stanza"
)

const nsStreamErrors = "urn:ietf:params:xml:ns:xmpp-streams"

// StreamError is a <stream:error/>: the server ends the stream. RFC 6120 §4.9
type StreamError struct {
	Condition string // one of RFC 6120 §4.9.3
	Text      string // what the server says itself; may be empty
}

// advice says what each condition means to a component, and what to change.
// RFC 6120 §4.9.3
var advice = map[string]string{
	"bad-format":               "the server could not read what was sent; this is a fault of this program",
	"bad-namespace-prefix":     "the server could not read what was sent; this is a fault of this program",
	"conflict":                 "another component is connected under this domain, or the domain is one of the server's own hosts; stop the other one, or choose another domain",
	"connection-timeout":       "the server heard nothing for too long; the connection was cut or too slow",
	"host-gone":                "the server no longer serves this domain; add it to the server's configuration again",
	"host-unknown":             "the server knows no component of this domain; add it to the server's configuration, or correct the domain here",
	"improper-addressing":      "a stanza without a usable address was sent; this is a fault of this program",
	"internal-server-error":    "the server has a fault of its own; see its log",
	"invalid-from":             "a stanza from a foreign domain was sent; this is a fault of this program",
	"invalid-namespace":        "this port is not for components; give the port of the server's component listener",
	"invalid-xml":              "the server could not read what was sent; this is a fault of this program",
	"not-authorized":           "the secret is wrong, or (on ejabberd) the domain is not configured; give both sides the same secret and domain",
	"not-well-formed":          "the server could not read what was sent, or a stanza was longer than the server's limit; this is a fault of this program",
	"policy-violation":         "a rule of the server was broken, mostly its limit on the size or the rate of stanzas; raise that limit for components",
	"remote-connection-failed": "the server could not reach something it needs; see its log",
	"reset":                    "the server wants a new connection",
	"resource-constraint":      "the server is out of some resource; see its log",
	"restricted-xml":           "a comment or the like was sent; this is a fault of this program",
	"see-other-host":           "the server wants the connection made to another host; change the server's address here",
	"system-shutdown":          "the server is shutting down",
	"unsupported-stanza-type":  "something was sent that is no stanza; this is a fault of this program",
	"unsupported-version":      "the server speaks another version of XMPP; upgrade it",
}

func (e *StreamError) Error() string {
	s := "stream error " + e.Condition
	if e.Text != "" {
		s += fmt.Sprintf(" (%.200q)", e.Text)
	}
	if a := advice[e.Condition]; a != "" {
		s += ": " + a
	}
	return s
}

// ConfigFault tells whether nothing but a change of a configuration, ours or
// the server's, will help: then the caller retries slowly.
func (e *StreamError) ConfigFault() bool {
	switch e.Condition {
	case "conflict", "host-gone", "host-unknown", "invalid-namespace", "not-authorized", "see-other-host", "unsupported-version":
		return true
	}
	return false
}

// parseError reads a <stream:error/>.
func parseError(e *stanza.Element) *StreamError {
	out := &StreamError{Condition: "undefined-condition"}
	for i := range e.Children {
		c := &e.Children[i]
		switch {
		case c.Space != nsStreamErrors:
		case c.Name == "text":
			out.Text = c.Text
		default:
			out.Condition = c.Name
		}
	}
	return out
}

// BadStanzaError is one element that the stream could not take. It is over
// with: the stream goes on behind it.
type BadStanzaError struct {
	// Name is message, presence, iq or whatever else it was called; empty
	// where that could not be read.
	Name string
	// Head is as much of the header as could be read.
	Head stanza.Header
	// Size is how many bytes the element has.
	Size int64
	// Err is a *stanza.BadAddressError, which has the stanza, a
	// *stanza.UnknownError, or one of the Err values of this package, wrapped.
	Err error
}

func (e *BadStanzaError) Error() string {
	name := e.Name
	if name == "" {
		name = "element"
	}
	return fmt.Sprintf("%.50s of %d bytes from %q to %q: %v", name, e.Size, e.Head.From.String(), e.Head.To.String(), e.Err)
}

func (e *BadStanzaError) Unwrap() error { return e.Err }
