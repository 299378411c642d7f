package irctest

import (
	"path"
	"strconv"
	"strings"
)

// command is something a client may say.
type command struct {
	do     func(*client, []string)
	params int  // at least
	early  bool // before it is let in
}

var commands = map[string]command{
	"AUTHENTICATE": {(*client).sasl, 1, true},
	"AWAY":         {(*client).away, 0, false},
	"CAP":          {(*client).capability, 1, true},
	"INVITE":       {(*client).invite, 2, false},
	"JOIN":         {(*client).join, 1, false},
	"KICK":         {(*client).kick, 2, false},
	"MODE":         {(*client).mode, 1, false},
	"NAMES":        {func(c *client, p []string) { c.names(c.net.channel(p[0])) }, 1, false},
	"NICK":         {(*client).rename, 1, true},
	"NOTICE":       {func(c *client, p []string) { c.say("NOTICE", p) }, 2, false},
	"PART":         {(*client).part, 1, false},
	"PASS":         {func(c *client, p []string) { c.pass = p[0] }, 1, true},
	"PING":         {func(c *client, p []string) { c.send(":irc.test PONG irc.test :" + p[0]) }, 1, true},
	"PONG":         {func(*client, []string) {}, 0, true},
	"PRIVMSG":      {func(c *client, p []string) { c.say("PRIVMSG", p) }, 2, false},
	"QUIT":         {(*client).leaveNetwork, 0, true},
	"TOPIC":        {(*client).topic, 2, false},
	"USER":         {func(c *client, p []string) { c.user = p[0]; c.register() }, 4, true},
}

func (c *client) capability(p []string) {
	switch p[0] {
	case "LS":
		c.waiting = true
		c.send(":irc.test CAP * LS :" + c.net.Caps)
	case "REQ":
		for name := range strings.FieldsSeq(p[1]) {
			c.caps[name] = true
		}
		c.send(":irc.test CAP * ACK :" + p[1])
	case "END":
		c.waiting = false
		c.register()
	}
}

func (c *client) sasl(p []string) {
	if p[0] == "PLAIN" {
		c.send("AUTHENTICATE +")
		return
	}
	c.authenticate(p[0])
}

func (c *client) rename(p []string) {
	nick, key := p[0], strings.ToLower(p[0])
	switch other := c.net.users[key]; {
	case len(nick) > 30 || strings.ContainsAny(nick, " *!@.") || nick[0] >= '0' && nick[0] <= '9':
		c.numeric("432", nick, "Erroneous nickname")
		return
	case other != nil && other != c:
		c.numeric("433", nick, "Nickname is already in use")
		return
	}
	if c.welcome {
		c.shared(":" + c.source() + " NICK :" + nick)
	}
	delete(c.net.users, strings.ToLower(c.nick))
	c.nick = nick
	c.net.users[key] = c
	c.register()
}

func (c *client) leaveNetwork(p []string) {
	c.quit("Quit: " + p[0])
	c.send("ERROR :Closing link")
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

func (c *client) join(p []string) {
	ch := c.net.channel(p[0])
	banned := false
	for _, mask := range ch.Bans {
		ok, _ := path.Match(mask, c.source())
		banned = banned || ok
	}
	_, in := ch.members[c]
	switch {
	case in:
		return
	case !strings.HasPrefix(p[0], "#"):
		c.numeric("403", p[0], "No such channel")
		return
	case ch.Key != "" && ch.Key != p[1]:
		c.numeric("475", ch.Name, "Cannot join channel (+k)")
		return
	case ch.Invite:
		c.numeric("473", ch.Name, "Cannot join channel (+i)")
		return
	case banned:
		c.numeric("474", ch.Name, "Cannot join channel (+b)")
		return
	case ch.Limit > 0 && len(ch.members) >= ch.Limit:
		c.numeric("471", ch.Name, "Cannot join channel (+l)")
		return
	}
	marks := ""
	if len(ch.members) == 0 {
		marks = "@"
	}
	ch.members[c] = marks
	for other := range ch.members {
		line := ":" + c.source() + " JOIN " + ch.Name
		if other.caps["extended-join"] {
			account := c.account
			if account == "" {
				account = "*"
			}
			line += " " + account + " :real name"
		}
		other.send(line)
	}
	if ch.Topic != "" {
		c.numeric("332", ch.Name, ch.Topic)
		c.numeric("333", ch.Name, "setter!user@host", "1700000000")
	}
	c.names(ch)
}

// names lists the members of a channel, as many as a line takes at a time.
func (c *client) names(ch *Channel) {
	var list []string
	flush := func() {
		c.numeric("353", "=", ch.Name, strings.Join(list, " "))
		list = nil
	}
	for member, marks := range ch.members {
		name := marks + member.nick
		if c.caps["userhost-in-names"] {
			name = marks + member.source()
		}
		if list = append(list, name); len(list) == 12 {
			flush()
		}
	}
	flush()
	c.numeric("366", ch.Name, "End of NAMES list")
}

// in returns a channel the client is in; else it is told.
func (c *client) in(name string) *Channel {
	ch := c.net.channels[strings.ToLower(name)]
	if ch == nil {
		c.numeric("403", name, "No such channel")
		return nil
	}
	if _, in := ch.members[c]; !in {
		c.numeric("442", name, "You're not on that channel")
		return nil
	}
	return ch
}

// rules returns a channel where the client is operator; else it is told.
func (c *client) rules(name string) *Channel {
	ch := c.in(name)
	if ch != nil && !strings.Contains(ch.members[c], "@") {
		c.numeric("482", name, "You're not channel operator")
		return nil
	}
	return ch
}

func (c *client) part(p []string) {
	if ch := c.in(p[0]); ch != nil {
		ch.tell(":"+c.source()+" PART "+ch.Name+" :"+p[1], nil)
		delete(ch.members, c)
	}
}

func (c *client) kick(p []string) {
	ch := c.rules(p[0])
	if ch == nil {
		return
	}
	victim := c.net.users[strings.ToLower(p[1])]
	if _, in := ch.members[victim]; !in {
		c.numeric("441", p[1], ch.Name, "They aren't on that channel")
		return
	}
	ch.tell(":"+c.source()+" KICK "+ch.Name+" "+victim.nick+" :"+p[2], nil)
	delete(ch.members, victim)
}

func (c *client) topic(p []string) {
	if ch := c.rules(p[0]); ch != nil {
		ch.Topic = p[1]
		ch.tell(":"+c.source()+" TOPIC "+ch.Name+" :"+p[1], nil)
	}
}

func (c *client) invite(p []string) {
	ch := c.in(p[1])
	if ch == nil {
		return
	}
	guest := c.net.users[strings.ToLower(p[0])]
	if guest == nil {
		c.numeric("401", p[0], "No such nick")
		return
	}
	if _, in := ch.members[guest]; in {
		c.numeric("443", p[0], ch.Name, "is already on channel")
		return
	}
	guest.send(":" + c.source() + " INVITE " + guest.nick + " " + ch.Name)
	c.numeric("341", guest.nick, ch.Name)
}

func (c *client) away(p []string) {
	line := ":" + c.source() + " AWAY"
	if p[0] != "" {
		line += " :" + p[0]
	}
	c.shared(line)
}

func (c *client) say(verb string, p []string) {
	line := ":" + c.source() + " " + verb + " " + p[0] + " :" + p[1]
	if strings.HasPrefix(p[0], "#") {
		ch := c.net.channels[strings.ToLower(p[0])]
		if ch == nil {
			c.numeric("403", p[0], "No such channel")
			return
		}
		marks, in := ch.members[c]
		if !in || strings.Contains(ch.Modes, "m") && marks == "" {
			c.numeric("404", p[0], "Cannot send to channel")
			return
		}
		ch.tell(line, c)
		return
	}
	to := c.net.users[strings.ToLower(p[0])]
	if to == nil {
		c.numeric("401", p[0], "No such nick")
		return
	}
	to.send(line)
}

func (c *client) mode(p []string) {
	switch {
	case !strings.HasPrefix(p[0], "#"):
		c.numeric("221", "+i")
	case p[1] == "":
		if ch := c.in(p[0]); ch != nil {
			c.modes(ch)
		}
	case strings.Trim(p[1], "+") == "b" && p[2] == "":
		if ch := c.in(p[0]); ch != nil {
			for _, mask := range ch.Bans {
				c.numeric("367", ch.Name, mask, "setter!user@host", "1700000000")
			}
			c.numeric("368", ch.Name, "End of channel ban list")
		}
	default:
		if ch := c.rules(p[0]); ch != nil {
			c.changeModes(ch, p[1], p[2:])
		}
	}
}

// modes tells all modes of a channel.
func (c *client) modes(ch *Channel) {
	modes, args := "+"+ch.Modes, []string(nil)
	if ch.Invite {
		modes += "i"
	}
	if ch.Key != "" {
		modes, args = modes+"k", append(args, ch.Key)
	}
	if ch.Limit > 0 {
		modes, args = modes+"l", append(args, strconv.Itoa(ch.Limit))
	}
	c.send(":irc.test 324 " + strings.Join(append([]string{c.nick, ch.Name, modes}, args...), " "))
}
