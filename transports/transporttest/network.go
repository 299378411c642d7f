package transporttest

import (
	"context"
	"strings"
	"sync"
	"time"

	"wherry/transports"
)

// The names of the fake's form fields.
const (
	FieldNick     = "nick"
	FieldNetwork  = "network"
	FieldPassword = "password"
)

// Wrong is the password that no account has.
const Wrong = "wrong"

// Network is a Scoped network in memory, and the Transport to it. People of it
// are sessions, or puppets that a test moves. It is safe for concurrent use.
type Network struct {
	mu       sync.Mutex
	about    transports.About
	sessions map[string]*Session // by account key, the last one opened
	opened   chan struct{}       // closed and replaced when something changed
	rooms    map[transports.Address]*room
	refused  map[Op][]error
	stalled  map[Op][]chan struct{}
	calls    []Call
	counts   map[Op]int
	verify   Verifier
	finder   Finder
	sharer   Sharer
	files    map[string]File
	caller   Caller
	able     transports.Ability
	silent   bool // lines are not shown to who said them
	held     bool // sessions are not told what happens
	minted   int
	quiet    time.Duration // that messages wait for others
}

// Verifier decides a trial log-in.
type Verifier func(context.Context, transports.Scope, transports.Settings) (transports.Answer, error)

// Finder looks for a message of unknown outcome.
type Finder func(context.Context, transports.Message, func(id string) bool) (*transports.Sent, error)

// Sharer decides whether a session's connection shares what it hears, and as
// which host's.
type Sharer func(transports.Account) (host string, ok bool)

// SetSharer replaces who decides that; without one no session does.
func (n *Network) SetSharer(f Sharer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sharer = f
}

// NewNetwork returns an empty network.
func NewNetwork() *Network {
	n := &Network{
		sessions: make(map[string]*Session),
		opened:   make(chan struct{}),
		rooms:    make(map[transports.Address]*room),
		refused:  make(map[Op][]error),
		stalled:  make(map[Op][]chan struct{}),
		counts:   make(map[Op]int),
		about: transports.About{
			Rooms:    true,
			Guests:   true,
			Name:     "fake",
			Title:    "Fake",
			Contact:  "pc",
			Prompt:   transports.T("Room or nick"),
			Describe: transports.T("Type a room or a nick, and its network after a percent sign."),
			Scoped:   true,
			Attended: true,
			MaxAge:   time.Minute,
		},
	}
	n.verify = n.verifyPassword
	return n
}

// SetAbout replaces what About says. It is for the time before a test begins.
func (n *Network) SetAbout(about transports.About) { n.about = about }

// About describes the network.
func (n *Network) About() transports.About { return n.about }

// Form asks for a nick and a network on the gateway, for a nick and a password
// on a network.
func (n *Network) Form(scope transports.Scope, on transports.Settings) transports.Form {
	nick := transports.Field{Name: FieldNick, Kind: transports.Line, Label: transports.T("Nick"), Required: true, Value: on[FieldNick]}
	if scope == "" {
		return transports.Form{
			Title: transports.T("Your name"),
			Fields: []transports.Field{
				nick,
				{Name: FieldNetwork, Kind: transports.Line, Label: transports.T("Network"), Value: on[FieldNetwork]},
			},
		}
	}
	return transports.Form{
		Title: transports.T("Your account on %s", string(scope)),
		Fields: []transports.Field{
			nick,
			{Name: FieldPassword, Kind: transports.Secret, Label: transports.T("Password")},
		},
	}
}

// Verify asks the Verifier; by default all passwords but Wrong are right.
func (n *Network) Verify(ctx context.Context, scope transports.Scope, s transports.Settings) (transports.Answer, error) {
	if err := n.call(ctx, Call{Op: OpVerify}); err != nil {
		return transports.Answer{}, err
	}
	n.mu.Lock()
	verify := n.verify
	n.mu.Unlock()
	return verify(ctx, scope, s)
}

// SetVerifier makes v decide trial log-ins: with further forms, links, errors.
func (n *Network) SetVerifier(v Verifier) {
	n.mu.Lock()
	n.verify = v
	n.mu.Unlock()
}

func (n *Network) verifyPassword(_ context.Context, scope transports.Scope, s transports.Settings) (transports.Answer, error) {
	if s[FieldNick] == "" {
		return transports.Answer{}, refuse(FieldNick, transports.Malformed, transports.T("A nick is needed."))
	}
	if _, err := named(s[FieldNick], scope); err != nil {
		return transports.Answer{}, refuse(FieldNick, transports.Malformed, transports.T("That is no nick."))
	}
	if s[FieldPassword] == Wrong {
		return transports.Answer{}, refuse(FieldPassword, transports.Credentials, transports.T("The password is wrong."))
	}
	return transports.Answer{Settings: s}, nil
}

func refuse(field string, kind transports.ErrorKind, text transports.Text) error {
	return &transports.FieldError{Field: field, Err: &transports.Error{Kind: kind, Text: text}}
}

// Address reads "#room%network", "nick%network" and "network"; a network has a
// dot. Names are in lower case.
func (n *Network) Address(text string, in transports.Account) (transports.Address, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if name, scope, ok := cutLast(text); ok {
		if !validScope(scope) {
			return transports.Address{}, malformed(text)
		}
		return named(name, transports.Scope(scope))
	}
	if !strings.HasPrefix(text, "#") && validScope(text) {
		return transports.Address{Kind: transports.Network, Scope: transports.Scope(text)}, nil
	}
	scope := in.Scope
	if scope == "" {
		scope = transports.Scope(in.Default[FieldNetwork])
	}
	if scope == "" {
		return transports.Address{}, malformed(text)
	}
	return named(text, scope)
}

func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, '%')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

func named(name string, scope transports.Scope) (transports.Address, error) {
	a := transports.Address{Kind: transports.Contact, Scope: scope, Name: name}
	if strings.HasPrefix(name, "#") {
		a.Kind, name = transports.Room, name[1:]
	}
	if name == "" || len(name) > 64 || !printable(name, " !@:,.") {
		return transports.Address{}, malformed(name)
	}
	return a, nil
}

func validScope(s string) bool {
	return len(s) < 256 && printable(s, " !@:,#%") && strings.Contains(strings.Trim(s, "."), ".")
}

func printable(s, refused string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '\uFFFD' || strings.ContainsRune(refused, r) {
			return false
		}
	}
	return true
}

func malformed(text string) error {
	return &transports.Error{Kind: transports.Malformed, Text: transports.T("%s is no address here.", text)}
}

// Open returns a session of the account.
func (n *Network) Open(account transports.Account, saved transports.Saved) (transports.Session, error) {
	s := &Session{net: n, Account: account, Saved: saved, wake: make(chan struct{}, 1)}
	s.nick = account.Settings[FieldNick]
	if s.nick == "" {
		s.nick = account.Default[FieldNick]
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sessions[account.Key] = s
	n.changed()
	if n.finder != nil {
		return finding{s}, nil
	}
	return s, nil
}

// SetFinder makes the sessions that are opened from now on look for messages by
// f.
func (n *Network) SetFinder(f Finder) {
	n.mu.Lock()
	n.finder = f
	n.mu.Unlock()
}

// finding is a session that can look for messages.
type finding struct{ *Session }

// Find asks the Finder.
func (s finding) Find(ctx context.Context, m transports.Message, _ time.Time, known func(id string) bool) (*transports.Sent, error) {
	if err := s.ask(ctx, Call{Op: OpFind, Message: m}); err != nil {
		return nil, err
	}
	s.net.mu.Lock()
	find := s.net.finder
	s.net.mu.Unlock()
	return find(ctx, m, known)
}

// changed wakes those who wait for something. It is called with mu held.
func (n *Network) changed() {
	close(n.opened)
	n.opened = make(chan struct{})
}

// until waits for a condition, which is called with mu held.
func (n *Network) until(ctx context.Context, condition func() bool) error {
	for {
		n.mu.Lock()
		ok, next := condition(), n.opened
		n.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
