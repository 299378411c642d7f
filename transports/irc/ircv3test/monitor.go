package ircv3test

import (
	"slices"
	"strconv"
	"strings"
)

// monitor handles MONITOR, https://ircv3.net/specs/extensions/monitor.
func (c *client) monitor(l *line) {
	targets := strings.FieldsFunc(l.param(1), func(r rune) bool { return r == ',' })
	switch strings.ToUpper(l.param(0)) {
	case "+":
		c.watch(targets)
	case "-":
		for _, nick := range targets {
			delete(c.monitors, c.server.fold(nick))
		}
	case "C":
		clear(c.monitors)
	case "L":
		c.chain("732", c.watched(), false)
		c.reply("733", "End of MONITOR list")
	case "S":
		c.tellStates(c.watched())
	default:
		c.reply("461", l.verb, "Not enough parameters")
	}
}

func (c *client) watch(targets []string) {
	var added []string
	for i, nick := range targets {
		key := c.server.fold(nick)
		if _, has := c.monitors[key]; has || !c.server.validNick(nick) {
			continue
		}
		if len(c.monitors) >= c.server.cfg.Monitor {
			c.tellStates(added)
			c.reply("734", strconv.Itoa(c.server.cfg.Monitor), strings.Join(targets[i:], ","), "Monitor list is full.")
			return
		}
		c.monitors[key] = nick
		added = append(added, nick)
	}
	c.tellStates(added)
}

// watched returns the nicks a client monitors, as it wrote them.
func (c *client) watched() []string {
	var all []string
	for _, nick := range c.monitors {
		all = append(all, nick)
	}
	slices.Sort(all)
	return all
}

func (c *client) tellStates(nicks []string) {
	var on, off []string
	for _, nick := range nicks {
		if u := c.server.user(nick); u != nil {
			on = append(on, u.mask())
		} else {
			off = append(off, nick)
		}
	}
	c.chain("730", on, false)
	c.chain("731", off, false)
}

// chain sends a list of targets, as many as a line takes at a time.
func (c *client) chain(code string, targets []string, apart bool) {
	for len(targets) > 0 {
		n, size := 0, 0
		for n < len(targets) && (n == 0 || size+len(targets[n]) < 400) {
			size += len(targets[n]) + 1
			n++
		}
		m := c.server.by(code, c.name(), strings.Join(targets[:n], ","))
		m.text, m.apart = true, apart
		c.send(m)
		targets = targets[n:]
	}
}

// watchers returns who monitors a nick.
func (s *Server) watchers(key string) []*client {
	var all []*client
	for _, u := range s.sorted() {
		if _, has := u.monitors[key]; has {
			all = append(all, u)
		}
	}
	return all
}

func (s *Server) online(c *client) {
	for _, w := range s.watchers(s.fold(c.nick)) {
		w.chain("730", []string{c.mask()}, true)
	}
}

func (s *Server) offline(key, nick string) {
	for _, w := range s.watchers(key) {
		w.chain("731", []string{nick}, true)
	}
}
