package irc

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"wherry/transports"
)

// Session is one account's connection to its network.
type Session struct {
	t     *Transport
	scope transports.Scope
	who   identity
	trial bool // to see whether it works: a nick the network refuses is said, not replaced

	mu   sync.Mutex // guards conn
	conn *conn      // nil while not logged in
}

func newSession(t *Transport, account transports.Account, who identity) *Session {
	return &Session{t: t, scope: account.Scope, who: who}
}

// log returns the session's logger.
func (s *Session) log() *slog.Logger { return s.t.log.With("network", s.who.host) }

// Run connects, logs in and receives until the connection ends. When it
// returned, no room is joined any more; that is not told by events.
func (s *Session) Run(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	if err := s.who.check(); err != nil {
		return err
	}
	l, err := s.t.connect(ctx, &s.who)
	if err == nil {
		err = newConn(s, l, emit).run(ctx)
	}
	s.online(nil)
	if ctx.Err() != nil {
		return nil
	}
	return err
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
