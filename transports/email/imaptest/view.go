package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

// sync brings what a client knows of its mailbox to what there is, and returns the
// lines that tell it. The caller holds mu.
func (c *conn) sync() string {
	b := c.box
	if b == nil || c.seen == b.modseq {
		return ""
	}
	var lines strings.Builder
	if c.expunges != b.expunges {
		there := make(map[*message]bool, len(b.all))
		for _, m := range b.all {
			there[m] = true
		}
		left := make([]*message, 0, len(b.all))
		for _, m := range c.view {
			if there[m] {
				left = append(left, m)
			} else {
				fmt.Fprintf(&lines, "* %d EXPUNGE\r\n", len(left)+1)
			}
		}
		// What is left of the view is the beginning of all, in its order.
		c.view, c.expunges = b.all[:len(left)], b.expunges
	}
	known := len(c.view)
	if c.view = b.all; len(c.view) != known {
		fmt.Fprintf(&lines, "* %d EXISTS\r\n* 0 RECENT\r\n", len(c.view))
	}
	for i, m := range c.view[:known] {
		if m.modseq > c.seen {
			fmt.Fprintf(&lines, "* %d FETCH (UID %d FLAGS (%s))\r\n", i+1, m.UID, strings.Join(m.Flags, " "))
		}
	}
	c.seen = b.modseq
	return lines.String()
}

// enter selects a mailbox; nil is none.
func (c *conn) enter(b *mailbox, readOnly bool) {
	if c.box != nil {
		delete(c.box.conns, c)
	}
	c.box, c.readOnly, c.view = b, readOnly, nil
	if b != nil {
		b.conns[c] = true
		c.view, c.seen, c.expunges = b.all, b.modseq, b.expunges
	}
}

// numbers are the messages a set of UIDs or sequence numbers names: positions in
// the view.
func (c *conn) numbers(set string, uid bool) ([]int, error) {
	last := uint32(len(c.view))
	if uid && last > 0 {
		last = c.view[last-1].UID
	}
	var found []int
	for part := range strings.SplitSeq(set, ",") {
		low, high, err := span(part, last)
		if err != nil {
			return nil, err
		}
		from, to := 0, 0
		if uid {
			from, _ = slices.BinarySearchFunc(c.view, low, compareUID)
			if to, _ = slices.BinarySearchFunc(c.view, high, compareUID); to < len(c.view) && c.view[to].UID == high {
				to++
			}
		} else {
			from, to = int(low)-1, min(int(high), len(c.view))
			if low == 0 || int(low) > len(c.view) {
				return nil, fmt.Errorf("there is no message %s", part)
			}
		}
		for i := from; i < to; i++ {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func compareUID(m *message, uid uint32) int {
	switch {
	case m.UID < uid:
		return -1
	case m.UID > uid:
		return 1
	}
	return 0
}

// span is a part of a set: "3", "3:7", "3:*".
func span(part string, last uint32) (low, high uint32, err error) {
	from, to, ranged := strings.Cut(part, ":")
	if !ranged {
		to = from
	}
	for _, end := range []struct {
		text string
		at   *uint32
	}{{from, &low}, {to, &high}} {
		if end.text == "*" {
			*end.at = last
		} else if _, err := fmt.Sscanf(end.text, "%d", end.at); err != nil {
			return 0, 0, fmt.Errorf("no number: %q", end.text)
		}
	}
	return min(low, high), max(low, high), nil
}
