package wiretest

import (
	"time"

	"wherry/transports/wire"
)

// Fate is what becomes of a message that is sent to the network. The zero Fate
// is that it is taken and answered, and nothing is said of it later.
type Fate struct {
	Lost    bool          // the network does not take it
	Delay   time.Duration // before the answer
	Answer  Answer
	Status  int           // for a Refusal
	After   time.Duration // for a Refusal: when to try again
	Reports []Report      // of a message that was taken
}

// Answer is how a message is answered.
type Answer int

// The answers.
const (
	Taken   Answer = iota // as it should be
	Refusal               // by Status
	Cut                   // the connection ends in the middle of it
	Silence               // never
	Garbage               // by what cannot be read
)

// Report is what the network says later of a message that it took.
type Report struct {
	State string // of package wire
	Error string // for wire.StateFailed
	Early bool   // it comes before the message is answered
}

// Delivered is the report that a message arrived.
var Delivered = Report{State: wire.StateDelivered}

// Decide has f tell the fate of each message from now on; nil is the zero Fate.
// f is called in turn, with what is known of the message by then.
func (n *Network) Decide(f func(Send) Fate) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fate = f
}

// Next has the next messages meet the given fates, one each, and those after
// them the one of now.
func (n *Network) Next(fates ...Fate) {
	n.mu.Lock()
	defer n.mu.Unlock()
	then := n.fate
	n.fate = func(s Send) Fate {
		if len(fates) > 0 {
			next := fates[0]
			fates = fates[1:]
			return next
		}
		if then != nil {
			return then(s)
		}
		return Fate{}
	}
}
