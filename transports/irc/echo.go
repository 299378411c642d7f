package irc

import (
	"slices"
	"strings"

	"wherry/transports"
)

// echo is a message of ours that the server will show us: echo-message.
type echo struct {
	spoken
	target string // folded
	text   string
}

// echoes are those that it has not shown yet, the oldest first.
type echoes []echo

// maxEchoes is how many are waited for. More than that never wait for an answer
// of a server that gives any.
const maxEchoes = 64

func (es *echoes) add(e echo) {
	if len(*es) == maxEchoes {
		*es = slices.Delete(*es, 0, 1)
	}
	*es = append(*es, e)
}

// take takes out the oldest that fits.
func (es *echoes) take(fits func(echo) bool) (echo, bool) {
	i := slices.IndexFunc(*es, fits)
	if i < 0 {
		return echo{}, false
	}
	e := (*es)[i]
	if *es = slices.Delete(*es, i, i+1); len(*es) == 0 {
		*es = nil
	}
	return e, true
}

// echoed tells whether a line from us is the echo of a message that went out
// here; then it is said that the network has it. Without a label it is known
// by where it goes and what it says. What another program of the user's said is
// none.
func (c *conn) echoed(l *line, body string, style transports.Style) bool {
	if c.caps&capEcho == 0 || len(c.echoes) == 0 || l.past() {
		return false
	}
	label := c.label(l)
	target := c.fold(l.param(0))
	e, ok := c.echoes.take(func(e echo) bool {
		if label != "" {
			return label == e.id
		}
		return e.target == target && same(e.text, body)
	})
	if !ok {
		return false
	}
	at, _ := c.stamp(l)
	c.inChat(e.chat, transports.Status{Chat: e.chat, ID: e.id, State: transports.Echoed, As: strings.Clone(l.msgID()), Time: at}, false)
	return true
}

// same tells whether a server may have made one text of the other: some drop
// colours, or cut what makes the line longer than it may be with our mask.
func same(said, shown string) bool {
	return said == shown || len(said) > longSaid && len(shown) > longSaid/2 && strings.HasPrefix(said, shown) ||
		plain(scanCodes(said)) == plain(scanCodes(shown))
}

// longSaid is the shortest text, in bytes, that a server may have to cut.
const longSaid = 300
