package transporttest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"wherry/transports"
)

// Session is an account's connection to a Network.
type Session struct {
	Account transports.Account
	Saved   transports.Saved

	net    *Network
	nick   string
	online bool
	queue  []step
	ending error
	wake   chan struct{}
}

// step is a batch on its way, and where to say what became of it.
type step struct {
	batch transports.Batch
	done  chan error // nil where nobody waits
}

// ErrEnded is the outcome of an Emit whose session is not running.
var ErrEnded = errors.New("the session does not run")

// Run logs in, then hands on what happens until ctx is done, the test ends it,
// or emit fails.
func (s *Session) Run(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	if err := s.net.call(ctx, Call{Op: OpRun, Account: s.Account.Key}); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	s.setOnline(true) // requests are answered as soon as Online is told
	defer s.setOnline(false)
	login := batch(transports.Online{Name: s.Nick()})
	if can := s.net.abilities(); can != 0 {
		login.Events = append(login.Events, transports.Able{Can: can})
	}
	if err := emit(ctx, login); err != nil {
		return ended(ctx, err)
	}
	for {
		next, err := s.next(ctx)
		if err != nil {
			return ended(ctx, err)
		}
		err = emit(ctx, next.batch)
		if next.done != nil {
			next.done <- err
		}
		if err != nil {
			return ended(ctx, err)
		}
	}
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// next waits for a step, or the end.
func (s *Session) next(ctx context.Context) (step, error) {
	for {
		s.net.mu.Lock()
		if len(s.queue) > 0 && !s.net.held {
			next := s.queue[0]
			s.queue = s.queue[1:]
			s.net.mu.Unlock()
			return next, nil
		}
		err := s.ending
		s.ending = nil
		s.net.mu.Unlock()
		if err != nil {
			return step{}, err
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			var farewell transports.Farewell
			if errors.As(context.Cause(ctx), &farewell) {
				_ = s.net.call(context.Background(), Call{Op: OpQuit, Account: s.Account.Key, Text: farewell.Words})
			}
			return step{}, ctx.Err()
		}
	}
}

// setOnline begins or ends the time in which requests are answered. At the end
// all that was begun is given up, and the rooms know it.
func (s *Session) setOnline(online bool) {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	s.online = online
	if !online {
		for _, next := range s.queue {
			if next.done != nil {
				next.done <- ErrEnded
			}
		}
		s.queue = nil
		for _, r := range s.net.rooms {
			r.drop(s, transports.Quit)
		}
	}
	s.net.changed()
}

// Nick returns the account's nick.
func (s *Session) Nick() string {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	return s.nick
}

// Emit makes events happen as one step, and returns what became of it.
func (s *Session) Emit(events ...transports.Event) error {
	return s.EmitBatch(transports.Batch{Events: events})
}

// EmitBatch makes a step happen, and returns what became of it.
func (s *Session) EmitBatch(b transports.Batch) error {
	done := make(chan error, 1)
	s.net.mu.Lock()
	if !s.online {
		s.net.mu.Unlock()
		return ErrEnded
	}
	s.post(step{b, done})
	s.net.mu.Unlock()
	return <-done
}

// Break ends the connection with err.
func (s *Session) Break(err error) {
	s.net.mu.Lock()
	s.ending = err
	s.net.mu.Unlock()
	s.signal()
}

// post queues a step. It is called with the network's mu held.
func (s *Session) post(next step) {
	s.queue = append(s.queue, next)
	s.signal()
}

func (s *Session) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func batch(events ...transports.Event) transports.Batch {
	return transports.Batch{Events: events}
}

// Send says something: in a room to the others there, else to the session of
// that nick, where there is one.
func (s *Session) Send(ctx context.Context, m transports.Message) (transports.Sent, error) {
	if err := s.ask(ctx, Call{Op: OpSend, Message: m}); err != nil {
		return transports.Sent{}, err
	}
	n := s.net
	n.mu.Lock()
	defer n.mu.Unlock()
	n.minted++
	id := strconv.Itoa(n.minted)
	if m.Chat.Kind == transports.Room {
		r := n.rooms[m.Chat]
		if r == nil || !r.has(s.nick) {
			return transports.Sent{}, absent(m.Chat)
		}
		r.say(s, transports.Message{ID: id, Chat: m.Chat, Nick: s.nick, Style: m.Style, Text: m.Text, Markup: m.Markup, ReplyTo: m.ReplyTo, To: m.To, Apart: m.Apart})
		return transports.Sent{IDs: []string{id}, Echoes: n.echo(s, m.Chat, id)}, nil
	}
	if to := n.byNick(m.Chat.Scope, m.Chat.Name); to != nil {
		chat := transports.Address{Kind: transports.Contact, Scope: m.Chat.Scope, Name: strings.ToLower(s.nick)}
		to.post(step{batch: batch(transports.Received{Message: transports.Message{
			ID: id, Chat: chat, Nick: s.nick, Style: m.Style, Text: m.Text, Markup: m.Markup,
		}})})
	}
	sent := transports.Sent{IDs: []string{id}, Echoes: n.echo(s, m.Chat, id)}
	if n.about.Trails {
		sent.Trail, sent.Thread = Trail(m.Trail, id)
	}
	return sent, nil
}

// Split cuts a message at ends of lines, and after 400 bytes.
func (s *Session) Split(m transports.Message) []transports.Message {
	const limit = 400
	var parts []transports.Message
	for line := range strings.SplitSeq(m.Text, "\n") {
		for line != "" {
			end := min(len(line), limit)
			for end < len(line) && !utf8.RuneStart(line[end]) {
				end--
			}
			part := m
			part.Text, line = line[:end], line[end:]
			parts = append(parts, part)
		}
	}
	if parts == nil {
		parts = []transports.Message{m}
	}
	return parts
}

// Ping answers, unless the test refuses.
func (s *Session) Ping(ctx context.Context, a transports.Address) error {
	return s.ask(ctx, Call{Op: OpPing, Room: a})
}

// Shares answers as the test says.
func (s *Session) Shares() (host string, ok bool) {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if s.net.sharer == nil {
		return "", false
	}
	return s.net.sharer(s.Account)
}

// ask records a request, and refuses it where the session is not logged in.
func (s *Session) ask(ctx context.Context, c Call) error {
	c.Account = s.Account.Key
	if err := s.net.call(ctx, c); err != nil {
		return err
	}
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if !s.online {
		return &transports.Error{Kind: transports.Unreachable, Text: transports.T("There is no connection to the network.")}
	}
	return nil
}

// byNick returns the session that has a nick, or nil. It is called with mu held.
func (n *Network) byNick(scope transports.Scope, nick string) *Session {
	for _, s := range n.sessions {
		if s.online && s.Account.Scope == scope && strings.EqualFold(s.nick, nick) {
			return s
		}
	}
	return nil
}
