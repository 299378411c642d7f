package transports

import "time"

// Event is something that happened on the network. The set is closed: the
// types of this file.
type Event interface{ event() }

// Online tells that the session is logged in: requests are answered from now on.
type Online struct {
	Name string // the account's own name there: its nick
}

// Able tells what can be done on this connection besides writing. It follows
// Online, and comes again when that changes; without one nothing can.
type Able struct {
	Can Ability
}

// Ability is a set of what a connection can do.
type Ability uint16

// The abilities of a connection. Each belongs to an interface that its session
// implements.
const (
	CanReply   Ability = 1 << iota // messages say which one they answer: Message.ReplyTo
	CanReact                       // Reactor
	CanRedact                      // Redacter
	CanType                        // Typer
	CanRead                        // Reader
	CanEcho                        // what we say comes back with the network's id: Sent.Echoes
	CanEnrol                       // Enroller: an account can be made there
	CanConfirm                     // Enroller: one was begun, and is not confirmed yet
)

// Received is a message from the network.
type Received struct {
	Message Message
}

// Status is what the network says later of a message of ours.
type Status struct {
	Chat  Address
	ID    string // one of Sent.IDs
	State State
	Err   *Error    // for Failed
	As    string    // for Echoed: the network's id of the message from now on; empty where it has none
	Time  time.Time // for Echoed: when the network says that it was said; zero is now
}

// Reacted tells that somebody reacted to a message by a sign, or took that back.
type Reacted struct {
	Chat    Address
	To      string // the network's id of the message
	Nick    string // whose reaction it is
	Key     string // as Occupant's
	Own     bool   // it is this account's
	Sign    string // mostly an emoji
	Removed bool
	ID      string    // the network's, of the reaction itself; empty: it has none
	Time    time.Time // when that was; zero is now
	Delayed bool      // it is older than its arrival
}

// Redacted tells that a message was taken back, by its sender or by somebody
// who may.
type Redacted struct {
	Chat   Address
	ID     string // the network's id of the message
	By     string // the nick
	Reason string
}

// Typed tells whether somebody is writing.
type Typed struct {
	Chat  Address
	Nick  string
	State Typing
}

// Typing is whether somebody is writing.
type Typing uint8

// The states of writing.
const (
	NotTyping Typing = iota // sent, or given up
	Active                  // they write
	Paused                  // they began, and stopped for now
)

// ReadUpTo tells that the account's user has read a chat up to a time, wherever
// they did.
type ReadUpTo struct {
	Chat Address
	Time time.Time
}

// State is how far a message came.
type State uint8

// The states of a message, in order: a later one is never taken back by an
// earlier one.
const (
	Echoed    State = iota + 1 // the network took it and shows it
	Delivered                  // it reached the other side
	Read                       // it was seen
	Failed                     // it will not arrive
)

// Told is something to tell the user that nobody said: it comes from the
// gateway, or where Chat is set, from there.
type Told struct {
	ID   string // an account's user is told each only once; empty: each time
	Chat Address
	Text Text
}

// Joined tells that we are in a room. Its occupants replace what was known.
type Joined struct {
	Room      Address
	Nick      string // ours
	Occupants []Occupant
	Subject   Subject
	Config    RoomConfig
}

// Entered tells that occupants came into a room.
type Entered struct {
	Room      Address
	Occupants []Occupant
}

// Changed tells the new state of occupants that stay in a room.
type Changed struct {
	Room      Address
	Occupants []Occupant
	By        string // who changed it, where known
}

// Left tells that occupants, or we ourselves, are no longer in a room.
type Left struct {
	Room   Address
	Nicks  []string
	How    Departure
	By     string // who did it, where somebody did
	Reason string
}

// Departure is how someone left a room.
type Departure uint8

// The ways out of a room.
const (
	Parted   Departure = iota // by themselves
	Quit                      // from the network
	Kicked                    // removed by someone
	Banned                    // removed by someone, for good
	Split                     // the network fell apart
	Shutdown                  // the room or network ended
)

// Renamed tells that an occupant, perhaps ourselves, has a new nick in a room.
type Renamed struct {
	Room     Address
	Old, New string
}

// Subject is a room's subject.
type Subject struct {
	Room Address
	Text string
	By   string
	Time time.Time // when it was set; zero where unknown
}

// RoomConfig is what kind of room a room is.
type RoomConfig struct {
	Room        Address
	Moderated   bool // only those with voice are heard
	MembersOnly bool // by invitation
	Password    bool
	Hidden      bool
	OpenSubject bool // everyone may set the subject
	Limit       int  // of occupants; 0 is none
}

// Available is someone's presence outside of rooms.
type Available struct {
	Contact Address
	Nick    string // in the network's spelling; empty where it was not told
	Here    bool
	Away    bool
	Text    string
}

// Invited tells that somebody asks us into a room.
type Invited struct {
	Room   Address
	By     Address
	Reason string
}

func (Online) event()     {}
func (Able) event()       {}
func (Reacted) event()    {}
func (Redacted) event()   {}
func (Typed) event()      {}
func (ReadUpTo) event()   {}
func (Received) event()   {}
func (Status) event()     {}
func (Told) event()       {}
func (Joined) event()     {}
func (Entered) event()    {}
func (Changed) event()    {}
func (Left) event()       {}
func (Renamed) event()    {}
func (Subject) event()    {}
func (RoomConfig) event() {}
func (Available) event()  {}
func (Invited) event()    {}

// Occupant is someone in a room.
type Occupant struct {
	Nick string
	Key  string // who it is across nicks and reconnects, as far as the network knows: account, else user@host
	Mask string // user@host where the network shows it
	Rank Rank
	Away bool
	Mute bool // present, but not heard in a Moderated room
	Bot  bool // a program

	Account bool // Key is the name of their account on the network
}

// Rank is an occupant's standing in a room, in rising order.
type Rank uint8

// The ranks of an occupant. IRC: none, +, %, @, &, ~.
const (
	Plain Rank = iota
	Voice
	HalfOp
	Op
	Admin
	Owner
)

// TrailMost bounds a Trail, in bytes.
const TrailMost = 8 << 10

// Message is one message, either way.
type Message struct {
	ID      string    // in: the network's id, or empty; out: ours, stable over repeats
	Chat    Address   // with whom or where: a Contact, a Room, or a Network for its services
	Nick    string    // in: who said it, in the network's spelling
	Key     string    // in: who that is, as Occupant's, where it is known
	Text    string    // plain text with XEP-0393-like markup as Markup tells; "\n" between lines
	Notes   []Text    // in: what is to be known of it, shown above Text, each in a line of its own
	Subject string    // its title, where it has one
	Thread  string    // which conversation with Chat it belongs to, where there are several
	To      string    // to whom in a room, as the network writes a standing: "@"; empty: to all
	ReplyTo string    // the network's id of the message that it answers, or its Ref; out: of one in Chat
	Ref     string    // in: how messages that answer it call it in their ReplyTo; empty: by its ID
	ReplyBy string    // out: the nick of who said that one
	Time    time.Time // when it was said; in: zero is now

	// Trail is what the transport needs to know of a message when another one follows
	// it, in a form of its own and in no more than TrailMost bytes; see About.Trails. In:
	// of this one. Out: of the message that it answers, by ReplyTo; else of the newest one
	// of its Thread; where it has no Thread, of the newest one in Chat; or nil.
	Trail []byte

	Style     Style // how it is said
	Markup    bool  // Text may carry *bold*, _italic_, `mono` and ~strike~
	Own       bool  // in: it was said by this account
	Delayed   bool  // in: it is older than its arrival
	Apart     bool  // in: it was said in a room, but not to all there
	Bot       bool  // in: a program said it
	Letter    bool  // in: it is shown as a letter of its own (type normal), not as a line of a chat
	Introduce bool  // in: Chat asks to be a contact of the user's, if it did not yet
	Corrects  bool  // out: it replaces one that is out already, and begins with "* "
	Gathered  bool  // out: it is several, that Gatherer put together

	// Gesture is what it does to earlier ones, or nil. In: where none of these is known
	// in Chat, it is shown as what it says besides. Out: only a React, and only where
	// messages have Trails; what it is set to is in ReplyTo and Trail, which are empty
	// where that is not known. Signs are all that the user wants set.
	Gesture *Gesture

	Attachments []Attachment

	// Parties are others whom the message concerns, where there are any; see
	// About.Parties. In: who else got it, and where its answers go. Out: who gets it, too;
	// where Chat is among them, all who get it.
	Parties []Party
}

// Party is somebody whom a message concerns.
type Party struct {
	As      PartyKind
	Address Address // a Contact; in: zero where nobody can write to it
	URI     string  // in: how others know the address, where Address is zero
	Name    string  // in: to be shown; never without an address
}

// PartyKind is how a message concerns somebody.
type PartyKind uint8

// The kinds of parties: those who get a message, and where it comes from.
const (
	PartyTo      PartyKind = iota // it goes to them
	PartyCc                       // they get a copy
	PartyBcc                      // out: and nobody knows of it
	PartyAnswers                  // in: answers go there
	PartyAuthor                   // in: it is theirs; Chat only passed it on
)

// Open tells whether all who get the message see that they are among them.
func (p Party) Open() bool { return p.As == PartyTo || p.As == PartyCc }

// Attachment is a file that goes with a message. It is a reference: what it
// holds is never in a Message.
type Attachment struct {
	Ref  string // in: what Fetcher opens; out: an https URL
	Name string // of the file, without directories; empty where unknown
	Type string // media type, RFC 2046; empty where unknown
	Size int64  // in bytes; 0 where unknown
}

// Style is how a message is said.
type Style uint8

// The styles of a message.
const (
	Say    Style = iota
	Act          // "/me waves"; the text is without the "/me "
	Notice       // not to be answered by programs
)
