package ircv3test

import "strings"

// maxChannels is how many channels a client is in; see CHANLIMIT.
const maxChannels = 100

// join handles JOIN; "0" leaves all.
func (c *client) join(l *line) {
	if l.param(0) == "0" {
		for len(c.channels) > 0 {
			c.partFrom(c.channels[0], "Left all channels")
		}
		return
	}
	keys := strings.Split(l.param(1), ",")
	for i, name := range strings.Split(l.param(0), ",") {
		key := ""
		if i < len(keys) {
			key = keys[i]
		}
		c.joinOne(name, key)
	}
}

// joinOne joins one channel, if nothing forbids it.
func (c *client) joinOne(name, key string) {
	s := c.server
	if !s.validChannel(name) {
		c.reply("403", name, "No such channel")
		return
	}
	if len(c.channels) >= maxChannels {
		c.reply("405", name, "You have joined too many channels")
		return
	}
	known := s.channel(name)
	if known != nil && known.of(c) != nil {
		return
	}
	if known != nil {
		if code, letter := known.refuses(c, key); code != "" {
			c.reply(code, known.name, "Cannot join channel (+"+letter+")")
			return
		}
	}
	ch, first := s.makeChannel(name), ""
	if len(ch.members) == 0 && !ch.kept {
		first = "o"
	}
	c.enter(ch, first)
	c.announce(ch)
	if c.caps["draft/read-marker"] {
		c.sendMarker(ch.name)
	}
	if ch.topic != "" {
		c.tellTopic(ch)
	}
	if !c.caps["no-implicit-names"] && !c.caps["draft/no-implicit-names"] {
		c.names(ch)
	}
}

// refuses tells why a client may not join, by the number and the mode.
func (ch *channel) refuses(c *client, key string) (code, letter string) {
	switch {
	case ch.invited[c]:
		return "", ""
	case ch.key != "" && ch.key != key:
		return "475", "k"
	case ch.limit > 0 && len(ch.members) >= ch.limit:
		return "471", "l"
	case ch.has('i') && !ch.listed('I', c):
		return "473", "i"
	case ch.listed('b', c) && !ch.listed('e', c):
		return "474", "b"
	}
	return "", ""
}

// announce tells all in a channel, and the client, that it is in.
func (c *client) announce(ch *channel) {
	join := c.joinMessage(ch)
	ch.history.add(join, c.server.cfg.History)
	for _, m := range ch.members {
		m.client.send(join)
		if m.client != c && c.away != "" && m.client.caps["away-notify"] {
			m.client.send(c.from("AWAY", c.away))
		}
	}
}

// joinMessage returns a JOIN, also as clients with
// https://ircv3.net/specs/extensions/extended-join know it.
func (c *client) joinMessage(ch *channel) *message {
	account := c.account
	if account == "" {
		account = "*"
	}
	m := c.event("JOIN", ch.name)
	m.long = []string{ch.name, account, c.realname}
	return m
}

func (c *client) part(l *line) {
	for name := range strings.SplitSeq(l.param(0), ",") {
		if ch := c.in(name); ch != nil {
			c.partFrom(ch, l.param(1))
		}
	}
}

func (c *client) partFrom(ch *channel, reason string) {
	m := c.event("PART", ch.name)
	if reason != "" {
		m.params = append(m.params, reason)
	}
	ch.tell(m, nil, c.server.cfg.History)
	c.leave(ch)
}

func (c *client) kick(l *line) {
	ch := c.rules(l.param(0))
	if ch == nil {
		return
	}
	for nick := range strings.SplitSeq(l.param(1), ",") {
		victim := c.server.user(nick)
		if victim == nil || ch.of(victim) == nil {
			c.reply("441", nick, ch.name, "They aren't on that channel")
			continue
		}
		reason := l.param(2)
		if reason == "" {
			reason = c.nick
		}
		ch.tell(c.event("KICK", ch.name, victim.nick, reason), nil, c.server.cfg.History)
		victim.leave(ch)
	}
}

// invite handles INVITE, and tells operators with invite-notify,
// https://ircv3.net/specs/extensions/invite-notify.
func (c *client) invite(l *line) {
	guest := c.server.user(l.param(0))
	if guest == nil {
		c.reply("401", l.param(0), "No such nick/channel")
		return
	}
	ch := c.in(l.param(1))
	switch {
	case ch == nil:
		return
	case ch.has('i') && !ch.is(c, 'h'):
		c.reply("482", ch.name, "You're not channel operator")
		return
	case ch.of(guest) != nil:
		c.reply("443", guest.nick, ch.name, "is already on channel")
		return
	}
	ch.invited[guest] = true
	c.reply("341", guest.nick, ch.name)
	m := c.event("INVITE", guest.nick, ch.name)
	guest.send(m)
	for _, other := range ch.members {
		if other.client != c && other.client.caps["invite-notify"] {
			other.client.send(m)
		}
	}
	if guest.away != "" {
		c.reply("301", guest.nick, guest.away)
	}
}
