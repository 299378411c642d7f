package irc

import (
	"context"
	"slices"
	"strconv"

	"wherry/transports"
)

// Send says something in a channel or to somebody. Each message is one line.
func (s *Session) Send(ctx context.Context, m transports.Message) (transports.Sent, error) {
	c, err := s.live()
	if err != nil {
		return transports.Sent{}, err
	}
	switch m.Chat.Kind {
	case transports.Room, transports.Contact:
	case transports.Network:
		return s.sendRaw(ctx, c, m.Text)
	default:
		return transports.Sent{}, &transports.Error{Kind: transports.Unsupported}
	}
	if err := c.pace.wait(ctx, false); err != nil {
		return transports.Sent{}, paceError(err)
	}
	return c.say(ctx, m)
}

// say sends one message now.
func (c *conn) say(ctx context.Context, m transports.Message) (transports.Sent, error) {
	body := m.Text
	if m.Markup {
		body = toCodes(body)
	} else {
		body = printable(body)
	}
	text := body
	if m.Style == transports.Act {
		text = "\x01ACTION " + text + "\x01"
	}
	verb := "PRIVMSG"
	if m.Style == transports.Notice {
		verb = "NOTICE"
	}
	c.mu.Lock()
	target, err := c.target(m.Chat)
	var id string
	var tags []tag
	echoes := c.caps&capEcho != 0
	if err == nil {
		c.minted++
		id = strconv.FormatUint(c.minted, 10)
		c.recent.add(spoken{m.Chat, id})
		if echoes {
			c.echoes.add(echo{spoken{m.Chat, id}, c.fold(target), body})
		}
		tags = c.messageTags(id, m)
		c.services = c.services || m.Chat.Kind == transports.Contact && isService(target)
	}
	c.mu.Unlock()
	if err != nil {
		return transports.Sent{}, err
	}
	var line [maxLine]byte
	lines, err := appendTagged(line[:0], tags, verb, target, text)
	if err != nil {
		c.unsaid(id)
		return transports.Sent{}, &transports.Error{Kind: transports.TooLong, Text: transports.T("That is too long for one line of IRC."), Err: err}
	}
	if err := c.out.send(ctx, lines); err != nil {
		c.unsaid(id)
		return transports.Sent{}, err
	}
	return transports.Sent{IDs: []string{id}, Echoes: echoes}, nil
}

// messageTags returns the tags of a message of ours.
func (c *conn) messageTags(id string, m transports.Message) (tags []tag) {
	if c.caps&capLabels != 0 {
		tags = append(tags, tag{tagLabel, id})
	}
	if m.ReplyTo != "" && c.caps&capMessageTags != 0 && c.net.allows(tagReply) {
		tags = append(tags, tag{tagReply, m.ReplyTo})
	}
	return tags
}

// unsaid forgets a message that did not go out.
func (c *conn) unsaid(id string) {
	c.mu.Lock()
	c.echoes.take(func(e echo) bool { return e.id == id })
	c.mu.Unlock()
}

// target returns what the network calls an address.
func (c *conn) target(chat transports.Address) (string, error) {
	if chat.Kind == transports.Room {
		ch := c.channelOf(chat.Name)
		if ch == nil || ch.leaving {
			return "", absent(chat)
		}
		return ch.name, nil
	}
	if u := c.userOf(chat.Name); u != nil {
		return u.nick.Value(), nil
	}
	if !validNick(chat.Name) { // several, or none
		return "", malformed(transports.T("%s cannot be a nick on IRC.", chat.Name))
	}
	return chat.Name, nil
}

// recent is the last messages, the newest last, to know which of them a
// refusal means.
type recent []spoken

type spoken struct {
	chat transports.Address
	id   string
}

// maxRecent is how many messages are remembered.
const maxRecent = 8

func (r *recent) add(s spoken) {
	if len(*r) == maxRecent {
		*r = slices.Delete(*r, 0, 1)
	}
	*r = append(*r, s)
}

// take returns the last message to a target, by its folded name, once.
func (c *conn) take(target string) (spoken, bool) {
	for i := len(c.recent) - 1; i >= 0; i-- {
		if s := c.recent[i]; c.fold(s.chat.Name) == target {
			c.recent = slices.Delete(c.recent, i, i+1)
			return s, true
		}
	}
	return spoken{}, false
}

// undelivered tells that the network refused a message.
func (c *conn) undelivered(l *line) {
	if len(l.params) < 3 {
		return
	}
	s, ok := c.labelled(l)
	if !ok {
		s, ok = c.take(c.fold(l.param(1)))
	}
	if ok {
		c.echoes.take(func(e echo) bool { return e.id == s.id })
		c.event(transports.Status{Chat: s.chat, ID: s.id, State: transports.Failed, Err: refusal(l, l.param(1))})
	}
}
