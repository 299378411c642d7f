package worldtest

import (
	"testing"

	"wherry/cmd/internal/world"
)

// Sailor is a scripted IRC user whose failures fail its test.
type Sailor struct {
	*world.IRCUser
	tb testing.TB
}

// IRC logs a scripted user in to an IRC server; it is closed with the test.
func IRC(tb testing.TB, irc *world.IRC, nick string) *Sailor {
	tb.Helper()
	u, err := irc.User(nick)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { u.Close() })
	return &Sailor{u, tb}
}

func (s *Sailor) must(err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Fatal(err)
	}
}

// Send is IRCUser.Send.
func (s *Sailor) Send(lines ...string) { s.tb.Helper(); s.must(s.IRCUser.Send(lines...)) }

// Sync is IRCUser.Sync.
func (s *Sailor) Sync() { s.tb.Helper(); s.must(s.IRCUser.Sync()) }

// Join is IRCUser.Join.
func (s *Sailor) Join(channel string, key ...string) {
	s.tb.Helper()
	s.must(s.IRCUser.Join(channel, key...))
}

// Say is IRCUser.Say.
func (s *Sailor) Say(target, text string) { s.tb.Helper(); s.must(s.IRCUser.Say(target, text)) }

// Hear is IRCUser.Hear.
func (s *Sailor) Hear(nick, target, text string) world.Line {
	s.tb.Helper()
	line, err := s.IRCUser.Hear(nick, target, text)
	s.must(err)
	return line
}

// SeeJoin is IRCUser.SeeJoin.
func (s *Sailor) SeeJoin(nick, channel string) {
	s.tb.Helper()
	s.must(s.IRCUser.SeeJoin(nick, channel))
}

// SeeGone is IRCUser.SeeGone.
func (s *Sailor) SeeGone(nick, channel string) {
	s.tb.Helper()
	s.must(s.IRCUser.SeeGone(nick, channel))
}

// Expect is IRCUser.Expect.
func (s *Sailor) Expect(want string, match func(world.Line) bool) world.Line {
	s.tb.Helper()
	line, err := s.IRCUser.Expect(want, match)
	s.must(err)
	return line
}

// Mode sets modes of a channel and returns when the server did so.
func (s *Sailor) Mode(channel, modes string) {
	s.tb.Helper()
	s.Send("MODE " + channel + " " + modes)
	s.Sync()
}
