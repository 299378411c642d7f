package irc

import (
	"context"
	"strconv"

	"wherry/transports"
)

// Send says something in a channel or to somebody. Each message is one line.
func (s *Session) Send(ctx context.Context, m transports.Message) (transports.Sent, error) {
	c, err := s.live()
	if err != nil {
		return transports.Sent{}, err
	}
	if m.Chat.Kind != transports.Room && m.Chat.Kind != transports.Contact {
		return transports.Sent{}, &transports.Error{
			Kind: transports.Unsupported,
			Text: transports.T("A network takes no messages. Write to somebody there, such as NickServ."),
		}
	}
	if err := c.pace.wait(ctx, false); err != nil {
		return transports.Sent{}, paceError(err)
	}
	return c.say(ctx, m)
}

// say sends one message now.
func (c *conn) say(ctx context.Context, m transports.Message) (transports.Sent, error) {
	text := m.Text
	if m.Markup {
		text = toCodes(text)
	} else {
		text = printable(text)
	}
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
	if err == nil {
		c.minted++
		id = strconv.FormatUint(c.minted, 10)
		c.recent.add(c.fold(target), m.Chat, id)
		c.services = c.services || m.Chat.Kind == transports.Contact && isService(target)
	}
	c.mu.Unlock()
	if err != nil {
		return transports.Sent{}, err
	}
	var line [maxLine]byte
	lines, err := appendLine(line[:0], verb, target, text)
	if err != nil {
		return transports.Sent{}, &transports.Error{Kind: transports.TooLong, Text: transports.T("That is too long for one line of IRC."), Err: err}
	}
	if err := c.out.send(ctx, lines); err != nil {
		return transports.Sent{}, err
	}
	return transports.Sent{IDs: []string{id}}, nil
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
	return chat.Name, nil
}

// recent remembers the last messages, to know which of them a refusal means.
type recent struct {
	ring [8]spoken
	next int
}

type spoken struct {
	target string // folded
	chat   transports.Address
	id     string
}

func (r *recent) add(target string, chat transports.Address, id string) {
	r.ring[r.next] = spoken{target, chat, id}
	r.next = (r.next + 1) % len(r.ring)
}

// take returns the last message to a target, once.
func (r *recent) take(target string) (spoken, bool) {
	for i := range r.ring {
		s := &r.ring[(r.next-1-i+2*len(r.ring))%len(r.ring)]
		if s.target == target && s.id != "" {
			found := *s
			*s = spoken{}
			return found, true
		}
	}
	return spoken{}, false
}

// undelivered tells that the network refused a message.
func (c *conn) undelivered(l *line) {
	if len(l.params) < 3 {
		return
	}
	if s, ok := c.recent.take(c.fold(l.param(1))); ok {
		c.event(transports.Status{Chat: s.chat, ID: s.id, State: transports.Failed, Err: refusal(l, l.param(1))})
	}
}
