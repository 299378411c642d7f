package wire

import "time"

// SendRequest is the body of a POST to /send.
type SendRequest struct {
	ID   string `json:"id"` // stable over repeats
	To   string `json:"to"`
	Text string `json:"text"`
}

// SendAnswer says by which ids the network knows a message.
type SendAnswer struct {
	IDs []string `json:"ids"`
}

// Events is what happened to an account since it asked last.
type Events struct {
	Next   int64   `json:"next"` // to ask after, once the events are safe
	Events []Event `json:"events"`
}

// The kinds of an Event.
const (
	KindMessage = "message"
	KindStatus  = "status"
)

// The states of an Event of KindStatus.
const (
	StateDelivered = "delivered"
	StateRead      = "read"
	StateFailed    = "failed"
)

// Event is a message for the account, or news of one that it sent.
type Event struct {
	Kind  string    `json:"kind"`
	ID    string    `json:"id"`   // the network's, of the message
	From  string    `json:"from"` // the other side, also of a message to it
	Text  string    `json:"text,omitempty"`
	Time  time.Time `json:"time"`
	State string    `json:"state,omitempty"`
	Error string    `json:"error,omitempty"` // for StateFailed
}

// Found lists, oldest first, the messages that a search found.
type Found struct {
	IDs []string `json:"ids"`
}
