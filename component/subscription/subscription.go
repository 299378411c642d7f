// Package subscription is the presence subscription machine of RFC 6121 §3 as
// a gateway sees it: between one user and one address of ours.
//
// The user's server keeps only the user's half; ours is kept by us, persisted,
// and never asks twice.
package subscription

// Ours is the state of our subscription to the user's presence.
type Ours uint8

// The states of our subscription.
const (
	None   Ours = iota // never asked
	Asked              // asked, not answered yet; the server repeats it for us
	Have               // granted
	Denied             // refused; not asked again unless the user asks us anew
)

// State is what stands between one user and one address of ours.
type State struct {
	Ours   Ours
	Theirs bool // the user is subscribed to our presence
}

// Input is a subscription stanza that came from the user, or a wish of ours.
type Input uint8

// The inputs of the machine.
const (
	Subscribe    Input = iota // the user asks for our presence
	Subscribed                // the user grants theirs
	Unsubscribe               // the user no longer wants ours
	Unsubscribed              // the user refuses or takes back theirs
	Want                      // we would like theirs
	Drop                      // we leave: nothing may stay behind
)

// Output is what is to be sent for an Input, in order.
type Output uint8

// The outputs of the machine. The first four are presence types.
const (
	SendSubscribe Output = iota
	SendSubscribed
	SendUnsubscribe
	SendUnsubscribed
	SendPresence    // our current presence
	SendUnavailable // we are no longer to be seen
	SendProbe       // ask for the user's presence
)

// Next returns the state after an input, and what to send. It is total: each
// input has its place in each state.
func Next(s State, in Input) (State, []Output) {
	switch in {
	case Subscribe:
		return subscribe(s)
	case Subscribed:
		if s.Ours == Have {
			return s, nil
		}
		return State{Have, s.Theirs}, []Output{SendProbe}
	case Unsubscribe:
		if !s.Theirs {
			return s, []Output{SendUnsubscribed}
		}
		return State{s.Ours, false}, []Output{SendUnsubscribed, SendUnavailable}
	case Unsubscribed:
		return unsubscribed(s), nil
	case Want:
		if s.Ours == None {
			return State{Asked, s.Theirs}, []Output{SendSubscribe}
		}
		return s, nil
	}
	return drop(s)
}

// subscribe grants at once, as networks without authorisation do, and asks
// back unless that was refused before (RFC 6121 §3.1.3, XEP-0100 §5.1).
func subscribe(s State) (State, []Output) {
	out := []Output{SendSubscribed, SendPresence}
	if s.Ours == None {
		return State{Asked, true}, append(out, SendSubscribe)
	}
	return State{s.Ours, true}, out
}

// unsubscribed is a refusal where we had asked, and the end of what we had
// elsewhere: the user may add us again.
func unsubscribed(s State) State {
	switch s.Ours {
	case Asked, Denied:
		return State{Denied, s.Theirs}
	}
	return State{None, s.Theirs}
}

// drop leaves nothing behind on the user's server (XEP-0100 §4.3).
func drop(s State) (State, []Output) {
	if s == (State{}) {
		return s, nil
	}
	return State{}, []Output{SendUnsubscribe, SendUnsubscribed, SendUnavailable}
}
