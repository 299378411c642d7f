package irc

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"wherry/transports"
)

// Session is one account's connection to its network.
type Session struct {
	t     *Transport
	scope transports.Scope
	who   identity
	trial bool // to see whether it works: a nick the network refuses is said, not replaced

	mu       sync.Mutex                         // guards conn, away, contacts and enrols, and is held to change writings
	conn     *conn                              // nil while not logged in
	away     string                             // why the user is away; empty: they are not
	untold   bool                               // the network may not have been told of that
	contacts []transports.Address               // whom the user watches
	enrols   *enrolment                         // of the user, by the network; nil: none was begun
	writings atomic.Pointer[map[string]writing] // of channels, by their names in addresses; the map is replaced, never changed; nil: none

	places  map[string]*place // by folded names; touched in the steps of a connection only
	strict  *policy           // of the network, nil where there is none; touched between connections and in their steps
	utf8    atomic.Bool       // the network takes nothing else
	listed  bool              // the bouncer's networks are to be asked for, whatever the wanted one is called
	welcome bool              // it was logged in once; this and turned are touched so, too
	turned  int               // how often the network said since that we come too fast
	bound   string            // the id of the bouncer's network that is wanted, once it is known; touched so, too
}

func newSession(t *Transport, account transports.Account, who identity) *Session {
	return &Session{t: t, scope: account.Scope, who: who}
}

// Run connects, logs in and receives until the connection ends. When it
// returned, no room is joined any more; that is not told by events.
func (s *Session) Run(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	var to redo
	for try := 0; ; try++ {
		c, err := s.connect(ctx, emit, to)
		if err == nil {
			err = c.receive()
			c.finish(ctx)
		}
		if err = s.after(ctx, err, try, &to); err != errAgain {
			return err
		}
	}
}

// errAgain tells that a log-in goes on by another connection.
var errAgain = errors.New("connect once more")

// after returns what Run is to after a connection, or errAgain.
func (s *Session) after(ctx context.Context, err error, try int, to *redo) error {
	var next *redo
	switch again := errors.As(err, &next); {
	case ctx.Err() != nil:
		return nil
	case !again:
		return err
	case try == maxRedo:
		return &transports.Error{Kind: transports.Unreachable, Text: transports.T("The connection to %s broke.", s.who.host), Err: err}
	}
	if s.bound = next.network; next.port != 0 {
		to.port = next.port
	}
	return errAgain
}

// connect is begin by the crew: this goroutine does little but wait from now on, on a
// stack that stays small.
func (s *Session) connect(ctx context.Context, emit func(context.Context, transports.Batch) error, to redo) (*conn, error) {
	b := &beginning{s: s, ctx: ctx, emit: emit, to: to}
	b.begun.Add(1)
	s.t.crew.give(b)
	b.begun.Wait()
	return b.conn, b.err
}

// beginning is a connection that begins.
type beginning struct {
	s     *Session
	ctx   context.Context
	emit  func(context.Context, transports.Batch) error
	to    redo
	begun sync.WaitGroup
	conn  *conn
	err   error
}

func (b *beginning) do() {
	defer b.begun.Done()
	defer b.s.t.rescue(&b.err)
	b.conn, b.err = b.s.begin(b.ctx, b.emit, b.to)
}

// begin connects and begins to log in.
func (s *Session) begin(ctx context.Context, emit func(context.Context, transports.Batch) error, to redo) (*conn, error) {
	if err := s.who.check(); err != nil {
		return nil, err
	}
	secured, plain := s.route(to)
	l, err := s.t.connect(ctx, &s.who, secured, plain)
	if err != nil {
		return nil, err
	}
	c := newConn(s, l, emit)
	if err := c.begin(ctx); err != nil {
		c.stop()
		c.close()
		return nil, err
	}
	return c, nil
}

// online makes c the connection that requests go by; nil is none.
func (s *Session) online(c *conn) {
	s.mu.Lock()
	s.conn = c
	s.mu.Unlock()
}

// live returns the connection that requests go by.
func (s *Session) live() (*conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil, disconnected(errOffline)
	}
	return s.conn, nil
}

var errOffline = errors.New("not logged in")
