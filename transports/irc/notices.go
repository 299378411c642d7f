package irc

import (
	"strings"

	"wherry/transports"
)

// The choices of which of a network's own words are shown, as messages of its
// address. What answers a line of the user's is shown whichever it is.
const (
	noticesAll       = "all"       // greetings, numbered replies and all
	noticesImportant = "important" // what its operators say to everybody, and that a password is wanted
	noticesNone      = "none"
)

// noticesField asks which.
func noticesField(on transports.Settings) transports.Field {
	value := on[fieldNotices]
	if value == "" {
		value = noticesImportant
	}
	return transports.Field{
		Name: fieldNotices, Kind: transports.Choice, Value: value, Label: transports.T("What the network itself says"),
		Help: transports.T("It comes from the address of the network."),
		Options: []transports.Option{
			{Value: noticesAll, Label: transports.T("All of it, its greeting too")},
			{Value: noticesImportant, Label: transports.T("Only what is important")},
			{Value: noticesNone, Label: transports.T("Nothing but answers")},
		},
	}
}

// parseNotices reads the choice.
func parseNotices(value string) (string, error) {
	switch value = strings.ToLower(strings.TrimSpace(value)); value {
	case "":
		return noticesImportant, nil
	case noticesAll, noticesImportant, noticesNone:
		return value, nil
	}
	return "", fieldError(fieldNotices, transports.Malformed, transports.T("What is shown is all, important or none."))
}

// greetingMost is how much of a greeting is kept, in bytes.
const greetingMost = 8 << 10

// greeted takes a line of a log-in to what is shown once it is over: a server
// says it in one go, and so it is shown.
func (c *conn) greeted(l *line) {
	if c.s.who.notices != noticesAll || len(c.reg.greeting) > greetingMost || l.verb == "004" || l.verb == "005" {
		return
	}
	said := ""
	switch {
	case l.numeric() && c.reg.welcomed || l.verb == "001":
		said = text(strings.Join(l.params[min(1, len(l.params)):], " "))
	case l.verb == "NOTICE" && (isServer(l.source) || l.source == ""):
		said = text(l.last())
	}
	if said != "" {
		c.reg.greeting += said + "\n"
	}
}

// showGreeting shows what a server said while we logged in, as one message.
func (c *conn) showGreeting(greeting string) {
	if greeting = strings.TrimSpace(greeting); greeting != "" {
		c.event(transports.Received{Message: transports.Message{Chat: c.network(), Text: greeting}})
	}
}

// network returns the address of the network itself.
func (c *conn) network() transports.Address {
	return transports.Address{Kind: transports.Network, Scope: c.s.scope}
}

// serverSays shows what the network itself says, as far as the user wants that.
func (c *conn) serverSays(l *line) {
	if c.s.who.notices == noticesNone || c.reg != nil || l.past() {
		return
	}
	if words, ok := c.toEverybody(l); ok {
		if words != "" && c.counts().spoke.takes(c.heard, spokeMost) {
			c.event(transports.Received{Message: transports.Message{Chat: c.network(), Style: transports.Notice, Text: words}})
		}
		return
	}
	if c.s.who.notices == noticesAll && c.talks(l) && c.counts().spoke.takes(c.heard, spokeMost) {
		c.showRaw(l, false)
	}
}

// toEverybody returns what an operator or a server says to all, if a line is
// that.
func (c *conn) toEverybody(l *line) (words string, ok bool) {
	switch l.verb {
	case "WALLOPS", "GLOBOPS":
		words = l.param(0)
	case "NOTICE", "PRIVMSG":
		if !strings.HasPrefix(l.param(0), "$") {
			return "", false
		}
		words = l.param(1)
	default:
		return "", false
	}
	if strings.HasPrefix(words, "\x01") {
		return "", true
	}
	return text(words), true
}

// spokeMost is how many lines of the network's own are shown in ten seconds.
const spokeMost = 100

// talks tells whether a line is one that the server says by itself, and that
// means nothing to us.
func (c *conn) talks(l *line) bool {
	switch {
	case l.verb == "NOTICE":
		return isServer(l.source)
	case l.verb == "WARN", l.verb == "NOTE":
		return true
	case l.numeric():
		_, known := numerics[l.verb]
		return !known && l.verb[0] != '4' && l.verb[0] != '5' && failures[l.verb].text.IsZero() && !answers[l.verb] && !c.busy()
	}
	return false
}

// answers are numbered replies that only the gateway asks for.
var answers = map[string]bool{
	"315": true, "321": true, "329": true, "352": true, "354": true, "732": true, "733": true,
}
