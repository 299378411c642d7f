package twiliotest

import (
	"net/url"
	"slices"
)

// Request is one request to the API as it is remembered: nothing secret, no
// content.
type Request struct {
	Op         Op
	Method     string
	Path       string // without the query
	Account    string // of the path
	Authorized bool   // the credentials were good for it
	Status     int    // that was answered; 0: the connection was cut
	Code       int    // of the error answered
}

// Fetched is one request to the media host.
type Fetched struct {
	Method        string
	Path          string
	Authorization bool // it had an Authorization header: credentials leaked
}

// Call is one request of the server's to a webhook.
type Call struct {
	Kind          Kind
	SID           string // of the message
	MessageStatus string // that was told
	Method        string
	URL           string // as configured. It may hold a secret of the test's
	Form          url.Values
	Token         string // the I-Twilio-Idempotency-Token
	Signature     string
	Attempt       int // 0 for the first
	Status        int // that came back; 0: none
	Type          string
	// Alert is the number under which Twilio's console would show what was wrong
	// with the call or its answer; 0: nothing.
	Alert int
	// Exact tells that the answer was a Response element with nothing in it, not
	// self-closing, as the strictest company wants it.
	Exact bool
	// Billed is what was texted to the sender because of the answer.
	Billed  []string
	Err     error // of the connection
	account string
}

// Kind is why a webhook is called.
type Kind string

// The kinds of Call.
const (
	CallInbound  Kind = "inbound"
	CallFallback Kind = "fallback"
	CallStatus   Kind = "status"
	CallGroup    Kind = "group" // of a Conversation; SID is the message's
)

// ring keeps the last max values.
type ring[T any] struct {
	max  int
	all  []T
	next int // where the next one goes once all is full
}

func (r *ring[T]) add(v T) {
	if len(r.all) < r.max {
		r.all = append(r.all, v)
		return
	}
	r.all[r.next] = v
	r.next = (r.next + 1) % r.max
}

func (r *ring[T]) list() []T {
	return slices.Concat(r.all[r.next:], r.all[:r.next])
}

// texts tells whether the answer to a call is texted to somebody.
func (k Kind) texts() bool { return k == CallInbound || k == CallFallback }

// Requests lists the requests that were answered, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests.list()
}

// Calls lists the calls to webhooks that ended, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.list()
}

// Fetches lists the requests to the media host, oldest first.
func (s *Server) Fetches() []Fetched {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches.list()
}

// Count tells how many requests of a kind have come, those under way included.
// OpAny counts all.
func (s *Server) Count(op Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[op]
}

// Peak is the largest number of requests that were under way at once.
func (s *Server) Peak() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}
