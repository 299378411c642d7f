package irc

import (
	"slices"

	"wherry/transports"
)

// Bounds of what is held back in a channel while we wait for what was said
// before.
const (
	maxHeld      = 256
	maxHeldBytes = 256 << 10
)

// gap is what a channel needs until it is known what was said before.
type gap struct {
	held []transports.Event // said since we are there
	size int                // bytes of what these say
	ids  map[string]bool    // of lines that were handed on
}

// had notes that a line was handed on, and tells whether it was before.
func (p *gap) had(id string) bool {
	if p == nil || id == "" {
		return false
	}
	if p.ids[id] {
		return true
	}
	if p.ids == nil {
		p.ids = make(map[string]bool)
	}
	if len(p.ids) < 2*maxPast {
		p.ids[id] = true
	}
	return false
}

// echo takes out the echo of ours that the network calls by an id, if it is held
// back.
func (p *gap) echo(id string) (transports.Event, bool) {
	if p == nil || id == "" {
		return nil, false
	}
	for i, e := range p.held {
		if st, ok := e.(transports.Status); ok && st.As == id {
			p.held = slices.Delete(p.held, i, i+1)
			return e, true
		}
	}
	return nil, false
}

// inChat hands on what happened in a chat: in a channel whose past is not known
// yet, after that.
func (c *conn) inChat(chat transports.Address, e transports.Event, old bool) {
	ch := c.at(chat)
	if ch == nil || ch.gap == nil || old {
		c.handOn(chat, e)
		return
	}
	if m, ok := e.(transports.Received); ok {
		ch.gap.size += len(m.Message.Text)
	}
	if len(ch.gap.held) < maxHeld && ch.gap.size <= maxHeldBytes {
		ch.gap.held = append(ch.gap.held, e)
		return
	}
	c.release(ch)
	c.handOn(chat, e)
}

// release hands on what was held back in a channel.
func (c *conn) release(ch *channel) {
	p := ch.gap
	if p == nil || ch.joining {
		return
	}
	ch.gap = nil
	for _, e := range p.held {
		if m, ok := e.(transports.Received); !ok || !p.had(messageKey(m.Message.ID, m.Message.Time, m.Message.Nick, m.Message.Text)) {
			c.handOn(ch.address, e)
		}
	}
}

// handOn hands on what happened in a chat, and notes how far that is.
func (c *conn) handOn(chat transports.Address, e transports.Event) {
	c.event(e)
	switch e := e.(type) {
	case transports.Received:
		if c.has(capsHistory) {
			m := &e.Message
			c.passed(chat, m.Time, messageKey(m.ID, m.Time, m.Nick, m.Text))
		}
	case transports.Status:
		c.passed(chat, e.Time, e.As)
	}
}
