package transports

import (
	"context"
	"time"
)

// Commander is implemented by transports on which users can have more done than
// the gateway does everywhere.
type Commander interface {
	Commands() []Command
}

// Command is something that a registered user can have done, or an
// administrator. It has one of Do, Begin and Sum.
type Command struct {
	Name  string // one word, on the wire and in chat
	Title Text
	At    Kind  // where it is found: Gateway or Contact
	Form  *Form // what is asked first, for Do; nil: nothing

	// Do does it, with the answers to Form, and says what came of it. Saved is
	// what the account's sessions left.
	Do func(ctx context.Context, in Account, saved Saved, answered Settings) (Text, error)

	// Begin begins a dialogue, for what wants to know more, or does more.
	Begin func(context.Context, Place) (Turn, error)

	// Sum tells an administrator something of all accounts of the domain.
	Sum func(ctx context.Context, all []Holding) (Text, error)
}

// Holding is what the sessions of one user's account left.
type Holding struct {
	User  string // bare JID
	Saved Saved
}

// Place is where a user has something done, and what is there at that moment.
type Place struct {
	Account Account
	Saved   Saved
	Chat    Address // the contact; else the gateway, or the further account
	Session Session // the account's; nil while the network does not want it
	Past    []Past  // the newest messages of Chat, the newest first; on networks with Trails
}

// PastMost is how many messages a Place has at most.
const PastMost = 50

// Past is a message of either side, sent or come.
type Past struct {
	Ref   string // of one that came, its Ref, else its ID; of one that was sent, the first of Sent.IDs
	Time  time.Time
	Own   bool // the user said it
	Trail []byte
}

// Turn is one turn of a command's dialogue. One without Next is the last.
type Turn struct {
	Form *Form // asked where Next is set, else shown
	Said Text
	Last bool // the dialogue ends with the answer to Form, as far as can be told

	// Next takes the answers to Form, at the place as it is by then. With a
	// *FieldError, or an *Error that is none of the gateway's own, Form is asked again.
	Next func(context.Context, Place, Settings) (Turn, error)

	// Batch is taken as one of the session's, before Said is shown: its messages reach
	// the user as all others do. Those of an ID that was seen before do not.
	Batch Batch

	// Send are messages of the user's to contacts, to go out as if they had written
	// them. Chat and Text are to be set, Subject, Thread, ReplyTo, Trail and
	// Attachments may be; a ReplyTo, or a Trail, is taken as it is.
	Send []Message
}
