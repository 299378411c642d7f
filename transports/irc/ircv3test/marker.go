package ircv3test

import (
	"strings"
	"time"
)

// markRead handles MARKREAD, https://ircv3.net/specs/extensions/read-marker.
func (c *client) markRead(l *line) {
	target := l.param(0)
	if target == "" {
		c.fail("MARKREAD", "NEED_MORE_PARAMS", "Missing parameters")
		return
	}
	if !c.server.offers("draft/read-marker") {
		c.reply("421", l.verb, "Unknown command")
		return
	}
	if len(l.params) > 1 {
		text, _ := strings.CutPrefix(l.param(1), "timestamp=")
		at, err := time.Parse(timeLayout, text)
		if err != nil || text == l.param(1) {
			c.fail("MARKREAD", "INVALID_PARAMS", l.param(1), "Invalid parameters")
			return
		}
		if c.setMarker(target, at) {
			return
		}
	}
	c.sendMarker(target)
}

// setMarker moves a marker forward and tells all clients of the user; false if
// it is there already.
func (c *client) setMarker(target string, at time.Time) bool {
	s, owner, key := c.server, c.owner(), c.server.fold(target)
	if !at.After(s.markers[owner][key]) {
		return false
	}
	if s.markers[owner] == nil {
		s.markers[owner] = make(map[string]time.Time)
	}
	s.markers[owner][key] = at
	c.sendMarker(target)
	for _, other := range s.sorted() {
		if other != c && other.owner() == owner && other.caps["draft/read-marker"] {
			other.sendMarker(target)
		}
	}
	return true
}

// sendMarker tells up to where the user has read.
func (c *client) sendMarker(target string) {
	shown := "*"
	if at := c.server.markers[c.owner()][c.server.fold(target)]; !at.IsZero() {
		shown = "timestamp=" + at.UTC().Format(timeLayout)
	}
	c.send(c.server.by("MARKREAD", target, shown))
}
