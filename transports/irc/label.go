package irc

import (
	"slices"

	"wherry/transports"
)

// label returns the label of a line, or of the batch that it is in:
// labeled-response.
func (c *conn) label(l *line) string {
	if label := l.tag(tagLabel); label != "" {
		return label
	}
	return l.batch.answers()
}

// labelled returns the message of ours that a line answers by its label.
func (c *conn) labelled(l *line) (spoken, bool) {
	label := c.label(l)
	if label == "" {
		return spoken{}, false
	}
	if i := slices.IndexFunc(c.recent, func(s spoken) bool { return s.id == label }); i >= 0 {
		s := c.recent[i]
		c.recent = slices.Delete(c.recent, i, i+1)
		return s, true
	}
	e, ok := c.echoes.take(func(e echo) bool { return e.id == label })
	return e.spoken, ok
}

// byLabel returns the request that a line answers by its label, or nil.
func (c *conn) byLabel(l *line) *request {
	label := c.label(l)
	if label == "" {
		return nil
	}
	for _, r := range c.requests {
		if r.label == label {
			return r
		}
	}
	return nil
}

// acknowledged handles ACK: the network did what a line asked, and has no more
// to say of it.
func (c *conn) acknowledged(l *line) {
	if c.fetched(c.label(l)) {
		return
	}
	if r := c.byLabel(l); r != nil {
		c.complete(r, nil)
	} else if e, ok := c.echoes.take(func(e echo) bool { return e.id == c.label(l) }); ok {
		c.event(transports.Status{Chat: e.chat, ID: e.id, State: transports.Echoed})
	}
}
