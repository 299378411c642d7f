package irc

import (
	"context"
	"slices"
	"strings"

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
	parts := []transports.Message{m}
	if strings.Contains(m.Text, "\n") && !c.takesLines(m) { // it did when that was cut
		parts = nil
		for _, p := range s.speechIn(m.Chat.Name).pieces(m, s.limit(m), false) {
			parts = append(parts, p.message(m))
		}
	}
	var all transports.Sent
	for i, part := range parts {
		err := c.pace.wait(ctx, false)
		if err != nil {
			err = paceError(err)
		}
		var sent transports.Sent
		if err == nil {
			sent, err = c.say(ctx, part)
		}
		if err != nil {
			if e := transports.AsError(err); i > 0 {
				again := *e
				again.Unsure = true // a part is out
				return transports.Sent{}, &again
			}
			return transports.Sent{}, err
		}
		all.IDs = append(all.IDs, sent.IDs...)
		all.Echoes = sent.Echoes
	}
	return all, nil
}

// say sends one message now: a line, or several where the network takes these as
// one.
func (c *conn) say(ctx context.Context, m transports.Message) (transports.Sent, error) {
	c.mu.Lock()
	target, err := c.target(m.Chat)
	var out outgoing
	if err == nil {
		out = c.compose(m, target)
		c.recent.add(spoken{m.Chat, out.id})
		if out.echoes {
			c.echoes.add(echo{spoken{m.Chat, out.id}, c.fold(target), out.body})
		}
		c.services = c.services || m.Chat.Kind == transports.Contact && isService(target)
	}
	c.mu.Unlock()
	if err != nil {
		return transports.Sent{}, err
	}
	if out.err != nil {
		c.unsaid(out.id)
		return transports.Sent{}, &transports.Error{Kind: transports.TooLong, Text: transports.T("That is too long for one line of IRC."), Err: out.err}
	}
	if err := c.out.send(ctx, out.lines); err != nil {
		c.unsaid(out.id)
		return transports.Sent{}, err
	}
	return transports.Sent{IDs: []string{out.id}, Echoes: out.echoes}, nil
}

// outgoing is a message as it goes out.
type outgoing struct {
	id     string
	body   string // as the network would show it
	echoes bool
	lines  []byte
	err    error
}

// compose writes a message. It is called with mu held.
func (c *conn) compose(m transports.Message, target string) outgoing {
	out := outgoing{id: c.mint(), echoes: c.caps&capEcho != 0}
	verb := "PRIVMSG"
	if m.Style == transports.Notice {
		verb = "NOTICE"
	}
	tags, sp := c.messageTags(out.id, m), c.s.speechIn(target)
	if m.Style != transports.Act && c.takesLinesLocked(m) {
		if ps := sp.pieces(m, c.s.limit(m), true); len(ps) > 1 {
			out.body, out.lines, out.err = c.composeLines(sp, ps, tags, verb, target)
			return out
		}
	}
	out.body = sp.sayable(piece{text: m.Text, markup: m.Markup}.codes())
	text := out.body
	if m.Style == transports.Act {
		text = "\x01ACTION " + text + "\x01"
	}
	out.lines, out.err = sp.appendTagged(make([]byte, 0, maxLine), tags, verb, target, text)
	return out
}

// composeLines writes a message of several lines as one,
// https://ircv3.net/specs/extensions/multiline.
func (c *conn) composeLines(sp speech, ps []piece, tags []tag, verb, target string) (string, []byte, error) {
	ref := c.mint()
	var body strings.Builder
	lines, err := appendTagged(nil, tags, "BATCH", "+"+ref, "draft/multiline", target)
	for i, p := range ps {
		tags := []tag{{tagBatch, ref}}
		if p.concat {
			tags = append(tags, tag{tagConcat, ""})
		} else if i > 0 {
			body.WriteByte('\n')
		}
		said := sp.sayable(p.codes())
		body.WriteString(said)
		if err == nil {
			lines, err = sp.appendTagged(lines, tags, verb, target, said)
		}
	}
	if err == nil {
		lines, err = appendLine(lines, "BATCH", "-"+ref)
	}
	return body.String(), lines, err
}

// takesLines tells whether the network takes a message of several lines as one.
func (c *conn) takesLines(m transports.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.takesLinesLocked(m)
}

func (c *conn) takesLinesLocked(m transports.Message) bool {
	return m.Style != transports.Act && c.has(capsMultiline) && c.net.multiline.bytes > 0
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
		return u.nick, nil
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
	s, ok := c.labelled(l)
	if !ok && len(l.params) >= 3 {
		s, ok = c.take(c.fold(l.param(1)))
	}
	if ok {
		c.echoes.take(func(e echo) bool { return e.id == s.id })
		c.event(transports.Status{Chat: s.chat, ID: s.id, State: transports.Failed, Err: refusal(l, l.param(1))})
	}
}
