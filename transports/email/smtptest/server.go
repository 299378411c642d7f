package smtptest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"wherry/transports/email/mailtest"
)

// Config says how a Server is.
type Config struct {
	mailtest.Config
	// Size is the longest mail that is taken, in bytes; default 10 MiB.
	Size int64
	// Extensions are offered beside SIZE, AUTH and STARTTLS; default 8BITMIME, DSN,
	// ENHANCEDSTATUSCODES, PIPELINING and SMTPUTF8. What is not offered is refused.
	Extensions []string
	// Mechanisms are those of AUTH; default PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER.
	Mechanisms []string
	// Deliver is told of each mail that is taken, before its client is: to put it
	// into a mailbox. It may be nil.
	Deliver func(Message)
}

// Server is a submission server. It ends with Close. Its methods are safe for
// concurrent use.
type Server struct {
	*mailtest.Listener
	cfg Config

	mu       sync.Mutex // guards what follows
	accounts map[string]Account
	answers  map[string]*answer // by recipient
	messages []Message
	stats    Stats
}

// Account is what a user logs in with.
type Account struct {
	Password string
	Token    string   // of OAuth, for XOAUTH2 and OAUTHBEARER; empty: none is good
	Froms    []string // the only addresses they may send from; none: any
}

// Stats are what clients did so far.
type Stats struct {
	mailtest.Counts
	Logins   int            // tries to log in
	Refused  int            // of those, how many failed for the name, the password or the token
	Commands map[string]int // by name, and MESSAGE
}

// Message is a mail that was taken.
type Message struct {
	User     string // who was logged in
	From     string
	Body     string // BODY, RFC 6152: "8BITMIME"; empty: none was given
	UTF8     bool   // SMTPUTF8, RFC 6531
	Return   string // RET, RFC 3461: "FULL", "HDRS"
	Envelope string // ENVID, decoded
	To       []Recipient
	Data     []byte // with CRLF, without what was added to lines that begin with a dot
}

// Recipient is one of those a mail is for.
type Recipient struct {
	Address  string
	Notify   []string // NOTIFY, RFC 3461: "SUCCESS", "FAILURE", "DELAY", "NEVER"
	Original string   // ORCPT, decoded: "rfc822;bob@mail.test"
}

// answer is how a recipient is answered so many times; n < 0: always.
type answer struct {
	reply string
	n     int
}

// Start starts a Server.
func Start(c Config) (*Server, error) {
	if c.Size == 0 {
		c.Size = 10 << 20
	}
	if c.Extensions == nil {
		c.Extensions = []string{"8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "PIPELINING", "SMTPUTF8"}
	}
	if c.Mechanisms == nil {
		c.Mechanisms = []string{"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"}
	}
	s := &Server{cfg: c, accounts: make(map[string]Account), answers: make(map[string]*answer)}
	s.stats.Commands = make(map[string]int)
	var err error
	if s.Listener, err = mailtest.Listen(c.Config); err != nil {
		return nil, err
	}
	s.Serve(s.serve)
	return s, nil
}

// New starts a Server for the time of a test.
func New(t mailtest.TB, c Config) *Server {
	t.Helper()
	return mailtest.New(t, "a submission server", func() (*Server, error) { return Start(c) })
}

// AddUser adds a user, or changes how one logs in.
func (s *Server) AddUser(name string, a Account) {
	a.Froms = slices.Clone(a.Froms)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[name] = a
}

// Answer has the next n mails to an address answered with a reply at RCPT, such as
// "450 4.7.1 Greylisted"; n < 0: all.
func (s *Server) Answer(address, reply string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[address] = &answer{reply, n}
}

// recipient returns the reply that was set for a recipient, or nothing.
func (s *Server) recipient(address string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.answers[address]
	if a == nil || a.n == 0 {
		return ""
	}
	if a.n > 0 {
		a.n--
	}
	return a.reply
}

// Messages returns the mails that were taken, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// WaitMessages waits until so many mails were taken, and returns all.
func (s *Server) WaitMessages(ctx context.Context, n int) ([]Message, error) {
	err := s.Await(ctx, func() bool { return len(s.Messages()) >= n })
	return s.Messages(), err
}

// take keeps a mail.
func (s *Server) take(m Message) {
	if s.cfg.Deliver != nil {
		s.cfg.Deliver(m)
	}
	s.mu.Lock()
	s.messages = append(s.messages, m)
	s.mu.Unlock()
	s.Ring()
}

// Stats returns what clients did so far.
func (s *Server) Stats() Stats {
	counts := s.Counts()
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Counts, stats.Commands = counts, maps.Clone(stats.Commands)
	return stats
}

// Wait waits until what clients did fits, or until the context is done.
func (s *Server) Wait(ctx context.Context, fits func(Stats) bool) error {
	return s.Await(ctx, func() bool { return fits(s.Stats()) })
}

// note counts a command.
func (s *Server) note(name string) {
	s.mu.Lock()
	s.stats.Commands[name]++
	s.mu.Unlock()
	s.Ring()
}

// offers tells whether an extension is offered.
func (s *Server) offers(extension string) bool { return slices.Contains(s.cfg.Extensions, extension) }
