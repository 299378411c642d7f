package irc

import (
	"strings"
	"time"

	"wherry/transports"
)

// ending is why a server ends a connection. There are no numerics for most of
// that, only servers' own words.
type ending uint8

const (
	broken    ending = iota // something else, that may pass by itself
	tooFast                 // who comes, came too soon after another of the same address
	tooMany                 // as many are there from the same address as may be
	noRoom                  // as many are there as may be
	badPass                 // the server has a password
	goingDown               // the server stops
	banned                  // it does not want us
)

// endings are the signs of each kind in the last words of a server, as ngircd,
// InspIRCd, ircd-hybrid, solanum, UnrealIRCd and those that came from them have
// them. Reasons of bans may say anything, so that the first that fits counts.
var endings = []struct {
	kind  ending
	signs []string
}{
	{broken, []string{"killed (", "(quit:"}}, // with words of people behind
	{tooFast, []string{"throttle", "connect too fast", "connecting too fast", "connect too many times", "too many times in too short"}},
	{tooMany, []string{
		"too many connections from", "too many host connections", "too many local connections", "too many global connections",
		"too many user connections", "too many unknown connections", "too many connections", "no more connections allowed from",
	}},
	{badPass, []string{"bad password", "password incorrect", "password mismatch", "invalid password", "wrong password", "password was incorrect"}},
	{noRoom, []string{
		"server is full", "server full", "class is full", "no more connections allowed in your", "all connections in use",
	}},
	{banned, []string{
		"k-line", "g-line", "z-line", "d-line", "q-line", "r-line", "x-line", "kline", "gline", "zline", "dline", "akill", "autokill", "banned", "blacklist", "blocklist",
		"dnsbl", "not welcome", "not authori", "unauthori", "access denied", "not allowed to connect",
	}},
	{goingDown, []string{"shutdown", "shutting down", "going down", "restart", "server terminat", "terminating"}},
}

// endingOf sorts the last words of a server.
func endingOf(words string) ending {
	words = strings.ToLower(words)
	if rest, ok := strings.CutPrefix(words, "closing link:"); ok { // and then whose: that says nothing
		_, words, _ = strings.Cut(strings.TrimSpace(rest), " ")
	}
	for _, row := range endings {
		for _, sign := range row.signs {
			if strings.Contains(words, sign) {
				return row.kind
			}
		}
	}
	return broken
}

// How long a network is left alone that closed a connection.
const (
	// briefly is how long at least a server keeps out who comes too soon after
	// another of the same address. Defaults of servers are 2 s and more. Somebody
	// who waits to be let in for the first time is tried that often, so that they
	// do not wait for longer than a client does.
	briefly   = 3 * time.Second
	briefMost = 3
	// After that it is longer each time: who goes on is banned by some servers.
	fastFirst = time.Minute
	fastMost  = 30 * time.Minute

	manyWait = 5 * time.Minute
	fullWait = 2 * time.Minute
	downWait = 10 * time.Second
	banWait  = 6 * time.Hour
)

// closedByServer is the server's last word.
func (c *conn) closedByServer(l *line) { c.end(c.closed(endingOf(l.words()), l.words())) }

// banned handles ERR_YOUREBANNEDCREEP and ERR_NOPERMFORHOST, by which some servers
// tell of less than a ban.
func (c *conn) banned(l *line) {
	kind := endingOf(l.words())
	if kind == broken || kind == goingDown {
		kind = banned
	}
	c.end(c.closed(kind, l.words()))
}

// closed returns what it means that a server ended the connection. What keeps
// people out counts while one comes only.
func (c *conn) closed(kind ending, words string) error {
	host := c.s.who.host
	if kind == broken || c.reg == nil && kind != banned && kind != goingDown {
		return &transports.Error{Kind: transports.Unreachable, Text: transports.T("The network closed the connection: %s", words)}
	}
	switch kind {
	case tooFast:
		return &transports.Error{Kind: transports.Busy, After: c.s.turnedAway(), Text: transports.T("%s lets nobody in so fast. It will be tried again later. The network says: %s", host, words)}
	case tooMany:
		return &transports.Error{Kind: transports.Busy, After: manyWait, Text: transports.T("%s takes no more connections from this gateway now. It will be tried again later. The network says: %s", host, words)}
	case noRoom:
		return &transports.Error{Kind: transports.Full, After: fullWait, Text: transports.T("%s is full. It will be tried again later. The network says: %s", host, words)}
	case badPass:
		return fieldError(fieldPass, transports.Credentials, transports.T("The network refused the server password: %s", words))
	case goingDown:
		return &transports.Error{Kind: transports.Unreachable, After: downWait, Text: transports.T("The network closed the connection: %s", words)}
	}
	return &transports.Error{Kind: transports.Forbidden, After: banWait, Text: transports.T("The network does not let us in: %s", words)}
}

// turnedAway returns how long to leave a server alone that we came to too fast.
func (s *Session) turnedAway() time.Duration {
	s.turned++
	if !s.welcome && s.turned <= briefMost {
		return briefly
	}
	n := s.turned - 1
	if !s.welcome {
		n -= briefMost
	}
	return min(fastFirst<<min(n, 10), fastMost)
}
