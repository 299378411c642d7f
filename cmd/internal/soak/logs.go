package soak

import "time"

// Logs is what the two ends noted, and what was done to those between them.
type Logs struct {
	Said  []Said   // by the users
	Ticks []Answer // receipts that they got
	Noes  []Answer // errors, and notices that something was not delivered
	Taken []Taken  // by the network, in order

	Pushed   []Pushed // by the network
	Shown    []Shown  // to the users, in order
	Archived []Shown  // what is found in their archives

	// Passed holds the ids of the messages that the server handed to the gateway,
	// and in which order, by what was seen on the wire between them. Nil: nobody
	// looked.
	Passed map[string]int

	// Returned holds the ids of those that the gateway sent back with an error, by
	// the same.
	Returned map[string]bool

	Faults   []Fault
	Absences []Absence
}

// Chat is one user's conversation with one contact.
type Chat struct{ User, Contact string }

// Said is a message that a user's client put into its connection.
type Said struct {
	Chat
	Seq  int // in the conversation
	ID   string
	Body string
	At   time.Time
}

// Answer is what a user was told of a message. ID is the message's.
type Answer struct {
	ID   string
	Text string
	At   time.Time
}

// Taken is a message that the network took.
type Taken struct {
	Chat
	Body      string
	At        time.Time
	Folded    bool // it was there before, and is shown once
	Delivered bool // the network reported that
	Failed    bool // or that
}

// Pushed is a message that the network had for a user.
type Pushed struct {
	Chat
	Seq   int // in the conversation
	Body  string
	At    time.Time
	Acked time.Time // zero where the gateway never took it

	// Unheard tells that the network says a thing once, and the gateway did not
	// answer: it has to ask for what it missed.
	Unheard bool
}

// Shown is a message as a user's client got it.
type Shown struct {
	Chat
	ID   string
	Body string
	At   time.Time
}

// Fault is something that was done to the gateway or to the server.
type Fault struct {
	To    Victim
	Kind  FaultKind
	Begin time.Time
	End   time.Time // when it was over: the victim runs again
}

// Victim is whom a fault hits.
type Victim string

// The victims.
const (
	Gateway Victim = "gateway"
	Server  Victim = "server"
)

// FaultKind is what is done.
type FaultKind string

// The kinds of faults.
const (
	Kill   FaultKind = "kill"   // SIGKILL
	Stop   FaultKind = "stop"   // SIGTERM
	Freeze FaultKind = "freeze" // SIGSTOP, then SIGCONT
)

// Absence is a time in which a user was not logged in.
type Absence struct {
	User       string
	Begin, End time.Time
}
