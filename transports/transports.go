// Package transports is the contract between Wherry's XMPP face and the
// networks it reaches: what a network must be able to do, and the values that
// pass between the two.
//
// A Transport is a kind of network (IRC, SMS, email). A Session is one
// account's connection to it. Sessions block and try once: reconnecting,
// retrying, backing off, queueing and limiting stand once, in the caller.
//
// Nothing of XMPP enters here: no JID, no stanza. Nothing of a network leaves
// its package: no IRC line, no MIME part. The values are plain and are never
// changed after they were handed over.
//
// What every transport owes beyond the signatures is checked by the suite in
// package transporttest.
package transports

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// Transport is one kind of network. Its methods are safe for concurrent use.
type Transport interface {
	// About describes the network. It is constant for the life of the Transport.
	About() About

	// Form returns the first screen of sign-up or change for the account of the
	// given scope. Settings holds what is on file, without secrets; fields that
	// have a secret on file come back empty, and empty means "keep".
	Form(Scope, Settings) Form

	// Verify makes a real trial log-in with the submitted settings, which
	// include secrets. It returns the settings to keep, or the next Form of the
	// same sign-up, or a link to follow. A refusal is an *Error, or a *FieldError
	// where one field is to blame.
	Verify(context.Context, Scope, Settings) (Answer, error)

	// Address turns typed text, or the local part of an address, into the one
	// canonical address it means, by the region or network of the account.
	// Canonical text comes back unchanged: Address(a.String()) == a.
	// Text that means nothing is an *Error of kind Malformed or NotAllowed.
	Address(text string, in Account) (Address, error)

	// Open returns a session of the account. It does no I/O.
	Open(Account, Saved) (Session, error)
}

// Session is one account's connection to its network. Send and the methods of
// the optional interfaces are safe beside Run and beside each other.
type Session interface {
	// Run connects, logs in and receives until the connection ends or ctx is
	// done. It is called again for the next connection after it returned, never
	// beside itself. The error says why the connection ended and whether trying
	// again can help; it is nil only when ctx was done.
	//
	// Each upstream step is handed to emit as one Batch. A nil error means that
	// the batch is safe, and only then may the step be acknowledged upstream.
	Run(ctx context.Context, emit func(context.Context, Batch) error) error

	// Send makes one attempt of one upstream request. An error tells, by
	// Error.Unsure, whether the message may have been sent all the same.
	Send(context.Context, Message) (Sent, error)
}

// About describes a kind of network.
type About struct {
	Name     string // the registered gateway type of XEP-0030: "irc", "sms", "smtp"
	Title    string // what people call it: "IRC"
	Contact  string // client type of a contact's disco identity: "pc", "sms"
	Prompt   Text   // what to type to reach someone, for jabber:iq:gateway
	Describe Text   // the same in a sentence
	Rooms    bool   // there are rooms: sessions implement Rooms

	// Scoped tells that addresses name their scope: the network's host. The
	// default account then connects to nothing; it holds the user's identity.
	Scoped bool

	// Further is what users do who want more accounts than the default one, in words
	// ("Add a mailbox"); it is empty where there are none. Each of those has a label
	// that its user chose: its Scope, which as the text of an address stands for the
	// account itself, and in an address for one of its contacts. Unlike on a Scoped
	// network the default account is one like the others: each connects by itself,
	// and none knows of another.
	Further Text

	// Guests tells that the network takes people who did not register with the
	// gateway: an account is made by merely using one of its addresses.
	Guests bool

	// FoldsRepeats tells that the network shows a message once however often it
	// was sent with the same Message.ID.
	FoldsRepeats bool

	// Attended tells that a message for someone who is not there is refused by
	// the network, and none is kept there: what it says of a message, it says
	// within moments, and it never says that one arrived. Keeping one for long
	// makes no sense then; see MaxAge.
	Attended bool

	// AccountIDs tells that the network's ids of messages are unique within an
	// account. Otherwise they are so within a chat.
	AccountIDs bool

	// Files tells that messages may have attachments.
	Files bool

	// Trails tells that messages belong together in conversations, of which there may
	// be several with one contact: messages have Threads and Trails, and what answers a
	// message that is known is shown in that one's conversation. A message of any kind
	// may have a subject, and its Time is when the user wrote it.
	Trails bool

	// Parties tells that a message may name others who get it, too.
	Parties bool

	// LogIns is how many accounts of a gateway may connect at a time; zero is as many
	// as the core likes.
	LogIns int

	// MaxAge is how long a message to a contact may wait to be sent, counted from
	// when it came, also over a restart: then it has failed. Zero is a day.
	MaxAge time.Duration
}

// Scope names one of a user's accounts on a kind of network: the host of an
// IRC network, the label of a further mailbox. It is empty for the default one.
type Scope string

// Account is what a transport needs to know of an account.
type Account struct {
	Key      string // opaque and stable; equal for one user on one upstream
	Owner    string // opaque and stable; equal for all accounts of one user
	Scope    Scope
	Hook     string   // URL under which this account's Webhook is called; empty where the gateway has none
	Settings Settings // of this account, secrets included
	Default  Settings // of the user's default account: the identity on every network of a Scoped transport; else the account's own
}

// Settings holds the values of a Form by the names of its fields. Several
// lines or choices are joined by "\n".
type Settings map[string]string

// Saved holds what the saves of earlier batches left, by name.
type Saved map[string][]byte

// Save is one small named value that is committed together with the events of
// its Batch: a position in a mailbox, a refreshed token. A nil Value deletes.
type Save struct {
	Name   string
	Value  []byte
	Secret bool // sealed at rest
}

// Batch is one upstream step: its events and saves are committed together or
// not at all.
type Batch struct {
	Events []Event
	Saves  []Save
}

// Sent is the outcome of a Send that succeeded.
type Sent struct {
	IDs    []string // the network's ids, or ids minted by the session, by which a Status will name the message
	Saves  []Save
	Echoes bool // the message counts as said only when its Status comes

	Trail  []byte // as Message's, of what was sent
	Thread string // in which conversation the network has it: what comes in that one is shown in the message's
}

// Answer is the outcome of a Verify that succeeded. Exactly one field is set.
type Answer struct {
	Settings Settings // keep these, secrets included
	Next     *Form    // ask this too; what was submitted comes back with it
	Link     *Link    // follow this, then submit again
}

// Link is a page the user must visit to go on.
type Link struct {
	URL  string
	Code string // to type there, where there is one
	Text Text
}

// Join asks for a room.
type Join struct {
	Room     Address
	Nick     string // wanted; the network decides
	Password string
	Chosen   Settings // what was chosen for the room; see RoomFormer
}

// Rooms is implemented by sessions of networks with rooms. Each call gets
// exactly one answer; the caller bounds it by ctx.
type Rooms interface {
	// Join enters a room. It returns nil when the network let us in; a Joined
	// event carries the room, before or after.
	Join(context.Context, Join) error
	// Leave leaves a room, or gives up joining it. No event follows.
	Leave(ctx context.Context, room Address, reason string) error
	// Rename changes the account's nick in room, or everywhere where the network
	// has one nick for all. Renamed events follow.
	Rename(ctx context.Context, room Address, nick string) error
	// SetSubject changes a room's subject. A Subject event follows.
	SetSubject(ctx context.Context, room Address, subject string) error
	// Moderate changes an occupant's standing, or removes them. It returns nil
	// when the network did it.
	Moderate(context.Context, Moderation) error
	// Outcasts lists who is banned from a room.
	Outcasts(ctx context.Context, room Address) ([]Outcast, error)
	// Invite asks someone into a room.
	Invite(ctx context.Context, room Address, nick, reason string) error
}

// Moderation asks for a change of one occupant's standing in a room.
type Moderation struct {
	Room   Address
	Nick   string // whom; or the mask of an Outcast
	Do     ModerationAction
	Rank   Rank // for SetRank
	Reason string
}

// ModerationAction is what a Moderation does.
type ModerationAction uint8

// The actions of a Moderation.
const (
	Kick    ModerationAction = iota // out of the room now
	Ban                             // out of the room, and not back in
	Unban                           // lift a ban
	SetRank                         // give exactly the standing Rank
)

// Outcast is one entry of a room's ban list.
type Outcast struct {
	Mask string // as the network writes it
	By   string
	Time time.Time
}

// Splitter is implemented by sessions whose network limits a message. Split is
// pure; the parts keep the message's order and together say the same.
type Splitter interface {
	Split(Message) []Message
}

// Gatherer is implemented by sessions that may send several messages to one contact as
// one message, on networks with conversations.
type Gatherer interface {
	// Quiet is how long a message waits for another one, by the account's settings; no
	// longer than five minutes. Zero: each goes by itself, at once.
	Quiet() time.Duration
	// Gather puts the first of some messages together, as many of them as can go as one,
	// and returns that and how many they are: 1 where none can go with the first. All
	// are to one Chat, and complete: none is a part of Splitter's, nor answers another
	// message than the first does. Those to other Parties stay apart. It is pure.
	Gather(ms []Message) (Message, int)
}

// Merger is implemented by sessions that send several messages cheaper than one
// after the other.
type Merger interface {
	// SendMany sends the first of some messages as one request, as many of them as
	// can go out at once, and returns what came of each; the error is that of all of
	// them, sent is then nil. Where n is less than 2 it sent nothing. It does not
	// wait for the network's pace.
	SendMany(ctx context.Context, ms []Message) (n int, sent []Sent, err error)
}

// Finder is implemented by sessions that can look for a message whose sending
// had an unknown outcome.
type Finder interface {
	// Find looks upstream for a message that may have been sent at some time
	// since then. It returns what Send would have, or nil where the message
	// certainly was not sent. known tells the network's ids that are other
	// messages': these do not count. An Error of the kind Unsupported tells that
	// nobody can find out.
	Find(ctx context.Context, m Message, since time.Time, known func(id string) bool) (*Sent, error)
}

// Pinger is implemented by sessions that can ask someone's client whether it
// is there. It returns nil when an answer came.
type Pinger interface {
	Ping(context.Context, Address) error
}

// Reactor is implemented by sessions that can react to messages by signs.
type Reactor interface {
	// React adds a sign to those that the account reacted by, or takes it back.
	// It returns nil when the network has it.
	React(context.Context, Reaction) error
}

// Reaction asks for a reaction to a message.
type Reaction struct {
	Chat    Address
	To      string // the network's id of the message
	Sign    string
	Removed bool
}

// Redacter is implemented by sessions that can take messages back.
type Redacter interface {
	// Redact takes back a message, by the network's id, of whomever. It returns
	// nil when the network did it; a Redacted event may follow.
	Redact(ctx context.Context, chat Address, id, reason string) error
}

// Typer is implemented by sessions that can say that the user writes. Nothing is
// lost where that does not arrive.
type Typer interface {
	Type(ctx context.Context, chat Address, state Typing) error
}

// Reader is implemented by sessions whose network keeps how far the user has
// read, for all their programs.
type Reader interface {
	// Read says that a chat was read up to a time.
	Read(ctx context.Context, chat Address, upTo time.Time) error
}

// Awayer is implemented by sessions that can say that the user is away.
type Awayer interface {
	// SetAway says so in a few words; with none, the user is back.
	SetAway(ctx context.Context, words string) error
}

// Watcher is implemented by sessions whose network can tell of people outside of
// rooms, on some servers at least.
type Watcher interface {
	// Watch says whose coming and going is of interest: all of them, each time, on
	// this connection and the next ones. Where the network cannot do that it does
	// nothing. Available events follow.
	Watch(ctx context.Context, contacts []Address) error
}

// Lister is implemented by sessions of networks that list their rooms.
type Lister interface {
	// List hands each room that fits to each, in no order, until that returns
	// false. The filter is part of a name, or empty. Where ctx is done before the
	// list is whole, or there are more rooms than can be kept, it hands out what is
	// there, and whole is false.
	List(ctx context.Context, filter string, each func(Listed) bool) (whole bool, err error)
}

// RoomSearcher is implemented by Listers whose network can be asked for less than
// all rooms.
type RoomSearcher interface {
	// SearchRooms is List for the rooms that a search finds. It may hand out others,
	// too.
	SearchRooms(ctx context.Context, what RoomSearch, each func(Listed) bool) (whole bool, err error)
}

// RoomSearch is what is wanted of rooms. Zero fields are as it comes.
type RoomSearch struct {
	Name, Subject string // parts of these, in whatever case
	Least, Most   int    // occupants
}

// Finds tells whether a room is one of those.
func (s RoomSearch) Finds(l Listed) bool {
	within := func(text, part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	return within(l.Room.Name, s.Name) && within(l.Subject, s.Subject) && l.Occupants >= s.Least && (s.Most == 0 || l.Occupants <= s.Most)
}

// Listed is a room as a network's list has it.
type Listed struct {
	Room      Address
	Occupants int
	Subject   string
}

// Versioner is implemented by sessions that can ask what program somebody uses.
type Versioner interface {
	// Version returns the answer, as it was given.
	Version(ctx context.Context, who Address) (string, error)
}

// Clock is implemented by sessions that can ask what time it is where somebody
// is.
type Clock interface {
	// Clock returns the answer, in their zone.
	Clock(ctx context.Context, who Address) (time.Time, error)
}

// RealNamer is implemented by sessions that are told what people are called
// besides their nicks.
type RealNamer interface {
	// RealName returns that, or nothing where it was not told. It does no I/O.
	RealName(who Address) string
}

// Enroller is implemented by sessions whose network makes accounts for people, on
// some servers at least.
type Enroller interface {
	// Enrolment returns what is asked of who wants an account there; where one was
	// begun, with confirm, what is asked to have it confirmed. An *Error tells why
	// none can be had. It does no I/O.
	Enrolment(confirm bool) (Form, error)
	// Enrol submits that. It returns the settings that log in to the account from
	// now on, to be added to those on file, or the next Form: the one to confirm it.
	// A refusal is an *Error, or a *FieldError where one field is to blame.
	Enrol(ctx context.Context, confirm bool, answered Settings) (Answer, error)
}

// Describer is implemented by sessions that can tell how they are connected.
type Describer interface {
	// Describe returns some facts, a sentence each; none while not connected.
	Describe() []Text
}

// Prober is implemented by sessions that can ask their network for a sign of life.
type Prober interface {
	// Probe returns how long the network took to answer.
	Probe(context.Context) (time.Duration, error)
}

// Farewell is the cause, as context.Cause has it, of the end of a Run's context
// where there are words to leave the network by.
type Farewell struct{ Words string }

func (f Farewell) Error() string { return "leaving: " + f.Words }

// Configurer is implemented by sessions that can change what kind of room a room
// is.
type Configurer interface {
	// Configure makes a room what wanted says, where that differs from what it is.
	// A new Password is set where it is not empty. It returns nil when the network
	// did it.
	Configure(ctx context.Context, wanted RoomConfig, password string) error
}

// RoomFormer is implemented by transports that can treat a room in another way
// than its network. What is chosen comes with Join, and by Chooser.
type RoomFormer interface {
	// RoomForm returns what can be chosen, with what was.
	RoomForm(chosen Settings) []Field
}

// Chooser is implemented by the sessions of a RoomFormer.
type Chooser interface {
	// Choose makes what was chosen for a room hold from now on, whether or not the
	// account is in it. It does no I/O.
	Choose(room Address, chosen Settings)
}

// Moder is implemented by sessions of networks that write what rooms are like as
// changes of modes.
type Moder interface {
	// SetModes changes the modes of a room, as its people write that: "+m-i" or
	// "+b mask"; nothing asks what they are. It returns what the network said to
	// that, if anything, when it did it.
	SetModes(ctx context.Context, room Address, changes string) (said string, err error)
}

// Circler is implemented by sessions on whose network something can be said in a
// room to those of a standing only.
type Circler interface {
	// Circle tells whether Message.To can be that, as people there write a standing:
	// "@" for its operators.
	Circle(to string) bool
}

// Sharer is implemented by sessions that can tell whether what is said in rooms
// may be kept together with what other accounts are told of them.
type Sharer interface {
	// Shares returns the name of the host that the connection of the moment was
	// dialled to. It reports true only where a certificate for that name was
	// verified, nothing of the account's settings leads elsewhere, and nothing
	// like a bouncer stands between.
	Shares() (host string, ok bool)
}

// Fetcher is implemented by sessions whose messages have attachments.
type Fetcher interface {
	// Fetch opens an attachment by its Ref, at any time after the message came,
	// also after a restart. The caller reads no more than it wants, and closes it.
	Fetch(ctx context.Context, ref string) (*Content, error)
}

// Content is an open file.
type Content struct {
	Body io.ReadCloser
	Name string // as Attachment's
	Type string
	Size int64 // in bytes; -1 where unknown
}

// Webhook is implemented by transports whose network calls us.
type Webhook interface {
	// Webhook reads one call for an account, which need not have a session. The
	// batch is committed before the reply is given; where that fails, the caller
	// is told to try again. A call that is not to be trusted makes no batch.
	Webhook(context.Context, Account, Request) (Batch, Reply)
}

// Request is a call of the network's.
type Request struct {
	Method string
	Path   string // behind the account's Hook: "" or "/something"
	Query  string // as it was, without the "?"
	Header http.Header
	Body   []byte // all of it; longer ones never arrive here
}

// Reply is the answer to a Request.
type Reply struct {
	Status int
	Type   string // media type; empty where there is no body
	Body   []byte
	After  time.Duration // Retry-After, where it is not zero
}

// Namer is implemented by transports whose addresses have a nicer name.
type Namer interface {
	// Name returns what to call an address in a roster, and the URI by which
	// others know it ("tel:+15551234567"); each empty where there is none.
	Name(Address) (title, uri string)
}

// Grouper is implemented by transports on which one message can go to several
// people, who see that.
type Grouper interface {
	// Group returns the address of some contacts together, in whatever order they
	// are named.
	Group([]Address) (Address, error)
}

// Trier is implemented by transports whose networks are shown who it is that logs
// in, at a trial too.
type Trier interface {
	// Try is Verify of an account with its Owner, Scope and Settings.
	Try(context.Context, Account) (Answer, error)
}

// Claimer is implemented by transports on which an account takes things upstream
// for itself.
type Claimer interface {
	// Claims names them, by the account's settings. No two users of a gateway can
	// have one in common.
	Claims(Settings) []string
}

// Distinguisher is implemented by transports on which two accounts of one user
// would get in each other's way upstream.
type Distinguisher interface {
	// Distinct names what an account is upstream, by its settings. No two accounts
	// of a user can have one in common.
	Distinct(Settings) []string
}

// AccountNamer is implemented by transports whose accounts have a name upstream.
type AccountNamer interface {
	// AccountName returns it, by the account's settings without secrets; empty where
	// there is none.
	AccountName(Settings) string
}

// Forgetter is implemented by transports whose sessions change something
// upstream that is to be put back when an account is removed.
type Forgetter interface {
	// Forget puts it back. It is called once, after the account is gone.
	Forget(context.Context, Account, Saved) error
}
