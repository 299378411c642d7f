package irc

import (
	"context"
	"slices"
	"strings"
	"time"

	"wherry/transports"
)

// rawLines is how long, and how much of it, what the server says is shown to a
// user who sent it a line of their own.
type rawLines struct {
	verb  string // of that line
	until time.Time
	left  int
}

const (
	rawWithin = 10 * time.Second
	rawMost   = 200 // lines of the server
)

// notRaw are the commands that users do not send by themselves: they would break
// what the gateway does with the connection.
var notRaw = []string{"AUTHENTICATE", "CAP", "JOIN", "PASS", "PING", "PONG", "QUIT", "SERVER", "STARTTLS", "USER"}

// sendRaw sends a line of the user's own. What the server says to it is shown as
// messages of the network's.
func (s *Session) sendRaw(ctx context.Context, c *conn, text string) (transports.Sent, error) {
	var l line
	if strings.ContainsAny(text, "\r\n\x00") || !l.parse(text) {
		return transports.Sent{}, malformed(transports.T("That is no line of IRC."))
	}
	switch {
	case l.tags != "" || l.source != "":
		return transports.Sent{}, malformed(transports.T("That is no line of IRC."))
	case slices.Contains(notRaw, l.verb):
		return transports.Sent{}, &transports.Error{Kind: transports.NotAllowed,
			Text: transports.T("%s is the gateway's to say. Join and leave rooms with your client.", l.verb)}
	case s.speech().size(text)+len("\r\n") > maxLine:
		return transports.Sent{}, &transports.Error{Kind: transports.TooLong, Text: transports.T("That is too long for one line of IRC.")}
	}
	if err := c.pace.wait(ctx, false); err != nil {
		return transports.Sent{}, paceError(err)
	}
	c.mu.Lock()
	c.raw = &rawLines{verb: l.verb, until: time.Now().Add(rawWithin), left: rawMost}
	c.mu.Unlock()
	if err := c.out.send(ctx, []byte(text+"\r\n")); err != nil {
		return transports.Sent{}, err
	}
	return transports.Sent{}, nil
}

// shows tells whether a line of the server's is shown as the answer to a line of
// the user's: numerics that tell nothing else, and what the server says.
func (r *rawLines) shows(c *conn, l *line) bool {
	if r == nil || r.left == 0 || c.reg != nil || c.heard.After(r.until) {
		return false
	}
	switch {
	case l.numeric():
		joined := l.verb == "324" || l.verb == "329" // the gateway asks for these in each channel
		return !c.busy() && (!joined || r.verb == "MODE") && !c.who.answeredBy(c, l) && !(l.verb == "303" && c.claim.polled)
	case l.verb == "NOTICE":
		return isServer(l.source)
	case l.verb == "BOUNCER": // its list of networks
		return true
	case l.verb == "FAIL", l.verb == "WARN", l.verb == "NOTE":
		return !c.busy()
	}
	return false
}

// busy tells whether the gateway asked something itself, whose answers nobody
// wants to see.
func (c *conn) busy() bool {
	return len(c.requests) > 0 || slices.ContainsFunc(c.channels, (*channel).quiet)
}

// showRaw shows a line of the server's, or that there are more. Those of one step
// are one message.
func (c *conn) showRaw(l *line, last bool) {
	words := l.params
	if len(words) > 1 || l.numeric() {
		words = words[min(1, len(words)):] // else our nick
	}
	said := text(strings.Join(words, " "))
	if said == "" {
		return
	}
	if last {
		said = "…"
	}
	chat := c.network()
	if n := len(c.events); n > 0 {
		if last, ok := c.events[n-1].(transports.Received); ok && last.Message.Chat == chat && len(last.Message.Text) < rawText {
			last.Message.Text += "\n" + said
			c.events[n-1] = last
			return
		}
	}
	c.event(transports.Received{Message: transports.Message{Chat: chat, Text: said}})
}

// rawText is how long one message of a server's lines gets, in bytes.
const rawText = 4000
