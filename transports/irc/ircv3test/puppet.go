package ircv3test

import (
	"context"
	"strings"
)

// Puppet is a user that lives in the server: a test speaks for it. It has all
// capabilities and sees what a client would. What the server forbids it is not
// done, as for any client; Server.Mode gives it ranks.
type Puppet struct {
	server *Server
	c      *client
}

// Puppet makes a user. It panics if the nick cannot be had.
func (s *Server) Puppet(nick string) *Puppet {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[s.fold(nick)] != nil || !s.validNick(nick) {
		panic("ircv3test: no puppet can be called " + nick)
	}
	c := newClient(s, nil)
	c.told = newJournal()
	for _, name := range AllCaps {
		c.caps[name] = name != "no-implicit-names" && name != "draft/no-implicit-names"
	}
	c.nick, c.user, c.host, c.realname = nick, "puppet", "puppet.test", nick+" the puppet"
	c.registered, c.version = true, 302
	c.signOn, c.spoke = s.now(), s.now()
	c.key.Store(s.fold(nick))
	s.users[s.fold(nick)] = c
	s.puppets = append(s.puppets, c)
	s.online(c)
	return &Puppet{s, c}
}

// Do makes the puppet send a line, "@+typing=active TAGMSG #room", and returns
// the msgid of what came of it, if anything.
func (p *Puppet) Do(line string) string {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return p.do(line)
}

func (p *Puppet) do(line string) string {
	if p.c.gone || p.c.split != nil {
		return ""
	}
	p.server.lastID = ""
	p.c.handle(line)
	return p.server.lastID
}

// say sends a line with tags, given as names and values.
func (p *Puppet) say(tags []tag, verb string, params ...string) string {
	return p.Do(formatTags(tags) + formatRest("", verb, params, verb != "TAGMSG"))
}

// Nick returns the puppet's nick.
func (p *Puppet) Nick() string {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return p.c.nick
}

// Join joins channels.
func (p *Puppet) Join(channels ...string) { p.Do("JOIN " + strings.Join(channels, ",")) }

// Part leaves a channel.
func (p *Puppet) Part(channel, reason string) { p.say(nil, "PART", channel, reason) }

// Say sends a PRIVMSG and returns its msgid.
func (p *Puppet) Say(target, text string) string { return p.say(nil, "PRIVMSG", target, text) }

// Act sends a CTCP ACTION.
func (p *Puppet) Act(target, text string) string {
	return p.Say(target, "\x01ACTION "+text+"\x01")
}

// Notice sends a NOTICE.
func (p *Puppet) Notice(target, text string) string { return p.say(nil, "NOTICE", target, text) }

// Reply answers a message, https://ircv3.net/specs/client-tags/reply.
func (p *Puppet) Reply(target, msgid, text string) string {
	return p.say([]tag{{p.server.cfg.ReplyTag, msgid}}, "PRIVMSG", target, text)
}

// React reacts to a message, https://ircv3.net/specs/client-tags/react.
func (p *Puppet) React(target, msgid, reaction string) string {
	return p.say([]tag{{p.server.cfg.ReplyTag, msgid}, {"+draft/react", reaction}}, "TAGMSG", target)
}

// Unreact takes a reaction back.
func (p *Puppet) Unreact(target, msgid, reaction string) string {
	return p.say([]tag{{p.server.cfg.ReplyTag, msgid}, {"+draft/unreact", reaction}}, "TAGMSG", target)
}

// Type tells that the puppet types: "active", "paused" or "done",
// https://ircv3.net/specs/client-tags/typing.
func (p *Puppet) Type(target, state string) { p.say([]tag{{"+typing", state}}, "TAGMSG", target) }

// Redact deletes a message.
func (p *Puppet) Redact(target, msgid, reason string) {
	p.say(nil, "REDACT", target, msgid, reason)
}

// Multiline sends one message of several lines, and returns its msgid.
func (p *Puppet) Multiline(target string, lines ...string) string {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.do("BATCH +p draft/multiline " + target)
	for _, text := range lines {
		p.do("@batch=p PRIVMSG " + target + " :" + text)
	}
	return p.do("BATCH -p")
}

// Quit leaves the network.
func (p *Puppet) Quit(reason string) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.c.quit(reason)
}

// Rename changes the nick.
func (p *Puppet) Rename(nick string) { p.say(nil, "NICK", nick) }

// Away goes away, or comes back with "".
func (p *Puppet) Away(text string) { p.say(nil, "AWAY", text) }

// Realname changes the real name.
func (p *Puppet) Realname(name string) { p.say(nil, "SETNAME", name) }

// Topic changes a channel's topic.
func (p *Puppet) Topic(channel, text string) { p.say(nil, "TOPIC", channel, text) }

// Kick throws somebody out.
func (p *Puppet) Kick(channel, nick, reason string) { p.say(nil, "KICK", channel, nick, reason) }

// Invite invites somebody.
func (p *Puppet) Invite(nick, channel string) { p.Do("INVITE " + nick + " " + channel) }

// Account logs the puppet in, or out with "".
func (p *Puppet) Account(account string) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.c.setAccount(account)
}

// Host changes user name and host.
func (p *Puppet) Host(user, host string) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.c.changeHost(user, host)
}

// Bot marks the puppet as a bot.
func (p *Puppet) Bot() { p.Do("MODE " + p.Nick() + " +B") }

// Wait returns the first line that the puppet is sent that is right, behind the
// one returned last.
func (p *Puppet) Wait(ctx context.Context, right func(line string) bool) (string, error) {
	return p.c.told.wait(ctx, "", func(e entry) bool { return right(e.text) })
}

// Told returns all lines that the puppet was sent.
func (p *Puppet) Told() []string { return p.c.told.all(func(entry) bool { return true }) }
