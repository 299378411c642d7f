package irc

import (
	"errors"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"

	"wherry/transports"
)

// A bouncer such as soju has several networks, of which one connection has one:
// https://soju.im/ext/bouncer-networks. The user names it; a bouncer lists names
// and ids only to whom it let in, so the first connection may be for that alone.

// choice is the list of a bouncer's networks, as it comes.
type choice struct {
	id    string // of the wanted one
	names []string
	count int
}

const (
	maxBound    = 1000 // networks of a bouncer that are looked at
	maxNames    = 20   // and told to the user, where none of them is wanted
	networkList = "wherry-networks"
)

// netid returns the id to bind to; empty where it must be asked for.
func (s *Session) netid() string {
	switch {
	case s.bound != "":
		return s.bound
	case !s.listed && strings.Trim(s.who.network, "0123456789") == "":
		return s.who.network
	}
	return ""
}

// ready ends the negotiation: all is known that must be before the log-in.
func (c *conn) ready() {
	if c.s.who.network != "" && c.reason == nil {
		if c.caps&capNetworks == 0 {
			c.end(c.unbound(transports.Unsupported, transports.T("%s is no bouncer with several networks.", c.s.who.dialled())))
			return
		}
		if id := c.s.netid(); id != "" {
			c.send("BOUNCER", "BIND", id)
		}
	}
	c.send("CAP", "END")
}

// choosing asks for the bouncer's networks where that must be. It tells whether
// the log-in waits for them.
func (c *conn) choosing() bool {
	if c.s.who.network == "" || c.s.netid() != "" {
		return false
	}
	c.reg.choice = new(choice)
	c.send("BOUNCER", "LISTNETWORKS")
	c.send("PING", networkList)
	return true
}

// networkTold handles a line of the list.
func (c *conn) networkTold(l *line) {
	ch := c.reg.choice
	id, attributes := l.param(1), l.param(2)
	if ch == nil || !strings.EqualFold(l.param(0), "NETWORK") || attributes == "*" || ch.count == maxBound || !validID(id) {
		return
	}
	ch.count++
	name := attribute(attributes, "name")
	if name == "" {
		name = attribute(attributes, "host")
	}
	if wanted := c.s.who.network; ch.id == "" && (strings.EqualFold(wanted, name) || wanted == id) {
		ch.id = strings.Clone(id)
	}
	if name = singleLine(bound(name, maxName)); len(ch.names) < maxNames && name != "" {
		ch.names = append(ch.names, strings.Clone(name))
	}
}

// networksTold is the end of the list: now it is known where to.
func (c *conn) networksTold(l *line) {
	ch := c.reg.choice
	switch {
	case ch == nil || l.last() != networkList:
	case ch.id != "":
		c.end(&redo{network: ch.id})
	default:
		c.end(c.unbound(transports.NotFound,
			transports.T("Your bouncer has no network %s. It has these: %s", c.s.who.network, strings.Join(ch.names, ", "))))
	}
}

// registerFailed handles FAIL during a log-in.
func (c *conn) registerFailed(l *line) {
	switch {
	case !strings.EqualFold(l.param(0), "BOUNCER") || c.s.who.network == "":
		c.standardFail(l)
	case strings.EqualFold(l.param(1), "INVALID_NETID") && !c.s.listed: // it was a name, or is another one by now
		c.s.listed = true
		c.reply = nil
		c.end(new(redo))
	default:
		c.s.bound, c.s.listed = "", false
		c.end(c.unbound(transports.NotFound, transports.T("Your bouncer does not let you have the network %s: %s", c.s.who.network, l.words())))
	}
}

// unbound is why a log-in ends without the bouncer's network.
func (c *conn) unbound(kind transports.ErrorKind, text transports.Text) error {
	if c.s.trial || kind != transports.Unsupported {
		return fieldError(fieldBouncer, kind, text)
	}
	return &transports.Error{Kind: transports.Unreachable, Text: text, Err: errors.New("no bouncer")}
}

// validID tells whether an id can be said in a line.
func validID(id string) bool {
	return id != "" && id[0] != ':' && len(id) <= maxName && !strings.ContainsAny(id, " \r\n\x00")
}

// attribute returns one of attributes in the format of tags.
func attribute(attributes, name string) string {
	for pair := range strings.SplitSeq(attributes, ";") {
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return ircmsg.UnescapeTagValue(value)
		}
	}
	return ""
}
