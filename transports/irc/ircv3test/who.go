package ircv3test

import (
	"crypto/tls"
	"strconv"
	"strings"
	"time"
)

// whoxFields are the fields of WHOX in the order they are told in,
// https://ircv3.net/specs/extensions/whox.
const whoxFields = "tcuihsnfdlaor"

// who handles WHO, also with fields.
func (c *client) who(l *line) {
	mask := l.param(0)
	shown := mask
	if shown == "" {
		shown = "*"
	}
	fields, token, _ := strings.Cut(l.param(1), ",")
	_, fields, extended := strings.Cut(fields, "%")
	one := func(u *client, ch *channel) {
		if extended {
			c.whox(u, ch, fields, token)
			return
		}
		name := "*"
		if ch != nil {
			name = ch.name
		}
		c.reply("352", name, u.user, u.host, c.server.cfg.Name, u.nick, c.flags(u, ch), "0 "+u.realname)
	}
	if isChannel(mask) {
		if ch := c.server.channel(mask); ch != nil && c.sees(ch) {
			for _, m := range ch.members {
				one(m.client, ch)
			}
		}
	} else {
		for _, u := range c.server.sorted() {
			if mask == "" || mask == "0" || c.server.matches(mask, u.nick) || c.server.matches(mask, u.host) || c.server.matches(mask, u.mask()) {
				one(u, c.shared(u))
			}
		}
	}
	c.reply("315", shown, "End of /WHO list")
}

// shared returns a channel that both are in, or nil.
func (c *client) shared(u *client) *channel {
	for _, ch := range u.channels {
		if ch.of(c) != nil {
			return ch
		}
	}
	return nil
}

// flags returns a user's flags: here or gone, a bot, and marks.
func (c *client) flags(u *client, ch *channel) string {
	flags := "H"
	if u.away != "" {
		flags = "G"
	}
	if u.bot {
		flags += "B"
	}
	if ch != nil {
		if m := ch.of(u); m != nil {
			flags += m.marks(c.caps["multi-prefix"])
		}
	}
	return flags
}

// whox sends one 354.
func (c *client) whox(u *client, ch *channel, fields, token string) {
	name, account := "*", "0"
	if ch != nil {
		name = ch.name
	}
	if u.account != "" {
		account = u.account
	}
	idle := strconv.Itoa(int(c.server.now().Sub(u.spoke) / time.Second))
	values := []string{
		token, name, u.user, "255.255.255.255", u.host, c.server.cfg.Name, u.nick, c.flags(u, ch),
		"0", idle, account, "n/a", u.realname,
	}
	params := []string{c.name()}
	for i := range len(whoxFields) {
		if strings.IndexByte(fields, whoxFields[i]) >= 0 && (whoxFields[i] != 't' || token != "") {
			params = append(params, values[i])
		}
	}
	m := c.server.by("354", params...)
	m.text = strings.Contains(fields, "r")
	c.send(m)
}

// whois handles WHOIS.
func (c *client) whois(l *line) {
	nick := l.param(len(l.params) - 1)
	u := c.server.user(nick)
	if u == nil {
		c.reply("401", nick, "No such nick/channel")
		c.reply("318", nick, "End of /WHOIS list")
		return
	}
	c.reply("311", u.nick, u.user, u.host, "*", u.realname)
	var names []string
	for _, ch := range u.channels {
		if c.sees(ch) {
			names = append(names, ch.of(u).marks(c.caps["multi-prefix"])+ch.name)
		}
	}
	if len(names) > 0 {
		c.reply("319", u.nick, strings.Join(names, " "))
	}
	c.reply("312", u.nick, c.server.cfg.Name, c.server.cfg.Network)
	if u.account != "" {
		c.reply("330", u.nick, u.account, "is logged in as")
	}
	if u.bot {
		c.reply("335", u.nick, "is a Bot on "+c.server.cfg.Network)
	}
	if u.away != "" {
		c.reply("301", u.nick, u.away)
	}
	if _, secure := u.conn.(*tls.Conn); secure {
		c.reply("671", u.nick, "is using a secure connection")
	}
	idle := c.server.now().Sub(u.spoke) / time.Second
	c.reply("317", u.nick, strconv.Itoa(int(idle)), strconv.FormatInt(u.signOn.Unix(), 10), "seconds idle, signon time")
	c.reply("318", u.nick, "End of /WHOIS list")
}
