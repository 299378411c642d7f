package irc

import (
	"slices"
	"strings"
)

// Bounds of all batches that are open on a connection. What is beyond them is
// handled before the batch's end, or left out.
const (
	maxBatches    = 32
	maxBatchDepth = 4
	maxBatchLines = 5000
	maxBatchBytes = 1 << 20
)

// batch is lines that belong together, https://ircv3.net/specs/extensions/batch.
type batch struct {
	open    string // the line that opened it
	ref     string
	kind    string
	params  []string // without the kind
	label   string   // of the request that it answers
	parent  *batch
	items   []item // what it has so far, where that is to be handled as one
	lines   int    // of an outermost one: how many it and those within have
	bytes   int
	spilled bool // of an outermost one: it became too large, and was handled
}

// item is a part of a batch: a line, or a batch within it.
type item struct {
	text  string
	batch *batch
}

// collected tells the kinds of batches that are handled as one, at their end.
var collected = map[string]bool{
	"chathistory":               true,
	"draft/chathistory-targets": true,
	"draft/multiline":           true,
	"netjoin":                   true,
	"netsplit":                  true,
}

// answers returns the label of the request that a batch, or one around it,
// answers, or nothing.
func (b *batch) answers() string {
	for ; b != nil; b = b.parent {
		if b.label != "" {
			return b.label
		}
	}
	return ""
}

// top returns the outermost batch around b that is handled as one, or nil.
func (b *batch) top() *batch {
	var top *batch
	for ; b != nil; b = b.parent {
		if collected[b.kind] {
			top = b
		}
	}
	return top
}

// past tells whether a line tells of what was long ago, so that nobody comes or
// goes by it.
func (l *line) past() bool { return l.batch.within("chathistory", "znc.in/playback") }

// splits tells whether a line is of servers that lost each other.
func (l *line) splits() bool { return l.batch.within("netsplit") }

// within tells whether a batch, or one around it, is of these kinds.
func (b *batch) within(kinds ...string) bool {
	for ; b != nil; b = b.parent {
		if slices.Contains(kinds, b.kind) {
			return true
		}
	}
	return false
}

// collects finds the batch of a line. It tells whether the line waits for that
// batch's end.
func (c *conn) collects(l *line) bool {
	if len(c.batches) == 0 || l.tags == "" {
		return false
	}
	if l.batch = c.batches[l.tag(tagBatch)]; l.batch == nil || l.verb == "BATCH" {
		return false
	}
	if l.batch.top() == nil {
		return false
	}
	return c.collect(l.batch, item{text: l.text})
}

// collect adds to a batch. It tells whether that waits there: it does not in a
// batch that is too large to be handled as one.
func (c *conn) collect(b *batch, it item) bool {
	top := b.top()
	if top.spilled {
		return top.kind != "netsplit" && top.kind != "netjoin"
	}
	b.items = append(b.items, it)
	top.lines++
	top.bytes += len(it.text)
	lines, bytes := 0, 0
	for _, b := range c.batches {
		lines, bytes = lines+b.lines, bytes+b.bytes
	}
	if lines > maxBatchLines || bytes > maxBatchBytes {
		c.assembled(top)
		top.spilled = true
		top.items, top.lines, top.bytes = nil, 0, 0
	}
	return true
}

// batched handles BATCH: one that begins, or ends.
func (c *conn) batched(l *line) {
	ref := l.param(0)
	switch {
	case strings.HasPrefix(ref, "+"):
		c.openBatch(l, ref[1:])
	case strings.HasPrefix(ref, "-"):
		if b := c.batches[ref[1:]]; b != nil {
			c.closeBatch(b)
		}
	}
}

func (c *conn) openBatch(l *line, ref string) {
	depth := 1
	for b := l.batch; b != nil; b = b.parent {
		depth++
	}
	if ref == "" || c.batches[ref] != nil || len(c.batches) == maxBatches || depth > maxBatchDepth || len(l.params) < 2 {
		return
	}
	b := &batch{
		open: l.text, ref: ref, kind: strings.ToLower(l.param(1)), params: append([]string(nil), l.params[2:]...),
		label: l.tag(tagLabel), parent: l.batch,
	}
	if c.batches == nil {
		c.batches = make(map[string]*batch)
	}
	c.batches[ref] = b
	if l.batch.top() != nil {
		c.collect(l.batch, item{text: b.open, batch: b})
	}
}

// closeBatch ends a batch, and those within it that are still open.
func (c *conn) closeBatch(b *batch) {
	for _, within := range c.batches {
		if within.parent == b {
			c.closeBatch(within)
		}
	}
	delete(c.batches, b.ref)
	if len(c.batches) == 0 {
		c.batches = nil
	}
	if top := b.top(); top == b && !b.spilled {
		c.assembled(b)
	}
	if b.label != "" {
		c.fetched(b.label)
	}
}

// assembled handles a batch as one.
func (c *conn) assembled(b *batch) {
	switch b.kind {
	case "netsplit", "netjoin":
		c.gathering = true
		c.gathered = len(c.events)
		b.each(c.dispatch)
		c.gathering = false
	case "chathistory":
		if sk := c.seekOf(b.answers()); sk != nil {
			c.sift(sk, b)
			return
		}
		c.playback(b)
	case "draft/chathistory-targets":
		b.each(c.historyTarget)
	case "draft/multiline":
		c.multiline(b, false)
	}
}

// each hands the lines of a batch on, without those of batches within.
func (b *batch) each(handle func(*line)) {
	for _, it := range b.items {
		var l line
		if it.batch == nil && l.parse(it.text) {
			l.batch = b
			handle(&l)
		}
	}
}

// multiline handles a message of several lines,
// https://ircv3.net/specs/extensions/multiline. It looks like one line that has
// the tags of the batch.
func (c *conn) multiline(b *batch, old bool) {
	whole, ok := b.joined()
	switch {
	case !ok:
	case old:
		c.played(&whole)
	default:
		c.dispatch(&whole)
	}
}

// joined returns the message of several lines that a batch is.
func (b *batch) joined() (whole line, ok bool) {
	var body strings.Builder
	begun := false
	b.each(func(l *line) {
		switch {
		case l.verb != "PRIVMSG" && l.verb != "NOTICE" || begun && l.verb != whole.verb:
			return
		case body.Len()+len(l.param(1)) >= maxMultilineBytes:
			return // no network allows so much
		case !begun:
			whole.source, whole.verb, begun = l.source, l.verb, true
		case !l.has(tagConcat):
			body.WriteByte('\n')
		}
		body.WriteString(l.param(1))
	})
	if !begun || len(b.params) == 0 {
		return whole, false
	}
	var opened line
	opened.parse(b.open)
	whole.tags, whole.batch = opened.tags, b.parent
	if opened.source != "" {
		whole.source = opened.source
	}
	whole.params = []string{b.params[0], body.String()}
	return whole, true
}
