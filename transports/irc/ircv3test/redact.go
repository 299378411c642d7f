package ircv3test

import "strconv"

// redact handles REDACT, https://ircv3.net/specs/extensions/message-redaction:
// by who wrote a message, or by a half-operator.
func (c *client) redact(l *line) {
	target, id := l.param(0), l.param(1)
	h, name := c.historyOf(target)
	if h == nil {
		c.fail("REDACT", "INVALID_TARGET", target, "You cannot delete messages from "+target)
		return
	}
	m := h.find(id)
	if m == nil || m.redact != nil || m.verb != "PRIVMSG" && m.verb != "NOTICE" && m.verb != "TAGMSG" {
		c.fail("REDACT", "UNKNOWN_MSGID", target, id, "This message does not exist or is too old")
		return
	}
	ch := c.server.channel(name)
	mine := m.owner == c.owner()
	window := c.server.cfg.RedactWindow
	switch {
	case !mine && (ch == nil || !ch.is(c, 'h')):
		c.fail("REDACT", "REDACT_FORBIDDEN", target, id, "You are not authorised to delete this message")
		return
	case mine && window > 0 && c.server.now().Sub(m.at) > window:
		c.fail("REDACT", "REDACT_WINDOW_EXPIRED", target, id, strconv.Itoa(int(window.Seconds())), "You can no longer delete this message")
		return
	}
	r := c.from("REDACT", name, id)
	if reason := l.param(2); reason != "" {
		r.params = append(r.params, reason)
	}
	r.at = c.server.now()
	m.redact = r
	var to []*client
	if ch != nil {
		for _, other := range ch.members {
			to = append(to, other.client)
		}
	} else if u := c.server.user(name); u != nil {
		to = append(to, u)
	}
	for _, u := range to {
		if u != c && u.caps["draft/message-redaction"] {
			u.send(r)
		}
	}
	if c.caps["echo-message"] {
		c.send(r)
	}
}
