package irc

import (
	"strings"
	"time"
	"unique"

	"wherry/transports"
)

// spoken handles PRIVMSG.
func (c *conn) spoken(l *line) { c.received(l, transports.Say) }

// noticed handles NOTICE.
func (c *conn) noticed(l *line) { c.received(l, transports.Notice) }

// received makes a message of a line, where it is one that a person wants to see.
func (c *conn) received(l *line, style transports.Style) {
	body, how, ok := said(l.param(1), style)
	if !ok {
		c.ctcp(l, strings.Trim(l.param(1), "\x01"), style)
		return
	}
	style = how
	nick, _ := splitSource(l.source)
	if c.isMe(nick) && (c.echoed(l, body, style) || c.claimed(l, body)) || style == transports.Notice && c.nickServSays(l, body) {
		return
	}
	m := transports.Message{
		ID: l.msgID(), Nick: nick, Style: style, Own: c.isMe(nick), Bot: l.has(tagBot), ReplyTo: l.replyTo(),
		Apart: c.partial(l.param(0)),
	}
	if m.Apart {
		m.To = strings.Clone(c.standing(l.param(0)))
	}
	if m.Chat, ok = c.chat(l, nick, style, &body); !ok {
		return
	}
	if m.Text, m.Markup = fromLines(body); m.Text == "" {
		return
	}
	if m.Own && m.Chat.Kind == transports.Contact && !c.elsewhere(l, m.ID) {
		return
	}
	c.learn(l)
	m.Key = c.keyOf(l)
	m.Time, m.Delayed = c.stamp(l)
	m.Delayed = m.Delayed || l.past()
	c.inChat(m.Chat, transports.Received{Message: m}, l.past())
}

// elsewhere tells whether what we said to somebody is worth handing on: in the past
// it must be possible to tell whether it was said from here, and what services were
// told may be a password.
func (c *conn) elsewhere(l *line, id string) bool {
	if isService(l.param(0)) {
		return false
	}
	return !l.past() || id != "" && c.caps&capEcho != 0
}

// said returns what a text of PRIVMSG or NOTICE says, and how; nothing where
// that is between programs.
func said(body string, style transports.Style) (string, transports.Style, bool) {
	ctcp, ok := strings.CutPrefix(body, "\x01")
	if !ok {
		return body, style, true
	}
	action, isAction := strings.CutPrefix(strings.TrimSuffix(ctcp, "\x01"), "ACTION ")
	return action, transports.Act, isAction && style != transports.Notice
}

// learn takes in what a line that somebody said tells of them.
func (c *conn) learn(l *line) {
	nick, mask := splitSource(l.source)
	u := c.userOf(nick)
	if u == nil || l.past() {
		return
	}
	was := *u
	u.at(mask)
	if name := l.tag(tagAccount); c.has(capAccountTag) && name != u.account.Value() {
		u.account = unique.Make(name)
	}
	u.bot = u.bot || l.has(tagBot)
	if *u != was {
		c.tellOf(u)
	}
}

// keyOf returns who a line's source is, as Occupant.Key says.
func (c *conn) keyOf(l *line) string {
	if name := l.tag(tagAccount); name != "" {
		return name
	}
	nick, mask := splitSource(l.source)
	if u := c.userOf(nick); u != nil && (u.mask == mask || mask == "") && !(l.past() && c.has(capAccountTag)) {
		return u.who()
	}
	return mask
}

// partial tells whether a target is a part of a channel: those of a standing.
func (c *conn) partial(target string) bool {
	return target != "" && strings.IndexByte(c.net.statusmsg, target[0]) >= 0 && c.channelOf(target) == nil
}

// standing returns whom of a channel a target means that is a part of it.
func (c *conn) standing(target string) string {
	return target[:len(target)-len(strings.TrimLeft(target, c.net.statusmsg))]
}

// Circle tells whether something can be said to those of a standing, who are
// written by one mark: STATUSMSG of ISUPPORT.
func (s *Session) Circle(to string) bool {
	c, err := s.live()
	if err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(to) == 1 && strings.Contains(c.net.statusmsg, to)
}

// chat returns where a line belongs, and whether anybody wants to see it there.
func (c *conn) chat(l *line, nick string, style transports.Style, body *string) (transports.Address, bool) {
	target := l.param(0)
	if ch := c.channelOf(strings.TrimLeft(target, c.net.statusmsg)); ch != nil {
		return ch.address, !ch.leaving
	}
	switch {
	case c.net.isChannel(strings.TrimLeft(target, c.net.statusmsg)):
		return none, false
	case isServer(l.source): // greetings, and reports of the server's work
		c.s.t.log.Debug("notice of a server", "network", c.s.who.host, "text", *body)
		return none, false
	case c.isMe(nick) && !c.isMe(target): // said by us from elsewhere, as bouncers show it
		return c.contact(target), validNick(target)
	case !c.isMe(target):
		return none, false
	case isService(l.source):
		return c.service(nick, style, body)
	}
	return c.contact(nick), true
}

// service returns where a line of the network's services belongs: one about a
// channel, "[#channel] text", to that channel; else to the network itself.
// Before the user wrote to services they greet, and nobody has to read that,
// unless it is that the nick needs a password which we do not have.
func (c *conn) service(nick string, style transports.Style, body *string) (transports.Address, bool) {
	if name, rest, ok := strings.Cut(strings.TrimPrefix(*body, "["), "] "); ok && strings.HasPrefix(*body, "[") {
		if ch := c.channelOf(name); ch != nil {
			*body = rest
			return ch.address, true
		}
	}
	asked := c.services || style == transports.Say
	greeting := lower(nick) == "nickserv" && !c.s.who.wantsSASL() && c.s.who.notices != noticesNone
	if c.s.who.nickserv != "" {
		greeting = greeting && refuses(*body)
	}
	return c.network(), asked || greeting || c.s.who.notices == noticesAll
}

// playback is how much older than its arrival a message is that a bouncer kept.
const playback = 30 * time.Second

// stamp returns when a line was said, and whether that was a while ago: by the
// network's clock, which may be another than ours.
func (c *conn) stamp(l *line) (time.Time, bool) {
	at := serverTime(l)
	if at.IsZero() {
		return time.Time{}, false
	}
	lag := c.heard.Sub(at)
	c.skew = min(c.skew, max(lag, 0)) // no line comes before it was said
	return at, lag-c.skew > playback
}

// setClock takes the time of a line that the server says just now.
func (c *conn) setClock(l *line) {
	if at := serverTime(l); !at.IsZero() {
		c.skew = c.heard.Sub(at)
	}
}

// text returns the plain text of a topic or a reason.
func text(raw string) string {
	plain, _ := fromCodes(raw)
	return strings.Clone(plain)
}
