package ircv3test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
)

// namesCommand handles NAMES for one channel.
func (c *client) namesCommand(l *line) {
	name := l.param(0)
	if ch := c.server.channel(name); ch != nil && c.sees(ch) {
		c.names(ch)
		return
	}
	if name == "" {
		name = "*"
	}
	c.reply("366", name, "End of /NAMES list")
}

// names lists the members of a channel, as many as a line takes at a time.
func (c *client) names(ch *channel) {
	kind := "="
	if ch.has('s') {
		kind = "@"
	} else if ch.has('p') {
		kind = "*"
	}
	room := maxRest - 2 - len(":"+c.server.cfg.Name+" 353  "+c.nick+" "+kind+" "+ch.name+" :")
	text := ""
	flush := func() {
		if text != "" {
			c.reply("353", kind, ch.name, text)
		}
		text = ""
	}
	for _, m := range ch.members {
		name := m.marks(c.caps["multi-prefix"]) + m.client.nick
		if c.caps["userhost-in-names"] {
			name = m.marks(c.caps["multi-prefix"]) + m.client.mask()
		}
		if len(text)+len(name)+1 > room {
			flush()
		}
		text = strings.TrimPrefix(text+" "+name, " ")
	}
	flush()
	c.reply("366", ch.name, "End of /NAMES list")
}

// list handles LIST, with the conditions that ELIST=MNU tells of: masks, masks
// that must not fit, and numbers of users.
func (c *client) list(l *line) {
	c.reply("321", "Channel", "Users  Name")
	keys := make([]string, 0, len(c.server.channels))
	for key := range c.server.channels {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		ch := c.server.channels[key]
		if c.sees(ch) && c.server.elist(ch, l.param(0)) {
			c.reply("322", ch.name, strconv.Itoa(len(ch.members)), ch.topic)
		}
	}
	c.reply("323", "End of /LIST")
}

// elist tells whether a channel meets all conditions on numbers, and one of the
// masks if there are any.
func (s *Server) elist(ch *channel, conditions string) bool {
	masks, fits := 0, false
	for condition := range strings.SplitSeq(conditions, ",") {
		switch {
		case condition == "":
		case condition[0] == '<' || condition[0] == '>':
			n, err := strconv.Atoi(condition[1:])
			if err == nil && (condition[0] == '<' && len(ch.members) >= n || condition[0] == '>' && len(ch.members) <= n) {
				return false
			}
		case condition[0] == '!':
			if s.matches(condition[1:], ch.name) {
				return false
			}
		default:
			masks++
			fits = fits || s.matches(condition, ch.name)
		}
	}
	return masks == 0 || fits
}

// topic handles TOPIC.
func (c *client) topic(l *line) {
	if len(l.params) == 1 {
		if ch := c.in(l.param(0)); ch != nil {
			if ch.topic == "" {
				c.reply("331", ch.name, "No topic is set")
				return
			}
			c.tellTopic(ch)
		}
		return
	}
	ch := c.in(l.param(0))
	if ch != nil && ch.has('t') && !ch.is(c, 'h') {
		c.reply("482", ch.name, "You're not channel operator")
		return
	}
	if ch != nil {
		text := ircmsg.TruncateUTF8Safe(l.param(1), c.server.cfg.TopicLen)
		ch.topic, ch.topicBy, ch.topicAt = text, c.mask(), c.server.now()
		ch.tell(c.event("TOPIC", ch.name, text), nil, c.server.cfg.History)
	}
}

func (c *client) tellTopic(ch *channel) {
	c.reply("332", ch.name, ch.topic)
	c.reply("333", ch.name, ch.topicBy, strconv.FormatInt(ch.topicAt.Unix(), 10))
}
