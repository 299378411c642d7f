package ircv3test

import (
	"slices"
	"strings"
	"time"
)

// channel is a channel with somebody in it, or one that a test made.
type channel struct {
	name    string
	created time.Time
	topic   string
	topicBy string
	topicAt time.Time
	modes   string // those without a parameter, sorted
	key     string
	limit   int
	lists   map[byte][]listed // b, e and I
	invited map[*client]bool
	members []*member // in the order of their coming
	history history
	kept    bool // even when empty
}

// member is somebody in a channel.
type member struct {
	client *client
	ranks  string // of "qaohv", highest first
}

// listed is one mask of a list.
type listed struct {
	mask, by string
	at       time.Time
}

// membership is where a client was before a netsplit.
type membership struct{ channel, ranks string }

// channel returns a channel, or nil.
func (s *Server) channel(name string) *channel { return s.channels[s.fold(name)] }

// makeChannel returns a channel, a new one if there is none.
func (s *Server) makeChannel(name string) *channel {
	key := s.fold(name)
	if s.channels[key] == nil {
		s.channels[key] = &channel{
			name: name, created: s.now(), modes: "nt",
			lists: make(map[byte][]listed), invited: make(map[*client]bool),
		}
	}
	return s.channels[key]
}

// isChannel tells whether a name is one of a channel.
func isChannel(name string) bool { return name != "" && strings.IndexByte("#&", name[0]) >= 0 }

// validChannel tells whether a channel may be called so.
func (s *Server) validChannel(name string) bool {
	return isChannel(name) && len(name) <= s.cfg.ChannelLen && !strings.ContainsAny(name, " ,\x07:")
}

// of returns a client's membership, or nil.
func (ch *channel) of(c *client) *member {
	for _, m := range ch.members {
		if m.client == c {
			return m
		}
	}
	return nil
}

// has tells whether a mode without a parameter is set.
func (ch *channel) has(mode byte) bool { return strings.IndexByte(ch.modes, mode) >= 0 }

// is tells whether a client has one of some ranks, or a higher one.
func (ch *channel) is(c *client, least byte) bool {
	m := ch.of(c)
	return m != nil && m.ranks != "" && strings.IndexByte(ranks, m.ranks[0]) <= strings.IndexByte(ranks, least)
}

// marks returns a member's marks: all of them, or the highest.
func (m *member) marks(all bool) string {
	var b strings.Builder
	for i := range len(m.ranks) {
		b.WriteByte(marks[strings.IndexByte(ranks, m.ranks[i])])
		if !all {
			break
		}
	}
	return b.String()
}

// tell sends a message to all in a channel but one, and keeps it.
func (ch *channel) tell(m *message, but *client, most int) {
	ch.history.add(m, most)
	for _, to := range ch.members {
		if to.client != but {
			to.client.send(m)
		}
	}
}

// enter puts a client into a channel.
func (c *client) enter(ch *channel, ranks string) {
	ch.members = append(ch.members, &member{c, ranks})
	c.channels = append(c.channels, ch)
	delete(ch.invited, c)
}

// leave takes a client out of a channel, which ends with its last member.
func (c *client) leave(ch *channel) {
	ch.members = slices.DeleteFunc(ch.members, func(m *member) bool { return m.client == c })
	c.channels = slices.DeleteFunc(c.channels, func(other *channel) bool { return other == ch })
	if len(ch.members) == 0 && !ch.kept {
		delete(c.server.channels, c.server.fold(ch.name))
	}
}

// in returns a channel the client is in; else it is told.
func (c *client) in(name string) *channel {
	ch := c.server.channel(name)
	if ch == nil {
		c.reply("403", name, "No such channel")
		return nil
	}
	if ch.of(c) == nil {
		c.reply("442", ch.name, "You're not on that channel")
		return nil
	}
	return ch
}

// rules returns a channel where the client is at least half-operator; else it
// is told.
func (c *client) rules(name string) *channel {
	ch := c.in(name)
	if ch != nil && !ch.is(c, 'h') {
		c.reply("482", ch.name, "You're not channel operator")
		return nil
	}
	return ch
}

// sees tells whether a client may know of a channel.
func (c *client) sees(ch *channel) bool {
	return !ch.has('s') && !ch.has('p') || ch.of(c) != nil
}
