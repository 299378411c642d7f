package irc

import (
	"slices"
	"strings"
)

// batch is some lines that belong together: the batch specification.
type batch struct {
	id    string
	kind  string // "netsplit", "chathistory"
	label string // of the request that it answers, or of the batch around it
	past  bool   // what is in it was long ago
}

// batches are those that the server began and did not end.
type batches []*batch

// maxBatches bounds them: no server has more than a few open at once. What
// belongs to one too many is taken as if it did not.
const maxBatches = 32

func (bs batches) find(id string) *batch {
	if id == "" {
		return nil
	}
	if i := slices.IndexFunc(bs, func(b *batch) bool { return b.id == id }); i >= 0 {
		return bs[i]
	}
	return nil
}

// batch handles BATCH: "+id kind params…" begins one, "-id" ends it.
func (c *conn) batch(l *line) {
	id := l.param(0)
	switch {
	case len(id) < 2:
	case id[0] == '+' && len(c.batches) < maxBatches && c.batches.find(id[1:]) == nil:
		b := &batch{id: strings.Clone(id[1:]), kind: strings.ToLower(l.param(1)), label: strings.Clone(c.label(l))}
		around := c.batches.find(l.tag(tagBatch))
		b.past = around != nil && around.past || b.kind == "chathistory" || b.kind == "znc.in/playback"
		c.batches = append(c.batches, b)
	case id[0] == '-':
		c.batches = slices.DeleteFunc(c.batches, func(b *batch) bool { return b.id == id[1:] })
		if len(c.batches) == 0 {
			c.batches = nil
		}
	}
}

// moves are the lines that change who is in a channel, or what it is.
var moves = map[string]bool{"JOIN": true, "KICK": true, "MODE": true, "NICK": true, "PART": true, "QUIT": true, "TOPIC": true}

// past tells whether a line tells of what was long ago, so that who is in a
// channel does not change by it.
func (c *conn) past(l *line) bool {
	b := c.batches.find(l.tag(tagBatch))
	return b != nil && b.past
}

// splits tells whether a line is of servers that lost each other.
func (c *conn) splits(l *line) bool {
	b := c.batches.find(l.tag(tagBatch))
	return b != nil && b.kind == "netsplit"
}
