// Package provider is the seam between the SMS transport and those who carry
// its messages: what a provider must be able to do, and the values that pass.
//
// The transport knows phone numbers, texts and the rules of SMS. A provider
// knows one company's interface. It blocks and tries once: no method retries,
// and errors are *transports.Error with a Kind from the provider's own table
// and, in Code, the provider's number. An error is Unsure only where a message
// may have been sent all the same.
package provider

import (
	"context"
	"log/slog"
	"time"

	"wherry/transports"
)

// Provider carries messages for accounts at one company. It is safe for
// concurrent use, and keeps no state of an account but caches.
type Provider interface {
	// About says what the provider can do.
	About() About

	// Now is the time by the clock that Items and since are of, as far as the
	// provider's answers told it. Ours may be wrong.
	Now() time.Time

	// Verify logs in and returns what the account has. It changes nothing there.
	Verify(context.Context, Credentials) (Account, error)

	// Send makes one request. The ids are those of later Events. Where a message
	// was made and failed at once, there are both ids and an error.
	Send(context.Context, Credentials, Outgoing) (ids []string, err error)

	// Sent lists messages that left a line of the account for a number since a
	// time, newest first, whoever sent them, and whether that is all of them.
	Sent(ctx context.Context, c Credentials, line, to string, since time.Time) (all []Item, complete bool, err error)

	// List lists what came to, and went from, a line since a time, oldest first,
	// at most max each way: the newest ones. missed tells that more came.
	List(ctx context.Context, c Credentials, line string, since time.Time, max int) (all []Item, missed bool, err error)

	// Get returns one message by its id.
	Get(ctx context.Context, c Credentials, id string) (Item, error)

	// Call reads one call of the provider's to the hook of an account. hook is
	// the URL as the provider was told it; lines are the account's own. What is
	// not to be trusted makes no items: the reply says why, to the provider only.
	Call(ctx context.Context, c Credentials, lines []string, hook string, r transports.Request) ([]Item, transports.Reply)

	// Media lists the files of a message.
	Media(ctx context.Context, c Credentials, id string) ([]Medium, error)

	// Fetch opens a medium by its Ref.
	Fetch(ctx context.Context, c Credentials, ref string) (*transports.Content, error)

	// Hooked returns where the provider calls for a line now, and what stands in
	// the way of a call, if anything does.
	Hooked(ctx context.Context, c Credentials, line string) (Hook, error)

	// SetHook has the provider call a URL for what comes to a line. An empty URL
	// is none.
	SetHook(ctx context.Context, c Credentials, line string, h Hook) error
}

// About is what a provider can do.
type About struct {
	Name        string        // "Twilio"
	MaxText     int           // UTF-16 units of one request: 1600
	MaxMedia    int           // attachments of one request: 10
	MediaBytes  int64         // in all: 5 MB
	MaxAge      time.Duration // how long a text may wait before it is no use: 4 h
	ShortCodes  bool          // can be written to
	MaxGroup    int           // numbers of a group beside the line: 9. The provider is a Grouper where it is not 0
	GroupCode   string        // with which all numbers of a group begin: "+1"; empty: any
	Settled     time.Duration // after a try of unknown outcome, Sent knows for sure by then
	FinalWithin time.Duration // after which a status that did not come is fetched once: 24 h
}

// Credentials are what a user gave. They are never logged: see LogValue.
type Credentials struct {
	Account  string // AC…
	Token    string // of the account; signs the provider's calls. May be empty where Key is set
	Key      string // API key, SK…; empty where Token is used
	Secret   string // of Key
	OldToken string // accepted for the signature of calls beside Token; may be empty
}

// Account is what a log-in showed.
type Account struct {
	Name  string // what the company calls it
	Trial bool   // only verified numbers can be reached
	Lines []Line // that can text
}

// Line is a number of an account's.
type Line struct {
	ID     string // the provider's
	Number string // E.164, or a short code
	Name   string // what the user calls it
	MMS    bool
	Hook   string // where the provider calls now
}

// Hook is where a provider calls for a line.
type Hook struct {
	URL    string
	Method string
	// Other holds further settings that Hooked found and SetHook puts back, as
	// the provider needs them. It is kept as it is.
	Other map[string]string
	// Problem says what keeps calls from coming to URL, for the user: the line
	// belongs to a service that has its own. Zero where there is nothing.
	Problem transports.Text
}

// Outgoing is one request to send.
type Outgoing struct {
	Line   string // E.164
	To     string // E.164, or as the provider writes another kind of address: "whatsapp:+15551234567"
	Text   string
	Media  []string      // public https URLs
	Status string        // URL that is to be called with what becomes of it; empty: none
	Within time.Duration // it is no use later; 0: the provider's own
}

// Item is one message as the provider has it.
type Item struct {
	ID       string
	Line     string // ours, as the provider writes it
	Peer     string // the other side, as the provider writes it; may be empty or odd
	Inbound  bool
	Text     string
	Media    []Medium  // of an inbound message, as far as the provider told; see NumMedia
	NumMedia int       // of an inbound message, as it was told. Where Media has fewer, ask Media
	Name     string    // of the peer, where the provider knows it
	Time     time.Time // when it was sent; else made; zero where unknown
	Stop     OptOut
	State    State             // of an outbound message; and of an inbound one None
	Err      *transports.Error // for Failed
	// Only tells that nothing but ID, Line, Peer, State and Err is known: it is
	// news of a message, not the message.
	Only bool
}

// Medium is a file of an inbound message.
type Medium struct {
	Ref  string // for Fetch
	Type string // as the provider tells; may be empty
}

// State is how far an outbound message came.
type State uint8

// The states, in order.
const (
	None      State = iota // nothing is known
	Accepted               // queued, sending, scheduled
	Sent                   // handed on
	Delivered              // on the phone
	Read                   // seen
	Failed                 // it will not arrive
)

// OptOut is a word by which a phone's owner forbids or allows messages.
type OptOut uint8

// The kinds of OptOut.
const (
	NoOptOut OptOut = iota
	Stop
	Start
	Help
)

// LogValue keeps the secrets out of logs.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("account", c.Account), slog.String("key", c.Key))
}

// String is LogValue for fmt: no verb shows a secret.
func (c Credentials) String() string { return "account " + c.Account }

// GoString is String for %#v.
func (c Credentials) GoString() string { return c.String() }
