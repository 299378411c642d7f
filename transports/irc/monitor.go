package irc

import (
	"context"
	"slices"
	"strings"

	"wherry/transports"
)

// maxMonitor is how many people are watched, where the network has no limit.
const maxMonitor = 100

// watched is whom the network tells of, https://ircv3.net/specs/extensions/monitor,
// by folded nicks.
type watched struct {
	asked map[string]transports.Address
	here  map[string]bool
	away  map[string]string // words of those who are away
}

// Watch tells whose coming and going is of interest: all of them, each time. On
// a network without MONITOR it does nothing. Available events follow.
func (s *Session) Watch(ctx context.Context, contacts []transports.Address) error {
	s.mu.Lock()
	s.contacts = slices.Clone(contacts)
	c := s.conn
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	c.watch()
	lines := c.takeReply()
	c.mu.Unlock()
	if len(lines) == 0 {
		return nil
	}
	err := c.pace.wait(ctx, false)
	if err != nil {
		err = paceError(err)
	} else {
		err = c.out.send(ctx, lines)
	}
	if err != nil {
		c.mu.Lock()
		c.watched = nil // the network does not know of it: the next time it is told all
		c.mu.Unlock()
	}
	return err
}

// watch has the network watch whom the user wants to be watched, and nobody
// else. It is called with mu held.
func (c *conn) watch() {
	c.s.mu.Lock()
	contacts := c.s.contacts
	c.s.mu.Unlock()
	if c.net.monitor == 0 || len(contacts) == 0 && c.watched == nil {
		return
	}
	w := c.watched
	if w == nil {
		w = &watched{asked: make(map[string]transports.Address), here: make(map[string]bool), away: make(map[string]string)}
		c.watched = w
	}
	wanted := make(map[string]transports.Address, len(contacts))
	var more, less []string
	for _, who := range contacts {
		key := c.fold(who.Name)
		if who.Kind != transports.Contact || !validNick(who.Name) || len(wanted) >= min(c.net.monitor, maxMonitor) {
			continue
		}
		if wanted[key] = who; w.asked[key] == none {
			more = append(more, who.Name)
		}
	}
	for key, who := range w.asked {
		if wanted[key] == none {
			less = append(less, who.Name)
			delete(w.here, key)
			delete(w.away, key)
		}
	}
	w.asked = wanted
	c.monitor("-", less)
	c.monitor("+", more)
}

// monitor sends MONITOR for some nicks, in as few lines as they fit in.
func (c *conn) monitor(change string, nicks []string) {
	slices.Sort(nicks)
	const room = maxLine - len("MONITOR + \r\n")
	for len(nicks) > 0 {
		n, size := 0, 0
		for n < len(nicks) && (n == 0 || size+1+len(nicks[n]) <= room) {
			size += 1 + len(nicks[n])
			n++
		}
		c.send("MONITOR", change, strings.Join(nicks[:n], ","))
		nicks = nicks[n:]
	}
}

// monitored handles RPL_MONONLINE and RPL_MONOFFLINE: who is there, or not.
func (c *conn) monitored(l *line) {
	here := l.verb == "730"
	if !here {
		c.freed(strings.Split(l.last(), ",")...)
	}
	if c.watched == nil {
		return
	}
	for target := range strings.SplitSeq(l.last(), ",") {
		nick, _ := splitSource(target)
		key := c.fold(nick)
		who, asked := c.watched.asked[key]
		if !asked {
			continue
		}
		if !here {
			delete(c.watched.away, key)
		}
		c.watched.here[key] = here
		words, away := c.watched.away[key]
		told := transports.Available{Contact: who, Here: here, Away: away, Text: words}
		if here {
			told.Nick = strings.Clone(nick)
		}
		c.event(told)
	}
}

// wentAway tells of somebody who is watched, by away-notify with
// extended-monitor, or in a channel with us.
func (c *conn) wentAway(l *line) {
	if c.watched == nil {
		return
	}
	nick, _ := splitSource(l.source)
	key := c.fold(nick)
	who, asked := c.watched.asked[key]
	if !asked {
		return
	}
	words, away := text(bound(l.param(0), maxLine)), l.param(0) != ""
	if delete(c.watched.away, key); away {
		c.watched.away[key] = words
	}
	c.watched.here[key] = true
	c.event(transports.Available{Contact: who, Nick: strings.Clone(nick), Here: true, Away: away, Text: words})
}

// unmonitored handles ERR_MONLISTFULL: of some the network will not tell.
func (c *conn) unmonitored(l *line) {
	if c.watched == nil {
		return
	}
	for nick := range strings.SplitSeq(l.param(2), ",") {
		key := c.fold(nick)
		delete(c.watched.asked, key)
	}
}
