package irc

import (
	"strings"
	"unique"

	"wherry/transports"
)

// joined handles JOIN: ours or another's.
func (c *conn) joined(l *line) {
	nick, mask := splitSource(l.source)
	name := l.param(0)
	if c.isMe(nick) {
		c.joinedMyself(name, mask)
		if u := c.userOf(nick); u != nil {
			c.introduced(u, l)
		}
		return
	}
	ch := c.channelOf(name)
	if ch == nil || nick == "" {
		return
	}
	u := c.enter(ch, nick, mask, 0)
	c.introduced(u, l)
	if !ch.joining {
		c.event(transports.Entered{Room: ch.address, Occupants: c.member(ch, u)})
	}
}

// introduced takes in what a JOIN tells of who comes.
func (c *conn) introduced(u *user, l *line) {
	if c.caps&capExtendedJoin != 0 && len(l.params) > 1 {
		u.account = account(l.param(1))
		c.callReally(u, l.param(2))
	} else if tag := l.tag("account"); tag != "" {
		u.account = unique.Make(tag)
	}
}

// account reads the name of an account: "*" and "0" are none.
func account(name string) shared {
	if name == "*" || name == "0" {
		return nothing
	}
	return unique.Make(name)
}

// joinedMyself begins a channel. Its members follow, then its modes.
func (c *conn) joinedMyself(name, mask string) {
	if !validChannel(name) {
		return
	}
	if len(c.channels) == maxChannels {
		c.end(errCrowd)
	}
	key := c.fold(name)
	leaving := c.find("PART", key) != nil
	if key != "" && key == c.forward {
		c.forward, leaving = "", true
		c.send("PART", name)
	}
	if old := c.channels.find(key); old != nil {
		c.drop(old)
	}
	name = strings.Clone(name)
	ch := &channel{
		key:     c.fold(name),
		name:    name,
		address: transports.Address{Kind: transports.Room, Scope: c.s.scope, Name: lower(name)},
		members: make(map[*user]standing),
		gap:     new(gap),
		fresh:   true,
		joining: true,
		leaving: leaving,
	}
	ch.config.topicLock = true
	c.channels.add(ch)
	c.enter(ch, strings.Clone(c.nick), mask, 0)
	if c.caps&(capNoNames|capNoNamesDraft) != 0 {
		c.send("NAMES", ch.name)
	}
	c.send("MODE", ch.name)
}

// forwarded handles a channel that sends those who would join it to another:
// we do not go there.
func (c *conn) forwarded(l *line) {
	c.forward = c.fold(l.param(2))
	c.failed(l)
}

// names handles a part of a channel's list of members.
func (c *conn) names(l *line) {
	ch := c.channelOf(l.param(2))
	if ch == nil || !ch.joining {
		return
	}
	for name := range strings.SplitSeq(l.last(), " ") {
		st, source := c.net.marks(name)
		if nick, mask := splitSource(source); nick != "" {
			c.enter(ch, nick, mask, st)
		}
	}
}

// endOfNames completes a channel: now we are in.
func (c *conn) endOfNames(l *line) {
	ch := c.channelOf(l.param(1))
	if ch == nil || !ch.joining {
		return
	}
	ch.joining = false
	if ch.leaving {
		return
	}
	subject := transports.Subject{Room: ch.address}
	if ch.subject != nil {
		subject, ch.subject = *ch.subject, nil
	}
	occupants := make([]transports.Occupant, 0, len(ch.members))
	for u, st := range ch.members {
		occupants = append(occupants, c.occupant(ch, u, st))
	}
	c.event(transports.Joined{
		Room:      ch.address,
		Nick:      c.nick,
		Occupants: occupants,
		Subject:   subject,
		Config:    ch.config.roomConfig(ch.address),
	})
	c.completeAll("JOIN", ch.key, nil)
	if ch.fresh {
		ch.fresh = false
		c.wantPast(ch)
		c.wantWho(ch)
	}
}

// parted handles PART.
func (c *conn) parted(l *line) {
	nick, _ := splitSource(l.source)
	c.gone(l.param(0), nick, transports.Left{How: transports.Parted, Reason: text(l.param(1))})
}

// kicked handles KICK. One that follows a ban on the same person is a ban.
func (c *conn) kicked(l *line) {
	by, _ := splitSource(l.source)
	left := transports.Left{How: transports.Kicked, By: by, Reason: text(l.param(2))}
	ch, u := c.channelOf(l.param(0)), c.userOf(l.param(1))
	if ch != nil && u != nil && ch.ban != nil && ch.ban.by == by && matchMask(ch.ban.mask, u.nick+"!"+u.mask, c.net.mapping) {
		left.How = transports.Banned
	}
	c.gone(l.param(0), l.param(1), left)
}

// gone takes somebody, or us, out of a channel.
func (c *conn) gone(name, nick string, left transports.Left) {
	ch := c.channelOf(name)
	if ch == nil {
		return
	}
	left.Room = ch.address
	if c.isMe(nick) {
		left.Nicks = []string{c.nick}
		c.release(ch)
		if ch.leaving {
			c.leftBehind(ch)
		}
		c.drop(ch)
		if !ch.leaving { // else whoever waits to join asked behind our PART
			c.completeAll("JOIN", ch.key, &transports.Error{Kind: transports.Forbidden, Text: transports.T("You were put out of %s at once.", ch.name)})
		}
		if !ch.quiet() {
			c.event(left)
		}
		return
	}
	u := c.userOf(nick)
	if u == nil {
		return
	}
	if _, in := ch.members[u]; !in {
		return
	}
	left.Nicks = []string{u.nick}
	c.leave(ch, u)
	c.leftEvent(ch, left)
}

// leftEvent tells of somebody's leaving where they were seen.
func (c *conn) leftEvent(ch *channel, left transports.Left) {
	if !ch.quiet() {
		c.event(left)
	}
}

// hasQuit handles QUIT, that of a netsplit too.
func (c *conn) hasQuit(l *line) {
	nick, _ := splitSource(l.source)
	u := c.userOf(nick)
	if u == nil || c.isMe(nick) {
		return
	}
	c.regain(nick)
	how := transports.Quit
	if l.splits() || isSplit(l.param(0)) {
		how = transports.Split
	}
	for _, ch := range c.channels {
		if _, in := ch.members[u]; !in {
			continue
		}
		c.leave(ch, u)
		c.leftEvent(ch, transports.Left{
			Room: ch.address, Nicks: []string{u.nick}, How: how, Reason: text(l.param(0)),
		})
	}
}

// isSplit tells whether a quit message is that of servers which lost each
// other: two names of hosts and nothing else.
func isSplit(reason string) bool {
	one, other, ok := strings.Cut(reason, " ")
	return ok && isHostname(one) && isHostname(other) && one != other
}

func isHostname(name string) bool {
	return strings.Contains(name, ".") && validHost(strings.ReplaceAll(name, "*", "x"))
}

// renamed handles NICK.
func (c *conn) renamed(l *line) {
	old, _ := splitSource(l.source)
	name := strings.Clone(l.param(0))
	if name == "" {
		return
	}
	if c.isMe(old) {
		c.nick = name
		c.hasWanted()
	} else {
		c.regain(old)
	}
	u := c.userOf(old)
	if u == nil {
		return
	}
	old = u.nick
	c.rename(u, name)
	for _, ch := range c.channels {
		if _, in := ch.members[u]; in && !ch.quiet() {
			c.event(transports.Renamed{Room: ch.address, Old: old, New: name})
		}
	}
}

// rename gives somebody another nick. One who had it is gone, whatever we
// missed.
func (c *conn) rename(u *user, nick string) {
	key := c.fold(nick)
	if other := c.users[key]; other != nil && other != u {
		for _, ch := range c.channels {
			c.leave(ch, other)
		}
	}
	delete(c.users, u.key)
	u.nick, u.key = nick, key
	c.users[key] = u
}
