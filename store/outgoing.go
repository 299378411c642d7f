package store

import (
	"fmt"
	"time"
)

// OutState is how far a row of the outbox came. The numbers are in the
// database, and the queries that ask for what waits know them.
type OutState uint8

const (
	Queued  OutState = iota // waits for its turn
	Sending                 // handed to the network, no answer known
	Unsure                  // may have been sent; to be looked for upstream
	Sent                    // the network took it
	Echoed
	Delivered
	Read
	Failed // will not arrive; ended
	Lost   // nobody knows whether it was sent; ended
)

// The states as conditions of a query.
const (
	isWaiting = `state < 3`
	isTaken   = `state IN (3, 4)`
	isFinal   = `state > 4`
)

var outStates = [...]string{"queued", "sending", "unsure", "sent", "echoed", "delivered", "read", "failed", "lost"}

func (s OutState) String() string {
	if int(s) < len(outStates) {
		return outStates[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// Final tells that nothing more is to come of it.
func (s OutState) Final() bool { return s > Echoed }

// Outgoing is one upstream request: one part of a message of the user's.
// Times are kept to the millisecond.
type Outgoing struct {
	Account          int64
	Message          int64 // rises, never used twice; set by AddOutgoing
	Part, Parts      int
	Chat             string // the conversation
	Key              []byte // tells repeats of the message; on part 0 only; nil: it is never one
	Stanza           string // id of the user's stanza
	Sender           string // full JID
	Receipt          bool   // the sender asked for one
	Markable         bool   // the sender wants to hear that it was read
	Lang             string
	Content          []byte `json:"-"` // nil: no longer needed
	State            OutState
	Attempts         int
	Due              time.Time // not before; zero: now
	Created, Changed time.Time
	Told             bool // the sender was told that it waits
}

// String names the row, without what was written.
func (o Outgoing) String() string {
	return fmt.Sprintf("part %d of message %d of account %d", o.Part, o.Message, o.Account)
}

const outgoingColumns = `account, message, part, parts, chat, key, stanza, sender, receipt, lang, content,
	state, attempts, due, created, changed, told, markable`

const selectOutgoing = `SELECT ` + outgoingColumns + ` FROM outgoing WHERE `

func scanOutgoing(rows scanner) (o Outgoing, err error) {
	var state, due, created, changed int64
	err = rows.Scan(&o.Account, &o.Message, &o.Part, &o.Parts, &o.Chat, &o.Key, &o.Stanza, &o.Sender, &o.Receipt, &o.Lang,
		&o.Content, &state, &o.Attempts, &due, &created, &changed, &o.Told, &o.Markable)
	o.State, o.Due, o.Created, o.Changed = OutState(state), fromMillis(due), fromMillis(created), fromMillis(changed)
	return o, err
}
