package irc

import (
	"context"
	"strings"

	"wherry/transports"
)

// SetModes sends changes of modes as the user wrote them. Without any it asks
// which modes the channel has.
func (s *Session) SetModes(ctx context.Context, room transports.Address, changes string) (said string, err error) {
	var asked *request
	err = s.inChannel(ctx, room, "MODE", func(c *conn, ch *channel, r *request) ([]byte, error) {
		asked = r
		r.room, r.lists = ch.key, true
		before := ch.modes
		if c.bouncer { // where nothing but a change tells that it was done
			r.settled = func() bool { return ch.modes != before }
		}
		words := strings.Fields(singleLine(changes))
		for _, word := range words {
			r.words = append(r.words, c.fold(word))
		}
		lines, err := appendLine(nil, "MODE", append([]string{ch.name}, words...)...)
		if err != nil {
			return nil, malformed(transports.T("That is no line of IRC."))
		}
		return c.fenced(r, lines)
	})
	if err != nil {
		return "", err
	}
	return strings.Join(asked.said, "\n"), nil
}

// saidMost is how many lines of a list are shown.
const saidMost = 50

// modesSaid takes a line of the server's that answers a MODE of the user's: the
// modes of a channel, or an entry of one of its lists. It reports false where
// nobody asked that.
func (c *conn) modesSaid(l *line) bool {
	r := c.find("MODE", c.fold(l.param(1)))
	if r == nil || !r.lists || len(l.params) < 3 {
		return false
	}
	if len(r.said) < saidMost {
		r.said = append(r.said, text(strings.Join(l.params[2:min(len(l.params), 5)], " ")))
	} else if len(r.said) == saidMost {
		r.said = append(r.said, "…")
	}
	return true
}

// listEntry handles an entry of one of a channel's lists that nobody else reads.
func (c *conn) listEntry(l *line) { c.modesSaid(l) }

// listEnded handles the end of one of a channel's lists.
func (c *conn) listEnded(l *line) {
	if r := c.find("MODE", c.fold(l.param(1))); r != nil && r.lists && r.fence == "" {
		c.complete(r, nil)
	}
}
