package ircv3test

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// reference is a place in a history: a message, or a time.
type reference struct {
	all bool // "*"
	id  string
	at  time.Time
}

// parseReference reads "msgid=…" or "timestamp=…".
func parseReference(text string) (reference, bool) {
	kind, value, _ := strings.Cut(text, "=")
	switch kind {
	case "msgid":
		return reference{id: value}, value != ""
	case "timestamp":
		at, err := time.Parse(timeLayout, value)
		return reference{at: at}, err == nil
	}
	return reference{}, false
}

// around returns how many messages are before a reference, and how many are
// before or at it.
func (r reference) around(h *history, list []*stored) (before, upTo int, ok bool) {
	number := 0
	if r.id != "" {
		m := h.find(r.id)
		if m == nil {
			return 0, 0, false
		}
		number = m.number
	}
	for _, m := range list {
		less, same := m.number < number, m.number == number
		if r.id == "" {
			less, same = millis(m.at) < millis(r.at), millis(m.at) == millis(r.at)
		}
		if less {
			before++
		}
		if less || same {
			upTo++
		}
	}
	return before, upTo, true
}

// chathistory handles CHATHISTORY, https://ircv3.net/specs/extensions/chathistory.
func (c *client) chathistory(l *line) {
	sub := strings.ToUpper(l.param(0))
	count, known := map[string]int{"LATEST": 4, "BEFORE": 4, "AFTER": 4, "AROUND": 4, "BETWEEN": 5, "TARGETS": 4}[sub]
	invalid := func(why string, context ...string) {
		c.fail(append(append([]string{"CHATHISTORY", "INVALID_PARAMS", l.param(0)}, context...), why)...)
	}
	switch {
	case !known:
		if l.param(0) == "" {
			l.params = []string{"*"}
		}
		invalid("Unknown command")
		return
	case len(l.params) < count:
		invalid("Insufficient parameters")
		return
	case len(l.params) > count:
		invalid("Too many parameters")
		return
	}
	limit, err := strconv.Atoi(l.params[count-1])
	if err != nil || limit <= 0 {
		invalid("Invalid limit", l.params[count-1])
		return
	}
	limit = min(limit, c.server.cfg.HistoryPage)
	target, texts := l.param(1), l.params[2:count-1]
	if sub == "TARGETS" {
		target, texts = "", l.params[1:3]
	}
	var refs []reference
	for _, text := range texts {
		ref, ok := reference{all: true}, sub == "LATEST" && text == "*"
		if !ok {
			ref, ok = parseReference(text)
		}
		if !ok || sub == "TARGETS" && ref.id != "" {
			invalid("Invalid timestamp", text)
			return
		}
		refs = append(refs, ref)
	}
	if sub == "TARGETS" {
		c.sendTargets(refs[0].at, refs[1].at, limit)
		return
	}
	h, name := c.historyOf(target)
	if h == nil {
		c.fail("CHATHISTORY", "INVALID_TARGET", l.param(0), target, "Messages could not be retrieved")
		return
	}
	list, ok := choose(sub, h, c.visible(h), refs, limit)
	if !ok {
		c.fail("CHATHISTORY", "MESSAGE_ERROR", l.param(0), target, "Messages could not be retrieved")
		return
	}
	c.playback(name, list)
}

// choose returns the messages that a subcommand is for; false if a reference is
// unknown.
func choose(sub string, h *history, list []*stored, refs []reference, limit int) ([]*stored, bool) {
	first := func(l []*stored) []*stored { return l[:min(limit, len(l))] }
	last := func(l []*stored) []*stored { return l[max(0, len(l)-limit):] }
	if refs[0].all {
		return last(list), true
	}
	before, upTo, ok := refs[0].around(h, list)
	if !ok {
		return nil, false
	}
	switch sub {
	case "BEFORE":
		return last(list[:before]), true
	case "AFTER":
		return first(list[upTo:]), true
	case "LATEST":
		return last(list[upTo:]), true
	case "AROUND":
		return first(list[max(0, before-limit/2):]), true
	}
	toBefore, toUpTo, ok := refs[1].around(h, list)
	switch {
	case !ok:
		return nil, false
	case upTo <= toBefore:
		return first(list[upTo:toBefore]), true
	case toUpTo <= before:
		return last(list[toUpTo:before]), true
	}
	return nil, true
}

// playback sends old messages as a batch.
func (c *client) playback(name string, list []*stored) {
	c.inside("chathistory", []string{name}, func(batch string) {
		for _, m := range list {
			old := *m.message
			old.batch = batch
			c.deliver(&old)
			if m.redact != nil && c.caps["draft/message-redaction"] {
				gone := *m.redact
				gone.batch = batch
				c.send(&gone)
			}
		}
	})
}

// inside runs send, which sends messages of a batch; the batch has no name for
// clients that know none.
func (c *client) inside(kind string, params []string, send func(batch string)) {
	if !c.caps["batch"] {
		send("")
		return
	}
	name := c.server.token()
	c.send(c.server.by("BATCH", append([]string{"+" + name, kind}, params...)...))
	send(name)
	c.send(c.server.by("BATCH", "-"+name))
}

// sendTargets tells whose history has its latest message between two times.
func (c *client) sendTargets(from, to time.Time, limit int) {
	type target struct {
		name string
		at   time.Time
	}
	var list []target
	low, high := min(millis(from), millis(to)), max(millis(from), millis(to))
	add := func(name string, h *history) {
		if seen := c.visible(h); len(seen) > 0 {
			if at := seen[len(seen)-1].at; low < millis(at) && millis(at) < high {
				list = append(list, target{name, at})
			}
		}
	}
	for _, ch := range c.channels {
		add(ch.name, &ch.history)
	}
	for pair, h := range c.server.private {
		one, other, _ := strings.Cut(pair, " ")
		switch c.owner() {
		case one:
			add(h.names[other], h)
		case other:
			add(h.names[one], h)
		}
	}
	slices.SortFunc(list, func(a, b target) int {
		if n := a.at.Compare(b.at); n != 0 {
			return n
		}
		return strings.Compare(a.name, b.name)
	})
	if from.After(to) {
		list = list[max(0, len(list)-limit):]
	} else {
		list = list[:min(limit, len(list))]
	}
	c.inside("draft/chathistory-targets", nil, func(batch string) {
		for _, t := range list {
			m := c.server.by("CHATHISTORY", "TARGETS", t.name, t.at.UTC().Format(timeLayout))
			m.batch = batch
			c.send(m)
		}
	})
}
