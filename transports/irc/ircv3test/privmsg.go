package ircv3test

import (
	"slices"
	"strings"
)

// maxTargets is how many targets a message has; see TARGMAX.
const maxTargets = 4

// say handles PRIVMSG, NOTICE and TAGMSG.
func (c *client) say(l *line) {
	tags := c.allowed(l.tags)
	switch {
	case l.param(0) == "":
		c.reply("411", "No recipient given ("+l.verb+")")
		return
	case l.verb != "TAGMSG" && l.param(1) == "":
		c.reply("412", "No text to send")
		return
	case l.verb == "TAGMSG" && len(tags) == 0:
		return
	}
	targets := strings.Split(l.param(0), ",")
	if len(targets) > maxTargets {
		c.reply("407", targets[maxTargets], "Too many targets")
		targets = targets[:maxTargets]
	}
	for _, target := range targets {
		m := c.event(l.verb, target)
		if m.clients = tags; l.verb != "TAGMSG" {
			m.params = append(m.params, l.param(1))
		}
		c.sendTo(m)
	}
}

// allowed returns those client-only tags that CLIENTTAGDENY lets through,
// message-tags "RPL_ISUPPORT Tokens"; none without message-tags, which enables
// them.
func (c *client) allowed(tags []tag) []tag {
	if !c.caps["message-tags"] {
		return nil
	}
	denied := strings.Split(c.server.cfg.TagDeny, ",")
	var out []tag
	for _, t := range tags {
		name, own := strings.CutPrefix(t.name, "+")
		blocked := denied[0] == "*" && !slices.Contains(denied, "-"+name) || slices.Contains(denied, name)
		if own && !blocked {
			out = append(out, t)
		}
	}
	return out
}

// sendTo delivers a message to its target, the first parameter.
func (c *client) sendTo(m *message) {
	target := m.params[0]
	if only, name := c.server.statusTarget(target); isChannel(name) {
		c.sendToChannel(m, only, name)
		return
	}
	to := c.server.user(target)
	if to == nil {
		c.reply("401", target, "No such nick/channel")
		return
	}
	m.params[0] = to.nick
	if keeps(m) {
		c.server.privateHistory(c, to).add(m, c.server.cfg.History)
	}
	c.echo(m)
	if m.verb != "TAGMSG" || to.caps["message-tags"] {
		plain := *m
		plain.apart = true // labeled-response: what one sends to oneself comes without the label
		to.deliver(&plain)
	}
	if to.away != "" && m.verb == "PRIVMSG" {
		c.reply("301", to.nick, to.away)
	}
}

// statusTarget cuts the marks from a target of STATUSMSG. "&" is one, and also
// how some channels begin.
func (s *Server) statusTarget(target string) (only, name string) {
	bare := strings.TrimLeft(target, marks)
	if !isChannel(bare) || s.channel(target) != nil {
		return "", target
	}
	return target[:len(target)-len(bare)], bare
}

// sendToChannel delivers a message to those in a channel with the highest of
// some marks, or to all.
func (c *client) sendToChannel(m *message, only, name string) {
	ch := c.server.channel(name)
	if ch == nil {
		c.reply("403", name, "No such channel")
		return
	}
	if !ch.lets(c) {
		c.reply("404", ch.name, "Cannot send to channel")
		return
	}
	m.params[0] = only + ch.name
	if only == "" && keeps(m) {
		ch.history.add(m, c.server.cfg.History)
	}
	for _, to := range ch.members {
		switch {
		case to.client == c,
			only != "" && !ch.is(to.client, ranks[strings.IndexByte(marks, only[len(only)-1])]),
			m.verb == "TAGMSG" && !to.client.caps["message-tags"]:
		default:
			to.client.hear(m)
		}
	}
	c.echo(m)
}

// lets tells whether a client may speak in a channel.
func (ch *channel) lets(c *client) bool {
	voice := ch.is(c, 'v')
	switch {
	case ch.of(c) == nil && ch.has('n'):
		return false
	case ch.has('m') && !voice:
		return false
	}
	return voice || !ch.listed('b', c) || ch.listed('e', c)
}

// echo gives a client its own message,
// https://ircv3.net/specs/extensions/echo-message.
func (c *client) echo(m *message) {
	if c.caps["echo-message"] && (m.verb != "TAGMSG" || c.caps["message-tags"]) {
		c.deliver(m)
	}
}

// keeps tells whether history keeps a message: typing alone is none.
func keeps(m *message) bool {
	return m.verb != "TAGMSG" || slices.ContainsFunc(m.clients, func(t tag) bool { return t.name != "+typing" })
}

// deliver sends a message that may have several lines: as a batch, or one by
// one to who does not know of these, https://ircv3.net/specs/extensions/multiline.
func (c *client) deliver(m *message) {
	if m.lines == nil {
		c.send(m)
		return
	}
	target := m.params[0]
	if !c.caps["draft/multiline"] || !c.caps["batch"] {
		c.deliverLines(m)
		return
	}
	name := c.server.token()
	start := *m
	start.verb, start.params = "BATCH", []string{"+" + name, "draft/multiline", target}
	c.send(&start)
	for _, p := range m.lines {
		c.send(&message{
			source: m.source, verb: m.verb, params: []string{target, p.text},
			at: m.at, batch: name, concat: p.concat, apart: m.apart,
		})
	}
	end := c.server.by("BATCH", "-"+name)
	end.batch, end.apart, end.at = m.batch, m.apart, m.at
	c.send(end)
}

// deliverLines sends each line that is not blank by itself; the first has the
// msgid and the client's tags.
func (c *client) deliverLines(m *message) {
	whole := *m
	for _, p := range m.lines {
		if p.text == "" {
			continue
		}
		one := whole
		one.params = []string{m.params[0], p.text}
		c.send(&one)
		whole.id, whole.clients = "", nil
	}
}
