package irc

import (
	"math/rand/v2"
	"strconv"

	"wherry/transports"
)

// maxTries is how many alternates of a nick are asked for.
const maxTries = 8

// takenNick goes on with another nick where the wanted one is taken.
func (c *conn) takenNick(l *line) {
	if c.reg.welcomed { // some request of ours
		c.numeric(l)
		return
	}
	c.tryNick(l, c.s.who.nick)
}

// badNick goes on with another nick where the network does not allow the
// wanted one.
func (c *conn) badNick(l *line) {
	switch {
	case c.reg.welcomed:
		c.numeric(l)
	case c.s.trial && c.reg.tries == 0:
		c.end(fieldError(fieldNick, transports.Malformed, transports.T("The network does not allow the nick %s: %s", c.s.who.nick, l.words())))
	default:
		c.reg.tries = max(c.reg.tries, 2) // only short ones now
		c.tryNick(l, plainNick(c.s.who.nick))
	}
}

func (c *conn) tryNick(l *line, base string) {
	if c.reg.tries >= maxTries {
		c.end(fieldError(fieldNick, transports.Conflict, transports.T("No nick like %s is free: %s", c.s.who.nick, l.words())))
		return
	}
	c.reg.tries++
	c.send("NICK", alternate(base, c.reg.tries))
}

// shortNick is the length every network allows: RFC 2812 §1.2.1.
const shortNick = 9

// alternate returns the try-th other nick for one that is not free: with "_",
// "__", then with random digits in the length every network allows.
func alternate(nick string, try int) string {
	switch try {
	case 1:
		return nick + "_"
	case 2:
		return nick + "__"
	}
	digits := strconv.Itoa(100 + rand.IntN(900))
	return plainNick(nick)[:min(len(plainNick(nick)), shortNick-len(digits))] + digits
}

// plainNick returns the nick nearest to nick that RFC 2812 §2.3.1 allows.
func plainNick(nick string) string {
	out := make([]byte, 0, len(nick))
	for i := range len(nick) {
		c := nick[i]
		first := c >= 'A' && c <= '}' // letters and []\`_^{|}
		if first || len(out) > 0 && (c == '-' || c >= '0' && c <= '9') {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return "guest"
	}
	return string(out)
}
