package irc

import (
	"strings"

	"wherry/transports"
)

// awayChanged handles AWAY of away-notify.
func (c *conn) awayChanged(l *line) {
	c.wentAway(l)
	c.changed(l, func(u *user) { u.away = l.param(0) != "" })
}

// accountChanged handles ACCOUNT of account-notify.
func (c *conn) accountChanged(l *line) {
	c.changed(l, func(u *user) { u.account = account(l.param(0)) })
}

// hostChanged handles CHGHOST.
func (c *conn) hostChanged(l *line) {
	mask := l.param(0) + "@" + l.param(1)
	c.changed(l, func(u *user) { u.at(mask) })
}

// changed changes somebody, and tells of them in each channel.
func (c *conn) changed(l *line, change func(*user)) {
	nick, _ := splitSource(l.source)
	u := c.userOf(nick)
	if u == nil {
		return
	}
	change(u)
	c.tellOf(u)
}

// tellOf tells of somebody in each channel.
func (c *conn) tellOf(u *user) {
	for _, ch := range c.channels {
		if _, in := ch.members[u]; in && !ch.quiet() {
			c.event(transports.Changed{Room: ch.address, Occupants: c.member(ch, u)})
		}
	}
}

// invited handles INVITE. One for somebody else, of invite-notify, is not ours.
func (c *conn) invited(l *line) {
	nick, _ := splitSource(l.source)
	if !c.isMe(l.param(0)) || !c.net.isChannel(l.param(1)) {
		return
	}
	c.event(transports.Invited{
		Room: transports.Address{Kind: transports.Room, Scope: c.s.scope, Name: lower(strings.Clone(l.param(1)))},
		By:   c.contact(strings.Clone(nick)),
	})
}

// inviting handles RPL_INVITING: the invitation is on its way.
func (c *conn) inviting(l *line) {
	for _, r := range c.requests {
		if r.verb == "INVITE" && (r.nick == c.fold(l.param(1)) || r.nick == c.fold(l.param(2))) {
			c.complete(r, nil)
			return
		}
	}
}
