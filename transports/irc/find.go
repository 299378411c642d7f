package irc

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"wherry/transports"
)

// Find looks for a message to somebody in what the network keeps of the
// conversation, https://ircv3.net/specs/extensions/chathistory. It never says
// that one was not sent: networks do not keep all, and not for everybody.
func (s *Session) Find(ctx context.Context, m transports.Message, since time.Time, known func(id string) bool) (*transports.Sent, error) {
	c, err := s.live()
	if err != nil {
		return nil, err
	}
	if m.Chat.Kind != transports.Contact || !c.keeps() {
		return nil, errCannot
	}
	if err := c.pace.wait(ctx, false); err != nil {
		return nil, paceError(err)
	}
	sk, lines, err := c.seek(m, since)
	if err != nil {
		return nil, err
	}
	defer c.forgetSeek(sk)
	if err := c.out.send(ctx, lines); err != nil {
		return nil, err
	}
	late := time.NewTimer(pastWait)
	defer late.Stop()
	select {
	case <-sk.done:
		if !sk.whole {
			return nil, disconnected(errClosed)
		}
	case <-late.C:
		return nil, errTimeout(nil)
	case <-ctx.Done():
		return nil, errTimeout(ctx.Err())
	}
	for _, id := range sk.ids {
		if !known(id) {
			return &transports.Sent{IDs: []string{id}}, nil
		}
	}
	return nil, errCannot
}

// keeps tells whether the network keeps what was said.
func (c *conn) keeps() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.has(capsHistory)
}

// seek is a message that is looked for. It is the connection's until done is
// closed.
type seek struct {
	label  string
	target string // folded
	body   string // as the network would show it
	style  transports.Style
	ids    []string // the network's, of what may be it, in order
	whole  bool     // that is all
	done   chan struct{}
}

// seekSlack is how much earlier than it can have been said a message is looked
// for: the network's clock is not ours.
const seekSlack = 5 * time.Second

// seek begins to look for a message, and returns the line that asks.
func (c *conn) seek(m transports.Message, since time.Time) (*seek, []byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	target, err := c.target(m.Chat)
	if err != nil {
		return nil, nil, err
	}
	sk := &seek{label: c.mint(), target: c.fold(target), body: c.compose(nil, &m, target).body, style: m.Style, done: make(chan struct{})}
	after := "timestamp=" + since.Add(-seekSlack-max(c.skew, 0)).UTC().Format(timeLayout)
	lines, err := appendTagged(nil, []tag{{tagLabel, sk.label}}, "CHATHISTORY", "AFTER", target, after, strconv.Itoa(c.page()))
	if err != nil {
		return nil, nil, errCannot
	}
	c.seeks = append(c.seeks, sk)
	return sk, lines, nil
}

func (c *conn) forgetSeek(sk *seek) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seeks = slices.DeleteFunc(c.seeks, func(other *seek) bool { return other == sk })
}

// seekOf returns what an answer of a label is about, or nil.
func (c *conn) seekOf(label string) *seek {
	if i := slices.IndexFunc(c.seeks, func(sk *seek) bool { return sk.label == label }); i >= 0 {
		return c.seeks[i]
	}
	return nil
}

// sought follows the end of an answer. It tells whether we asked.
func (c *conn) sought(label string) bool {
	sk := c.seekOf(label)
	if sk == nil {
		return false
	}
	sk.whole = true
	close(sk.done)
	c.seeks = slices.DeleteFunc(c.seeks, func(other *seek) bool { return other == sk })
	return true
}

// sift notes what of a conversation may be the message.
func (c *conn) sift(sk *seek, b *batch) {
	for _, it := range b.items {
		var l line
		if it.batch != nil {
			whole, ok := it.batch.joined()
			if !ok {
				continue
			}
			l = whole
		} else if !l.parse(it.text) {
			continue
		}
		style := transports.Say
		switch l.verb {
		case "PRIVMSG":
		case "NOTICE":
			style = transports.Notice
		default:
			continue
		}
		nick, _ := splitSource(l.source)
		body, style, ok := said(l.param(1), style)
		if ok && c.isMe(nick) && style == sk.style && l.msgID() != "" && c.fold(l.param(0)) == sk.target && same(sk.body, body) {
			sk.ids = append(sk.ids, strings.Clone(l.msgID()))
		}
	}
}
