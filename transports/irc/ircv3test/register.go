package ircv3test

import (
	"strings"
)

// validNick tells whether a nick may be had.
func (s *Server) validNick(nick string) bool {
	if nick == "" || len(nick) > s.cfg.NickLen || strings.IndexByte("0123456789-#&:~@%+$", nick[0]) >= 0 {
		return false
	}
	return !strings.ContainsAny(nick, " ,*?!@.\x7f") && strings.IndexFunc(nick, func(r rune) bool { return r < ' ' }) < 0
}

func (c *client) password(l *line) {
	if c.registered {
		c.reply("462", "You may not reregister")
		return
	}
	c.pass = l.param(0)
}

func (c *client) userCommand(l *line) {
	if c.registered {
		c.reply("462", "You may not reregister")
		return
	}
	c.user, c.realname = l.param(0), l.param(3)
	c.letIn()
}

// rename handles NICK.
func (c *client) rename(l *line) {
	s, nick := c.server, l.param(0)
	key := s.fold(nick)
	switch other := s.users[key]; {
	case nick == "":
		c.reply("431", "No nickname given")
		return
	case !s.validNick(nick):
		c.reply("432", nick, "Erroneous nickname")
		return
	case other != nil && other != c:
		c.reply("433", nick, "Nickname is already in use")
		return
	case nick == c.nick:
		return
	}
	old := s.fold(c.nick)
	if c.registered {
		m := c.event("NICK", nick)
		c.send(m)
		for _, n := range c.neighbours() {
			n.send(m)
		}
		for _, ch := range c.channels {
			ch.history.add(m, s.cfg.History)
		}
		if old != key {
			s.offline(old, c.nick)
		}
	}
	if s.users[old] == c {
		delete(s.users, old)
	}
	s.users[key] = c
	c.nick = nick
	c.key.Store(key)
	if !c.registered {
		c.letIn()
	} else if old != key {
		s.online(c)
	}
}

// letIn welcomes a client that said all it must.
func (c *client) letIn() {
	s := c.server
	if c.registered || c.hold || c.nick == "" || c.user == "" {
		return
	}
	switch {
	case s.cfg.Password != "" && c.pass != s.cfg.Password:
		c.reply("464", "Password incorrect")
		c.hangUp("Closing link: bad password")
		return
	case s.cfg.AccountRequired && c.account == "":
		c.fail("*", "ACCOUNT_REQUIRED", "You must log in with SASL to join this server")
		c.hangUp("Closing link: account required")
		return
	}
	if c.sasl.mechanism != "" { // sasl-3.1: registration ends what is not done
		c.sasl = saslState{}
		c.reply("906", "SASL authentication aborted")
	}
	c.registered, c.signOn = true, s.now()
	c.reply("001", "Welcome to the "+s.cfg.Network+" Internet Relay Chat Network "+c.nick)
	c.reply("002", "Your host is "+s.cfg.Name+", running version ircv3test-1")
	c.reply("003", "This server was created "+s.created.UTC().Format("2006-01-02"))
	c.reply("004", s.cfg.Name, "ircv3test-1", "Biw", "abehiIklmnopqstv", "abehIkloqv")
	c.isupport()
	c.motd()
	if c.caps["soju.im/bouncer-networks-notify"] {
		c.listNetworks()
	}
	s.online(c)
}

func (c *client) motd() {
	if len(c.server.cfg.MOTD) == 0 {
		c.reply("422", "MOTD File is missing")
		return
	}
	c.reply("375", "- "+c.server.cfg.Name+" Message of the day - ")
	for _, text := range c.server.cfg.MOTD {
		c.reply("372", "- "+text)
	}
	c.reply("376", "End of /MOTD command")
}

func (c *client) goodbye(l *line) {
	reason := "Quit"
	if l.param(0) != "" {
		reason = "Quit: " + l.param(0)
	}
	c.hangUp("Closing link: " + reason)
	c.quit(reason)
}
