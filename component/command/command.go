// Package command implements XEP-0050: Ad-Hoc Commands.
//
// A Command is a dialogue of Steps that know nothing of how they are shown:
// the Registry walks them by data forms, and whoever likes may walk the same
// ones by chat.
package command

import (
	"context"

	"wherry/component/jid"
	"wherry/transports"
)

// NS is the namespace of the payload, and the node under which disco#items
// lists the commands. XEP-0050 §2.2
const NS = "http://jabber.org/protocol/commands"

// Call is who runs a command, and where.
type Call struct {
	From   jid.JID            // who asks; a session is bound to the full JID
	Domain string             // of the gateway
	To     transports.Address // at which the command is found
	Admin  bool               // From administers the domain
	Lang   string             // in which to answer

	// After has something done once the answer is on its way; nil: at once.
	After func(func())
}

// User returns the bare JID of who asks: the identity that counts.
func (c Call) User() jid.JID { return c.From.Bare() }

// Then has f run once the answer is on its way.
func (c Call) Then(f func()) {
	switch {
	case f == nil:
	case c.After == nil:
		f()
	default:
		c.After(f)
	}
}

// Command is something a user can have done.
type Command struct {
	Node  string // its name on the wire, and in chat; it may have aliases
	Name  transports.Text
	Title func(Call) transports.Text // where set: the name at one domain, instead of Name
	Kinds []transports.Kind          // the addresses it is found at
	Admin bool                       // only for administrators, hidden from others
	Show  func(Call) bool            // where set: tells whether it is found at all
	Quiet bool                       // it is no word of the chat

	// Start begins the dialogue. The Call is good for this one turn as far as
	// Then goes: each turn of Next is handed its own.
	Start func(context.Context, Call) (Step, error)
}

// Called returns what the command is called where it is found.
func (c Command) Called(call Call) transports.Text {
	if c.Title != nil {
		return c.Title(call)
	}
	return c.Name
}

// Step is one turn of a dialogue: what is said, and what is asked. A Step
// without Next is the last.
type Step struct {
	Form *transports.Form // asked where Next is set, else shown
	Note transports.Text
	Last bool // the dialogue ends with the answer to Form, as far as can be told

	// Next takes the answers to Form, which were checked against it. With a
	// *transports.FieldError, or another *transports.Error that has a text, Form
	// is asked again, and the error shown. Any other error ends the dialogue.
	Next func(context.Context, Call, transports.Settings) (Step, error)
}

// Item is one command as service discovery lists it. XEP-0050 §2.2
type Item struct {
	Node, Name string
	Quiet      bool
}
