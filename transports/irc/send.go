package irc

import (
	"context"
	"slices"
	"strings"
	"sync"

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
	if strings.Contains(m.Text, "\n") && !c.takesLines(&m) { // it did when that was cut
		parts = nil
		for _, p := range s.speechIn(m.Chat.Name).pieces(&m, s.limit(&m), false) {
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

// SendMany sends messages of one line each in one write, as many as the pace
// allows now.
func (s *Session) SendMany(ctx context.Context, ms []transports.Message) (int, []transports.Sent, error) {
	c, err := s.live()
	if err != nil {
		return 0, nil, nil
	}
	b := takeLines()
	defer giveLines(b)
	sent := make([]transports.Sent, 0, len(ms))
	ids := make([]string, 0, len(ms))
	c.mu.Lock()
	for i := range ms {
		if ms[i].Chat.Kind != transports.Room && ms[i].Chat.Kind != transports.Contact || ms[i].To != "" || strings.Contains(ms[i].Text, "\n") || len(b.lines) > maxTogether {
			break
		}
		target, err := c.target(ms[i].Chat)
		if err != nil || !c.pace.now() {
			break
		}
		out := c.compose(b.lines, &ms[i], target)
		if out.err != nil {
			break
		}
		b.lines = out.lines
		c.remember(&ms[i], target, out)
		ids = append(ids, out.id)
		sent = append(sent, transports.Sent{IDs: ids[i : i+1 : i+1], Echoes: out.echoes})
	}
	c.mu.Unlock()
	if len(sent) == 0 {
		return 0, nil, nil
	}
	if err := c.out.send(ctx, b.lines); err != nil {
		for _, id := range ids {
			c.unsaid(id)
		}
		return len(sent), nil, err
	}
	return len(sent), sent, nil
}

// maxTogether is about how many bytes go out in one write.
const maxTogether = 16 << 10

// lineBuffer is where lines are written before they go out.
type lineBuffer struct{ lines []byte }

var lineBuffers = sync.Pool{New: func() any { return &lineBuffer{make([]byte, 0, 2*maxLine)} }}

func takeLines() *lineBuffer { return lineBuffers.Get().(*lineBuffer) }

func giveLines(b *lineBuffer) {
	if cap(b.lines) <= 2*maxTogether {
		b.lines = b.lines[:0]
		lineBuffers.Put(b)
	}
}

// say sends one message now: a line, or several where the network takes these as
// one.
func (c *conn) say(ctx context.Context, m transports.Message) (transports.Sent, error) {
	b := takeLines()
	defer giveLines(b)
	c.mu.Lock()
	target, err := c.target(m.Chat)
	if err == nil && m.To != "" && (len(m.To) != 1 || !strings.Contains(c.net.statusmsg, m.To)) {
		err = &transports.Error{Kind: transports.Unsupported, Text: transports.T("Nothing can be said on this network to %s of a channel only.", m.To)}
	}
	var out outgoing
	if err == nil {
		if out = c.compose(b.lines, &m, target); out.err == nil {
			b.lines = out.lines
			c.remember(&m, target, out)
		}
	}
	c.mu.Unlock()
	if err != nil {
		return transports.Sent{}, err
	}
	if out.err != nil {
		return transports.Sent{}, &transports.Error{Kind: transports.TooLong, Text: transports.T("That is too long for one line of IRC."), Err: out.err}
	}
	if err := c.out.send(ctx, b.lines); err != nil {
		c.unsaid(out.id)
		return transports.Sent{}, err
	}
	// Services are part of some servers, which then show nothing of it.
	return transports.Sent{IDs: []string{out.id}, Echoes: out.echoes && !isService(target)}, nil
}

// remember keeps what goes out, to know what later answers are about. It is called
// with mu held.
func (c *conn) remember(m *transports.Message, target string, out outgoing) {
	c.recent.add(spoken{m.Chat, out.id})
	if out.echoes {
		c.echoes.add(echo{spoken{m.Chat, out.id}, c.fold(m.To + target), out.body})
	}
	c.services = c.services || m.Chat.Kind == transports.Contact && isService(target)
}

// outgoing is a message as it goes out.
type outgoing struct {
	id     string
	body   string // as the network would show it
	echoes bool
	lines  []byte // with those before
	err    error
}

// compose appends a message to lines. It is called with mu held.
func (c *conn) compose(lines []byte, m *transports.Message, target string) outgoing {
	out := outgoing{id: c.mint(), echoes: c.caps&capEcho != 0}
	verb := "PRIVMSG"
	if m.Style == transports.Notice {
		verb = "NOTICE"
	}
	tags, sp := c.messageTags(out.id, m), c.s.speechIn(target)
	if m.Style != transports.Act && c.takesLinesLocked(m) {
		if ps := sp.pieces(m, c.s.limit(m), true); len(ps) > 1 {
			out.body, out.lines, out.err = c.composeLines(lines, sp, ps, tags, verb, target)
			return out
		}
	}
	out.body = sp.sayable(piece{text: m.Text, markup: m.Markup}.codes())
	text := out.body
	if m.Style == transports.Act {
		text = "\x01ACTION " + text + "\x01"
	}
	out.lines, out.err = sp.appendTagged(lines, tags, verb, m.To+target, text)
	return out
}

// composeLines appends a message of several lines as one,
// https://ircv3.net/specs/extensions/multiline.
func (c *conn) composeLines(lines []byte, sp speech, ps []piece, tags []tag, verb, target string) (string, []byte, error) {
	ref := c.mint()
	var body strings.Builder
	lines, err := appendTagged(lines, tags, "BATCH", "+"+ref, "draft/multiline", target)
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
func (c *conn) takesLines(m *transports.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.takesLinesLocked(m)
}

func (c *conn) takesLinesLocked(m *transports.Message) bool {
	return m.Style != transports.Act && m.To == "" && c.has(capsMultiline) && c.net.multiline.bytes > 0
}

// messageTags returns the tags of a message of ours.
func (c *conn) messageTags(id string, m *transports.Message) (tags []tag) {
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
		if s, ok = c.take(c.fold(l.param(1))); !ok {
			s, ok = c.take(c.fold(strings.TrimLeft(l.param(1), c.net.statusmsg)))
		}
	}
	if ok {
		c.echoes.take(func(e echo) bool { return e.id == s.id })
		c.event(transports.Status{Chat: s.chat, ID: s.id, State: transports.Failed, Err: refusal(l, l.param(1))})
	}
}
