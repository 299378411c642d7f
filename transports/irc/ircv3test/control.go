package ircv3test

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Wait returns the first line of the client with a nick that is right, behind
// the one that the last Wait for this nick returned. The server has handled the
// line and queued the answers when Wait returns. Lines from before the client
// had its nick count; "" is a client without one.
func (s *Server) Wait(ctx context.Context, nick string, right func(line string) bool) (string, error) {
	key := s.fold(nick)
	return s.received.wait(ctx, key, func(e entry) bool { return e.client.key.Load() == key && right(e.text) })
}

// Received returns all lines of the client with a nick.
func (s *Server) Received(nick string) []string {
	key := s.fold(nick)
	return s.received.all(func(e entry) bool { return e.client.key.Load() == key })
}

// Like returns a condition on lines: that they fit a pattern, in which "*" is
// any text and "?" any byte.
func Like(pattern string) func(line string) bool {
	return func(line string) bool { return glob(pattern, line) }
}

// Tell sends a line to the client with a nick, as it is.
func (s *Server) Tell(nick, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[s.fold(nick)]; u != nil {
		u.pushText(line)
	}
}

// Standard sends FAIL, WARN or NOTE to the client with a nick:
// Standard("alice", "WARN", "*", "ODD", "Something is odd").
func (s *Server) Standard(nick, verb string, params ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[s.fold(nick)]; u != nil {
		u.send(s.by(verb, params...))
	}
}

// Dials returns how many connections were accepted so far.
func (s *Server) Dials() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials
}

// SetAccount logs the client with a nick in, or out with "", as services do.
func (s *Server) SetAccount(nick, account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.user(nick); u != nil {
		u.setAccount(account)
	}
}

// Account returns the account of the client with a nick; nothing where it has
// none, or is not there.
func (s *Server) Account(nick string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.user(nick); u != nil {
		return u.account
	}
	return ""
}

// SetHost changes user name and host of the client with a nick.
func (s *Server) SetHost(nick, user, host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.user(nick); u != nil {
		u.changeHost(user, host)
	}
}

// Mode changes a channel's modes as the server, and makes the channel if there
// is none: Mode("#room", "+o", "alice"). The channel stays from then on even when
// it is empty, and who comes first is no operator.
func (s *Server) Mode(channel, modes string, args ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.makeChannel(channel)
	ch.kept = true
	newClient(s, nil).changeModes(ch, s.by, modes, args)
}

// Topic sets a channel's topic as the server, as Mode does modes.
func (s *Server) Topic(channel, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.makeChannel(channel)
	ch.kept = true
	ch.topic, ch.topicBy, ch.topicAt = text, s.cfg.Name, s.now()
	m := s.by("TOPIC", ch.name, text)
	m.id, m.at = s.newID(), s.now()
	ch.tell(m, nil, s.cfg.History)
}

// Members returns who is in a channel, each with all marks, sorted by nick.
func (s *Server) Members(channel string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channel(channel)
	if ch == nil {
		return nil
	}
	var all []string
	for _, m := range ch.members {
		all = append(all, m.marks(true)+m.client.nick)
	}
	slices.SortFunc(all, func(a, b string) int {
		return strings.Compare(strings.TrimLeft(a, marks), strings.TrimLeft(b, marks))
	})
	return all
}

// Enabled returns the capabilities that the client with a nick has, sorted.
func (s *Server) Enabled(nick string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	if u := s.users[s.fold(nick)]; u != nil {
		for name, on := range u.caps {
			if on {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Marker returns up to where the user with a nick has read a target; zero is
// nowhere.
func (s *Server) Marker(nick, target string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.markers[s.ownerOf(nick)][s.fold(target)]
}
