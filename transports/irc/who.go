package irc

import (
	"strings"
	"unique"

	"github.com/ergochat/irc-go/ircmsg"

	"wherry/transports"
)

// who is what is asked of the people in channels once these are joined: their
// accounts, which a network without more tells of at no other time, so that who
// they are does not change when they first speak. https://ircv3.net/specs/extensions/whox
type who struct {
	wanted []string // channels, folded, in the order in which they were joined
	asked  string   // the one whose answer comes; empty: none
	told   []*user  // those of it of whom something new was told
}

const (
	whoMost   = 300   // people in a channel; of larger ones nothing is asked
	whoToken  = "733" // by which the answers to ours are known
	whoFields = "%tuhnfar," + whoToken
	maxReal   = 100  // bytes of a name
	maxReals  = 1000 // people whose names are kept
)

// wantWho has the people of a channel asked for, in its turn.
func (c *conn) wantWho(ch *channel) {
	if c.net.whox && len(ch.members) <= whoMost && len(ch.members) > 1 {
		if c.who == nil {
			c.who = new(who)
		}
		c.who.wanted = append(c.who.wanted, ch.key)
	}
}

// askWho asks for the people of the next channel, when the answer to the last
// question is there: one at a time, however many were joined.
func (c *conn) askWho() {
	for c.who != nil && c.who.asked == "" && len(c.who.wanted) > 0 {
		key := c.who.wanted[0]
		c.who.wanted = c.who.wanted[1:]
		if ch := c.channels.find(key); ch != nil && !ch.quiet() {
			c.who.asked, c.who.told = key, nil
			c.send("WHO", ch.name, whoFields)
		}
	}
}

// answeredBy tells whether a line is part of an answer to us.
func (w *who) answeredBy(c *conn, l *line) bool {
	switch {
	case w == nil || w.asked == "":
		return false
	case l.verb == "354":
		return l.param(1) == whoToken
	}
	return l.verb == "315" && c.fold(l.param(1)) == w.asked
}

// refusedBy handles a refusal to say who is there: no more is asked.
func (w *who) refusedBy(l *line) bool {
	if w == nil || w.asked == "" || l.verb != "263" && l.verb != "421" || !strings.EqualFold(l.param(1), "WHO") {
		return false
	}
	*w = who{}
	return true
}

// whoIs handles RPL_WHOSPCRPL: user, host, nick, flags, account and name.
func (c *conn) whoIs(l *line) {
	if !c.who.answeredBy(c, l) || len(l.params) < 8 {
		return
	}
	u := c.userOf(l.param(4))
	if u == nil {
		return
	}
	was := *u
	u.at(l.param(2) + "@" + l.param(3))
	u.account = account(l.param(6))
	flags := l.param(5)
	u.bot = u.bot || c.net.bot != 0 && strings.IndexByte(flags, c.net.bot) >= 0
	if c.has(capAwayNotify) { // else nobody tells when they are back
		u.away = strings.HasPrefix(flags, "G")
	}
	c.callReally(u, l.param(7))
	if *u != was {
		c.who.told = append(c.who.told, u)
	}
}

// endOfWho tells of all that is new, in each channel at once.
func (c *conn) endOfWho(l *line) {
	if !c.who.answeredBy(c, l) {
		return
	}
	told := c.who.told
	c.who.asked, c.who.told = "", nil
	for _, ch := range c.channels {
		var occupants []transports.Occupant
		for _, u := range told {
			if st, in := ch.members[u]; in && !ch.quiet() {
				occupants = append(occupants, c.occupant(ch, u, st))
			}
		}
		if len(occupants) > 0 {
			c.event(transports.Changed{Room: ch.address, Occupants: occupants})
		}
	}
}

// nameChanged handles SETNAME.
func (c *conn) nameChanged(l *line) {
	nick, _ := splitSource(l.source)
	if u := c.userOf(nick); u != nil {
		c.callReally(u, l.param(0))
	}
}

// callReally notes what somebody is called besides their nick.
func (c *conn) callReally(u *user, name string) {
	name = ircmsg.TruncateUTF8Safe(strings.TrimSpace(plain(scanCodes(name))), maxReal)
	switch {
	case name == "" || strings.EqualFold(name, u.nick):
		delete(c.reals, u)
		return
	case c.reals == nil:
		c.reals = make(map[*user]shared)
	}
	if _, known := c.reals[u]; known || len(c.reals) < maxReals {
		c.reals[u] = unique.Make(name)
	}
}

// RealName returns what somebody who is in a channel with us is called besides
// their nick, as far as the network told it.
func (s *Session) RealName(who transports.Address) string {
	c, err := s.live()
	if err != nil {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if u := c.userOf(who.Name); u != nil && c.reals != nil {
		if name, known := c.reals[u]; known {
			return name.Value()
		}
	}
	return ""
}
