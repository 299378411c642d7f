package email

import (
	"context"
	"sync"
	"time"

	"wherry/transports"
	"wherry/transports/email/submit"
)

// line is the account's one connection to the server that takes its mails. It is
// kept for a while behind a mail, as long as Run runs.
type line struct {
	turn   chan struct{}  // holds something while somebody has the connection
	client *submit.Client // whose turn it is has it; nil: there is none

	mu   sync.Mutex // guards what follows
	keep bool       // Run runs
	idle *time.Timer
}

// submission has f use the account's connection when its turn comes. waited tells
// that the connection is an old one. Where f says again, it is called once more
// with a new one.
func (s *Session) submission(ctx context.Context, f func(c *submit.Client, waited bool) (again bool, err error)) error {
	l := &s.out.line
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Unreachable, Err: ctx.Err()}
	}
	defer s.release()
	waited := l.client != nil
	for {
		if l.client == nil {
			if err := s.fresh(ctx); err != nil {
				return err
			}
			c, err := s.t.smtp.Dial(ctx, s.send, s.smtpLogin())
			if err != nil {
				return err
			}
			l.client = c
		}
		again, err := f(l.client, waited)
		if !l.client.Usable() {
			l.hangUp()
		}
		if !again || !waited {
			return err
		}
		waited = false
	}
}

// release ends a turn. The connection is kept for the next one, but not for long.
func (s *Session) release() {
	l := &s.out.line
	l.mu.Lock()
	if l.keep && l.client != nil {
		if l.idle != nil {
			l.idle.Stop()
		}
		l.idle = time.AfterFunc(s.t.pace.idle, l.closeIdle)
	}
	l.mu.Unlock()
	<-l.turn
	if !l.keeps() {
		l.closeIdle()
	}
}

func (l *line) keeps() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keep
}

// setKeep tells whether connections are kept.
func (l *line) setKeep(keep bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keep = keep; !keep && l.idle != nil {
		l.idle.Stop()
	}
}

// closeIdle closes the connection, unless somebody has it: they see to it
// themselves.
func (l *line) closeIdle() {
	select {
	case l.turn <- struct{}{}:
		l.hangUp()
		<-l.turn
	default:
	}
}

// hangUp closes the connection. The caller has it.
func (l *line) hangUp() {
	if l.client != nil {
		_ = l.client.Close()
		l.client = nil
	}
}

// closeSending takes leave of the server that takes mails. Run calls it when it
// ends. A mail that is being sent is not held up: its connection ends behind it.
func (s *Session) closeSending() {
	s.out.line.setKeep(false)
	s.out.disarm()
	s.out.line.closeIdle()
}
