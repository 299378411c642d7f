package ircv3test

import (
	"strings"
	"time"
)

// Drop closes the connection of the client with a nick, and tells whether there
// was one.
func (s *Server) Drop(nick string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[s.fold(nick)]
	if u == nil || u.conn == nil {
		return false
	}
	u.close()
	return true
}

// DropAll closes all connections; new ones are accepted.
func (s *Server) DropAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.close()
	}
}

// Lag makes each line to clients late by some time from now on.
func (s *Server) Lag(late time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = late
}

// Hold keeps back all that the client with a nick is told, until Release. Its
// own lines are handled.
func (s *Server) Hold(nick string) { s.setHold(nick, true) }

// Release tells the client with a nick what was kept back.
func (s *Server) Release(nick string) { s.setHold(nick, false) }

func (s *Server) setHold(nick string, holding bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[s.fold(nick)]
	if u == nil {
		return
	}
	u.holding = holding
	if !holding {
		held := u.held
		u.held = nil
		for _, text := range held {
			u.pushText(text)
		}
	}
}

// Intercept answers a command of clients instead of doing it: by the lines that
// answer returns, as they are, so that none at all is silence; nil lets the
// server do it. A nil answer ends that. Answer must not call the server.
func (s *Server) Intercept(verb string, answer func(nick, line string) []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer == nil {
		delete(s.answers, strings.ToUpper(verb))
		return
	}
	s.answers[strings.ToUpper(verb)] = answer
}

// intercepted tells whether a line was answered by a test. Puppets are not
// intercepted.
func (c *client) intercepted(verb, text string) bool {
	answer := c.server.answers[verb]
	if answer == nil || c.conn == nil {
		return false
	}
	lines := answer(c.nick, text)
	if lines == nil {
		return false
	}
	for _, line := range lines {
		c.pushText(line)
	}
	c.intercept = true
	return true
}
