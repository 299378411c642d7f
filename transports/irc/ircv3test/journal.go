package ircv3test

import (
	"context"
	"slices"
	"sync"
)

// maxJournal is how many lines are remembered; the oldest are forgotten.
const maxJournal = 1 << 16

// entry is a line, and whose it is.
type entry struct {
	client *client
	text   string
	done   bool // it was handled
}

// journal remembers lines and lets tests wait for them.
type journal struct {
	mu      sync.Mutex // guards all below
	entries []entry
	first   int           // how many were forgotten
	more    chan struct{} // closed by the next line
	seen    map[string]int
}

func newJournal() *journal {
	return &journal{more: make(chan struct{}), seen: make(map[string]int)}
}

// add notes a line, and returns what notes that it was handled: an answer may be
// there before that, and then the line is to be known.
func (j *journal) add(c *client, text string) (done func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.entries) >= maxJournal {
		j.first += maxJournal / 2
		j.entries = slices.Clone(j.entries[maxJournal/2:])
	}
	j.entries = append(j.entries, entry{client: c, text: text})
	at := j.first + len(j.entries) - 1
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		if at >= j.first {
			j.entries[at-j.first].done = true
		}
		close(j.more)
		j.more = make(chan struct{})
	}
}

// wait returns the first line that is right and was handled, behind the one that the last call
// with the same key returned.
func (j *journal) wait(ctx context.Context, key string, right func(entry) bool) (string, error) {
	for {
		j.mu.Lock()
		// All of them again: whose a line is may be known later than the line.
		for at := max(j.seen[key], j.first); at < j.first+len(j.entries); at++ {
			e := j.entries[at-j.first]
			if !e.done {
				break
			}
			if right(e) {
				j.seen[key] = at + 1
				j.mu.Unlock()
				return e.text, nil
			}
		}
		more := j.more
		j.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// all returns the lines that are right.
func (j *journal) all(right func(entry) bool) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var texts []string
	for _, e := range j.entries {
		if right(e) {
			texts = append(texts, e.text)
		}
	}
	return texts
}
