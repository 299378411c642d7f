package imaptest

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"wherry/transports/email/mailtest"
)

// Config says how a Server is.
type Config struct {
	mailtest.Config
	Dialect Dialect // default Bare
	// UIDLast has FETCH tell a mail's UID behind all else, as a server may.
	UIDLast bool
	// Without are the codes that SELECT does not tell: "UIDNEXT", "UIDVALIDITY".
	Without []string
	// Literal is how long a literal of a client's may be, in bytes; default 64 MiB.
	Literal int64
}

// Server is an IMAP server. It ends with Close. Its methods are safe for concurrent
// use; what comes to a mailbox by them is told to whom it concerns at once.
type Server struct {
	*mailtest.Listener
	cfg Config

	mu       sync.Mutex // guards what follows, and all accounts and mailboxes
	accounts map[string]*account
	conns    map[*conn]bool
	stats    Stats
	commands []string
}

// Stats are what clients did so far.
type Stats struct {
	mailtest.Counts
	Logins   int            // tries to log in
	Refused  int            // of those, how many failed for the name, the password or the token
	Idling   int            // connections that are in IDLE now
	Commands map[string]int // by name
}

// Account is what a user logs in with.
type Account struct {
	Password string
	Token    string // of OAuth, for XOAUTH2 and OAUTHBEARER; empty: none is good
	Limit    int    // of connections at a time; 0 is none
}

// account is a user and their mailboxes.
type account struct {
	Account
	name  string
	boxes []*mailbox
	open  int // connections
}

// remembered is how many commands a Server remembers.
const remembered = 1000

// Start starts a Server.
func Start(c Config) (*Server, error) {
	if c.Dialect.Name == "" {
		c.Dialect = Bare
	}
	if c.Literal == 0 {
		c.Literal = 64 << 20
	}
	s := &Server{cfg: c, accounts: make(map[string]*account), conns: make(map[*conn]bool)}
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
	return mailtest.New(t, "an IMAP server", func() (*Server, error) { return Start(c) })
}

// AddUser adds a user with the empty folders of the dialect, or changes how a user
// that is there logs in.
func (s *Server) AddUser(name string, a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.accounts[name]; old != nil {
		old.Account = a
		return
	}
	u := &account{Account: a, name: name}
	for _, f := range s.cfg.Dialect.Folders {
		u.boxes = append(u.boxes, newMailbox(f))
	}
	s.accounts[name] = u
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

// WaitIdle waits until so many connections are in IDLE.
func (s *Server) WaitIdle(ctx context.Context, n int) error {
	return s.Wait(ctx, func(s Stats) bool { return s.Idling >= n })
}

// Commands returns the last 1,000 commands without their tags, oldest first. They
// hold no secrets and no literals.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...)
}

// note remembers a command.
func (s *Server) note(name, line string) {
	s.mu.Lock()
	s.stats.Commands[name]++
	if len(s.commands) == remembered {
		s.commands = append(s.commands[:0], s.commands[remembered/2:]...)
	}
	s.commands = append(s.commands, line)
	s.mu.Unlock()
	s.Ring()
}

// Push writes lines, with their CRLF, to all connections of a user, whatever they
// are doing.
func (s *Server) Push(user, lines string) {
	s.each(user, func(c *conn) { _, _ = c.Write([]byte(lines)) })
}

// Bye ends all connections of a user with a reason.
func (s *Server) Bye(user, reason string) {
	s.each(user, func(c *conn) {
		_, _ = c.Write([]byte("* BYE " + reason + "\r\n"))
		_ = c.Close()
	})
}

// Drop cuts all connections of a user.
func (s *Server) Drop(user string) { s.each(user, func(c *conn) { _ = c.Close() }) }

// Freeze has nothing more said or done on the connections of a user, which stay.
func (s *Server) Freeze(user string) { s.each(user, func(c *conn) { c.Freeze() }) }

func (s *Server) each(user string, do func(*conn)) {
	s.mu.Lock()
	var all []*conn
	for c := range s.conns {
		if c.user != nil && c.user.name == user {
			all = append(all, c)
		}
	}
	s.mu.Unlock()
	for _, c := range all {
		do(c)
	}
}

// date is how IMAP writes a time, RFC 3501 §2.3.3.
const date = `"_2-Jan-2006 15:04:05 -0700"`

func show(t time.Time) string { return t.Format(date) }

// has tells whether the client is offered a capability.
func (s *Server) has(capability string) bool {
	for _, c := range s.cfg.Dialect.After {
		if strings.EqualFold(c, capability) {
			return true
		}
	}
	return false
}
