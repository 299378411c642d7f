package ircv3test

import (
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
)

// Bounds of what users say of themselves; see AWAYLEN and NAMELEN.
const (
	maxAway     = 390
	maxRealname = 150
)

// notify sends a message of a client to those who share a channel with it, and
// to those who monitor it and asked for more than that it comes and goes:
// https://ircv3.net/specs/extensions/extended-monitor. All must have a
// capability; fallback, if any, is for neighbours without it.
func (c *client) notify(need string, m *message, fallback func(*client)) {
	told := map[*client]bool{c: true}
	for _, n := range c.neighbours() {
		told[n] = true
		if n.caps[need] {
			n.send(m)
		} else if fallback != nil {
			fallback(n)
		}
	}
	for _, w := range c.server.watchers(c.server.fold(c.nick)) {
		if !told[w] && w.caps["extended-monitor"] && w.caps[need] {
			w.send(m)
		}
	}
}

// setAway handles AWAY; before registration only with draft/pre-away.
func (c *client) setAway(l *line) {
	if !c.registered && !c.caps["draft/pre-away"] {
		c.reply("451", "You have not registered")
		return
	}
	c.away = ircmsg.TruncateUTF8Safe(l.param(0), maxAway)
	m := c.from("AWAY")
	if c.away == "" {
		c.reply("305", "You are no longer marked as being away")
	} else {
		m.params = []string{c.away}
		c.reply("306", "You have been marked as being away")
	}
	if c.registered {
		c.notify("away-notify", m, nil)
	}
}

// setName handles SETNAME, https://ircv3.net/specs/extensions/setname.
func (c *client) setName(l *line) {
	if !c.server.offers("setname") {
		c.reply("421", l.verb, "Unknown command")
		return
	}
	name := l.param(0)
	if name == "" || len(name) > maxRealname {
		c.fail("SETNAME", "INVALID_REALNAME", "Realname is not valid")
		return
	}
	c.realname = name
	m := c.from("SETNAME", name)
	if c.caps["setname"] {
		c.send(m)
	}
	c.notify("setname", m, nil)
}

// changeHost gives a client another user name and host,
// https://ircv3.net/specs/extensions/chghost. Who does not know that sees it
// leave and come back.
func (c *client) changeHost(user, host string) {
	m := c.from("CHGHOST", user, host)
	quit := c.from("QUIT", "Changing hostname")
	c.user, c.host = user, host
	if c.caps["chghost"] {
		c.send(m)
	} else {
		c.reply("396", host, "is now your displayed host")
	}
	c.notify("chghost", m, func(to *client) {
		to.send(quit)
		for _, ch := range c.channels {
			if ch.of(to) != nil {
				to.send(c.joinMessage(ch))
				c.restore(ch, to)
			}
		}
	})
}

// restore tells somebody the ranks of a client that seemed to have left.
func (c *client) restore(ch *channel, to *client) {
	if have := ch.of(c).ranks; have != "" {
		params := []string{ch.name, "+" + have}
		for range have {
			params = append(params, c.nick)
		}
		to.send(c.server.by("MODE", params...))
	}
}

// ison handles ISON.
func (c *client) ison(l *line) {
	var on []string
	for _, names := range l.params {
		for nick := range strings.FieldsSeq(names) {
			if u := c.server.user(nick); u != nil {
				on = append(on, u.nick)
			}
		}
	}
	c.reply("303", strings.Join(on, " "))
}

// userhost handles USERHOST.
func (c *client) userhost(l *line) {
	var all []string
	for _, nick := range l.params {
		if u := c.server.user(nick); u != nil {
			here := "+"
			if u.away != "" {
				here = "-"
			}
			all = append(all, u.nick+"="+here+u.user+"@"+u.host)
		}
	}
	c.reply("302", strings.Join(all, " "))
}
