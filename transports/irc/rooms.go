package irc

import (
	"context"
	"strings"

	"wherry/transports"
)

// Leave leaves a channel, or gives up joining it.
func (s *Session) Leave(ctx context.Context, room transports.Address, reason string) error {
	c, err := s.live()
	if err != nil {
		return err
	}
	r := &request{verb: "PART"}
	return c.ask(ctx, r, func() ([]byte, error) {
		r.room = c.fold(room.Name)
		ch := c.channels.find(r.room)
		joining := c.find("JOIN", r.room)
		if ch == nil && joining == nil {
			return nil, nil
		}
		if ch != nil {
			ch.leaving = true
		}
		if joining != nil {
			c.completeAll("JOIN", r.room, &transports.Error{Kind: transports.Absent, Text: transports.T("You left %s.", room.Name)})
		}
		sp := c.s.speechIn(room.Name)
		lines, err := sp.appendLine(nil, "PART", sp.withReason(reason, c.textLimit("PART", room.Name), room.Name)...)
		if err != nil {
			return nil, err
		}
		return c.fenced(r, lines)
	})
}

// Rename changes our nick, which is one on the whole network.
func (s *Session) Rename(ctx context.Context, _ transports.Address, nick string) error {
	c, err := s.live()
	if err != nil {
		return err
	}
	if !validNick(nick) {
		return malformed(transports.T("%s cannot be a nick on IRC.", nick))
	}
	r := &request{verb: "NICK", silent: errNotDone}
	return c.ask(ctx, r, func() ([]byte, error) {
		if c.nick == nick {
			return nil, nil
		}
		c.unclaim()
		c.wanted = "" // this is
		r.nick = c.fold(nick)
		before := c.nick
		r.settled = func() bool { // it may be cut to what the network allows
			return c.nick == nick || c.nick != before && strings.HasPrefix(c.fold(nick), c.fold(c.nick))
		}
		lines, err := appendLine(nil, "NICK", nick)
		if err != nil {
			return nil, err
		}
		return c.fenced(r, lines)
	})
}

// SetSubject changes a channel's topic.
func (s *Session) SetSubject(ctx context.Context, room transports.Address, subject string) error {
	return s.inChannel(ctx, room, "TOPIC", func(c *conn, ch *channel, r *request) ([]byte, error) {
		before := ch.topics
		r.settled = func() bool { return ch.topics != before }
		topic, sp := singleLine(subject), c.s.speechIn(ch.name)
		if n := sp.size(topic); n > c.textLimit("TOPIC", ch.name) || c.net.topicLen > 0 && n > c.net.topicLen {
			return nil, &transports.Error{Kind: transports.TooLong, Text: transports.T("That subject is too long for this network.")}
		}
		lines, err := sp.appendLine(nil, "TOPIC", ch.name, topic)
		if err != nil {
			return nil, err
		}
		return c.fenced(r, lines)
	})
}

// Invite asks somebody into a channel. IRC carries no reason.
func (s *Session) Invite(ctx context.Context, room transports.Address, nick, _ string) error {
	if !validNick(nick) {
		return malformed(transports.T("%s cannot be a nick on IRC.", nick))
	}
	return s.inChannel(ctx, room, "INVITE", func(c *conn, ch *channel, r *request) ([]byte, error) {
		r.nick = c.fold(nick)
		lines, err := appendLine(nil, "INVITE", nick, ch.name)
		if err != nil {
			return nil, err
		}
		return c.fenced(r, lines)
	})
}

// Outcasts lists a channel's bans.
func (s *Session) Outcasts(ctx context.Context, room transports.Address) ([]transports.Outcast, error) {
	var list *request
	err := s.inChannel(ctx, room, "MODE", func(_ *conn, ch *channel, r *request) ([]byte, error) {
		list = r
		return appendLine(nil, "MODE", ch.name, "b")
	})
	if err != nil {
		return nil, err
	}
	return list.bans, nil
}

// inChannel asks something about a channel that we must be in.
func (s *Session) inChannel(ctx context.Context, room transports.Address, verb string,
	compose func(*conn, *channel, *request) ([]byte, error),
) error {
	c, err := s.live()
	if err != nil {
		return err
	}
	r := &request{verb: verb}
	return c.ask(ctx, r, func() ([]byte, error) {
		r.room = c.fold(room.Name)
		ch := c.channels.find(r.room)
		if ch == nil || ch.leaving {
			return nil, absent(room)
		}
		return compose(c, ch, r)
	})
}

func absent(room transports.Address) *transports.Error {
	return &transports.Error{Kind: transports.Absent, Text: transports.T("You are not in %s.", room.Name)}
}
