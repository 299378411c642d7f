package irc

import (
	"context"
	"slices"
	"strings"
	"time"

	"wherry/transports"
)

// errCannot is the answer where the network has no such thing.
var errCannot = &transports.Error{Kind: transports.Unsupported, Text: transports.T("This network cannot do that.")}

// able returns the connection, if that can do what is asked.
func (s *Session) able(ability transports.Ability) (*conn, error) {
	c, err := s.live()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.able&ability == 0 {
		return nil, errCannot
	}
	return c, nil
}

// React adds a sign to a message or takes it back: the react specification.
func (s *Session) React(ctx context.Context, r transports.Reaction) error {
	c, err := s.able(transports.CanReact)
	if err != nil {
		return err
	}
	sign := strings.TrimSpace(singleLine(r.Sign))
	if sign == "" || len(sign) > maxSign {
		return malformed(transports.T("The network takes no such reaction."))
	}
	name := tagReact
	if r.Removed {
		name = tagUnreact
	}
	if err := c.pace.wait(ctx, false); err != nil {
		return paceError(err)
	}
	asked := &request{verb: "TAGMSG", done: make(chan error, 1)}
	if err := c.tagMessage(ctx, asked, r.Chat, tag{tagReply, r.To}, tag{name, sign}); err != nil || asked.label == "" {
		return err
	}
	defer c.forget(asked)
	return asked.wait(ctx)
}

// maxSign is how long a reaction may be, in bytes: an emoji of many parts, or a
// word.
const maxSign = 128

// Type says whether the user writes: the typing specification. A line that
// would have to wait is left out.
func (s *Session) Type(ctx context.Context, chat transports.Address, state transports.Typing) error {
	c, err := s.able(transports.CanType)
	if err != nil || !c.types(chat, state) || !c.pace.spare() {
		return err
	}
	words := [...]string{transports.NotTyping: "done", transports.Active: "active", transports.Paused: "paused"}
	return c.tagMessage(ctx, nil, chat, tag{tagTyping, words[state]})
}

// typed is what was said last of the user's writing in a chat.
type typed struct {
	chat  transports.Address
	state transports.Typing
	at    time.Time
}

const (
	typingPace = 3 * time.Second // between two lines that say the same of a chat
	maxTyped   = 8               // chats that this is known of
)

// types notes that the user writes or not, and tells whether that is news.
func (c *conn) types(chat transports.Address, state transports.Typing) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	i := slices.IndexFunc(c.typed, func(t typed) bool { return t.chat == chat })
	if i >= 0 {
		if last := c.typed[i]; last.state == state && now.Sub(last.at) < typingPace {
			return false
		}
		c.typed = slices.Delete(c.typed, i, i+1)
	}
	if len(c.typed) == maxTyped {
		c.typed = slices.Delete(c.typed, 0, 1)
	}
	c.typed = append(c.typed, typed{chat, state, now})
	return true
}

// tagMessage sends a line that has nothing but tags. With a request, that has the
// label by which the answer is known, where there are labels.
func (c *conn) tagMessage(ctx context.Context, r *request, chat transports.Address, tags ...tag) error {
	c.mu.Lock()
	target, err := c.target(chat)
	if c.caps&capLabels != 0 { // by which its echo is known
		label := c.mint()
		tags = append(tags, tag{tagLabel, label})
		if r != nil && err == nil && c.has(capsLabels) {
			r.label = label
			c.requests = append(c.requests, r)
		}
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	lines, err := appendTagged(nil, tags, "TAGMSG", target)
	if err != nil {
		err = &transports.Error{Kind: transports.TooLong, Err: err}
	} else {
		err = c.out.send(ctx, lines)
	}
	if err != nil && r != nil {
		c.forget(r)
	}
	return err
}

// Redact takes a message back: the message-redaction specification.
func (s *Session) Redact(ctx context.Context, chat transports.Address, id, reason string) error {
	c, err := s.able(transports.CanRedact)
	if err != nil {
		return err
	}
	r := &request{verb: "REDACT", nick: id, silent: errNotDone}
	return c.ask(ctx, r, func() ([]byte, error) {
		target, err := c.target(chat)
		if err != nil {
			return nil, err
		}
		r.room = c.fold(target)
		if c.caps&capEcho == 0 {
			r.silent = nil // it does not come back to us
		}
		lines, err := c.s.speech().appendLine(nil, "REDACT", c.s.speech().withReason(reason, c.textLimit("REDACT", target+" "+id), target, id)...)
		if err != nil {
			return nil, &transports.Error{Kind: transports.NotFound, Err: err}
		}
		return c.fenced(r, lines)
	})
}

// Read says how far a chat was read: the read-marker specification.
func (s *Session) Read(ctx context.Context, chat transports.Address, upTo time.Time) error {
	c, err := s.able(transports.CanRead)
	if err != nil || !c.pace.spare() {
		return err
	}
	c.mu.Lock()
	target, err := c.target(chat)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	lines, err := appendLine(nil, "MARKREAD", target, "timestamp="+upTo.UTC().Format(timeLayout))
	if err != nil {
		return err
	}
	return c.out.send(ctx, lines)
}

// timeLayout is how IRC writes times, to the millisecond: server-time.
const timeLayout = "2006-01-02T15:04:05.000Z"

// SetAway says that the user is away, on this connection and the next ones.
func (s *Session) SetAway(ctx context.Context, words string) error {
	words = singleLine(words)
	s.mu.Lock()
	changed := s.away != words || s.untold
	s.away, s.untold = words, false
	c := s.conn
	s.mu.Unlock()
	if !changed || c == nil {
		return nil
	}
	err := c.pace.wait(ctx, false)
	if err != nil {
		err = paceError(err)
	}
	if s.words() != words {
		return nil // by now it is another
	}
	var lines []byte
	if err == nil {
		c.mu.Lock()
		lines, err = c.awayLine(words)
		c.mu.Unlock()
	}
	if err == nil {
		err = c.out.send(ctx, lines)
	}
	if err != nil {
		s.mu.Lock()
		s.untold = true
		s.mu.Unlock()
	}
	return err
}

// awayRefused handles the refusal of who went away too often of late. Some time
// later the server is told how it is then.
func (c *conn) awayRefused(*line) {
	if c.again == nil {
		c.again = time.AfterFunc(c.s.t.times.away, c.retellAway)
	}
}

func (c *conn) retellAway() {
	c.mu.Lock()
	c.again = nil
	line, err := c.awayLine(c.s.words())
	c.mu.Unlock()
	if err == nil {
		_ = c.out.post(line) // a connection that is gone needs none
	}
}

// awayLine is called with mu held.
func (c *conn) awayLine(words string) ([]byte, error) {
	sp := c.s.speech()
	return sp.appendLine(nil, "AWAY", sp.withReason(words, c.textLimit("AWAY", ""))...)
}

// words returns why the user is away, or nothing.
func (s *Session) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.away
}

// tagged handles TAGMSG: a message that is nothing but its tags.
func (c *conn) tagged(l *line) {
	nick, _ := splitSource(l.source)
	chat, ok := c.talkIn(l, nick)
	if !ok || nick == "" {
		return
	}
	me := c.isMe(nick)
	if r := c.byLabel(l); r != nil && me {
		c.complete(r, nil)
	}
	if !l.past() && me && c.caps&capEcho != 0 && (c.caps&capLabels == 0 || c.label(l) != "") {
		return // our own line again
	}
	at, delayed := c.stamp(l)
	for name, removed := range map[string]bool{tagReact: false, tagUnreact: true} {
		if sign := strings.TrimSpace(singleLine(l.tag(name))); sign != "" && len(sign) <= maxSign && l.replyTo() != "" {
			c.inChat(chat, transports.Reacted{
				Chat: chat, To: strings.Clone(l.replyTo()), Nick: strings.Clone(nick), Key: strings.Clone(c.keyOf(l)), Own: me,
				Sign: strings.Clone(sign), Removed: removed, ID: strings.Clone(l.msgID()), Time: at, Delayed: delayed || l.past(),
			}, l.past())
		}
	}
	if state, ok := typings[l.tag(tagTyping)]; ok && !me && !l.past() {
		c.event(transports.Typed{Chat: chat, Nick: strings.Clone(nick), State: state})
	}
}

var typings = map[string]transports.Typing{"active": transports.Active, "paused": transports.Paused, "done": transports.NotTyping}

// talkIn returns where a line of somebody's belongs: a channel that we are in,
// or who wrote it to us.
func (c *conn) talkIn(l *line, nick string) (transports.Address, bool) {
	if c.partial(l.param(0)) {
		return none, false
	}
	if ch := c.channelOf(l.param(0)); ch != nil {
		return ch.address, !ch.quiet()
	}
	switch {
	case isServer(l.source), !validNick(nick):
		return none, false
	case c.isMe(nick) && !c.isMe(l.param(0)):
		return c.contact(l.param(0)), validNick(l.param(0))
	}
	return c.contact(nick), c.isMe(l.param(0))
}

// redacted handles REDACT: a message was taken back.
func (c *conn) redacted(l *line) {
	nick, _ := splitSource(l.source)
	id := l.param(1)
	for _, r := range c.requests {
		if !l.past() && r.verb == "REDACT" && r.nick == id && c.isMe(nick) {
			c.complete(r, nil)
			return
		}
	}
	if chat, ok := c.talkIn(l, nick); ok && id != "" {
		c.inChat(chat, transports.Redacted{Chat: chat, ID: strings.Clone(id), By: strings.Clone(nick), Reason: text(l.param(2))}, l.past())
	}
}

// markedRead handles MARKREAD. "*" is that nothing was read yet.
func (c *conn) markedRead(l *line) {
	at, ok := strings.CutPrefix(l.param(1), "timestamp=")
	if !ok {
		return
	}
	upTo, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return
	}
	if ch := c.channelOf(l.param(0)); ch != nil {
		c.inChat(ch.address, transports.ReadUpTo{Chat: ch.address, Time: upTo}, false)
	} else if validNick(l.param(0)) {
		c.event(transports.ReadUpTo{Chat: c.contact(l.param(0)), Time: upTo})
	}
}
