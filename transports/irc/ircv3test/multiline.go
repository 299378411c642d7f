package ircv3test

import (
	"strconv"
	"strings"
)

// openBatch is a batch that a client has begun,
// https://ircv3.net/specs/extensions/client-batch.
type openBatch struct {
	name, target, verb string
	tags               []tag
	label              string
	lines              []part
	bytes              int
	dead               bool // what comes is ignored
}

// inBatch takes a line that belongs to the client's batch.
func (c *client) inBatch(l *line) bool {
	name, tagged := l.tag("batch")
	if !tagged || c.batch == nil || name != c.batch.name {
		return tagged && l.verb != "BATCH" // of a batch that never began
	}
	if b := c.batch; !b.dead {
		if problem := c.addLine(b, l); problem != nil {
			b.dead = true
			c.answerBatch(b, func() { c.fail(append([]string{"BATCH"}, problem...)...) })
		}
	}
	return true
}

// addLine takes one line of a message, or tells what is wrong with it:
// https://ircv3.net/specs/extensions/multiline "Errors".
func (c *client) addLine(b *openBatch, l *line) []string {
	if l.verb != "PRIVMSG" && l.verb != "NOTICE" || b.verb != "" && b.verb != l.verb || len(l.params) < 2 {
		return []string{"MULTILINE_INVALID", "Invalid multiline batch"}
	}
	if c.server.fold(l.param(0)) != c.server.fold(b.target) {
		return []string{"MULTILINE_INVALID_TARGET", b.target, l.param(0), "Invalid multiline target"}
	}
	for _, t := range l.tags {
		if t.name != "batch" && t.name != "draft/multiline-concat" {
			return []string{"MULTILINE_INVALID", "Invalid multiline batch"}
		}
	}
	_, concat := l.tag("draft/multiline-concat")
	if concat && l.param(1) == "" {
		return []string{"MULTILINE_INVALID", "Invalid multiline batch with concatenated blank line"}
	}
	b.verb = l.verb
	if b.bytes += len(l.param(1)); len(b.lines) > 0 && !concat {
		b.bytes++
	}
	b.lines = append(b.lines, part{l.param(1), concat && len(b.lines) > 0})
	switch most, rows := c.server.cfg.MultilineMax, c.server.cfg.MultilineRows; {
	case len(b.lines) > rows:
		return []string{"MULTILINE_MAX_LINES", strconv.Itoa(rows), "Multiline batch max-lines exceeded"}
	case b.bytes > most:
		return []string{"MULTILINE_MAX_BYTES", strconv.Itoa(most), "Multiline batch max-bytes exceeded"}
	}
	return nil
}

// openOrClose handles BATCH.
func (c *client) openOrClose(l *line) {
	if name, opens := strings.CutPrefix(l.param(0), "+"); opens {
		c.openBatch(name, l)
		return
	}
	if name, closes := strings.CutPrefix(l.param(0), "-"); closes {
		if b := c.batch; b != nil && b.name == name {
			c.batch = nil
			if !b.dead {
				c.answerBatch(b, func() { c.deliverBatch(b) })
			}
			return
		}
	}
	c.fail("BATCH", "INVALID_REFTAG", l.param(0), "There is no such batch")
}

func (c *client) openBatch(name string, l *line) {
	b := &openBatch{name: name, target: l.param(2), tags: c.allowed(l.tags)}
	c.batch = b
	_, nested := l.tag("batch")
	switch kind := l.param(1); {
	case name == "" || strings.IndexFunc(name, func(r rune) bool { return r != '-' && notAlphanumeric(r) }) >= 0:
		b.dead = true
		c.fail("BATCH", "INVALID_REFTAG", name, "Invalid reference tag")
	case kind != "draft/multiline" || !c.caps["draft/multiline"]:
		b.dead = true
		c.fail("BATCH", "UNKNOWN_TYPE", name, kind, "Unknown batch type")
	case nested || b.target == "":
		b.dead = true
		c.fail("BATCH", "MULTILINE_INVALID", "Invalid multiline batch")
	default:
		b.label = c.label
	}
}

// answerBatch runs what answers a batch, under the label of its beginning.
func (c *client) answerBatch(b *openBatch, run func()) {
	if b.label == "" || c.label != "" {
		run()
		return
	}
	c.label = b.label
	run()
	answers := c.capture
	c.capture, c.label = nil, ""
	c.answer(b.label, answers)
	b.label = ""
}

// deliverBatch sends a whole message of several lines.
func (c *client) deliverBatch(b *openBatch) {
	blank := true
	for _, p := range b.lines {
		blank = blank && p.text == ""
	}
	if blank {
		c.fail("BATCH", "MULTILINE_INVALID", "Invalid multiline batch with blank lines only")
		return
	}
	m := c.event(b.verb, b.target)
	m.clients, m.lines = b.tags, b.lines
	c.sendTo(m)
}
