package component

import (
	"slices"
	"strings"

	"wherry/component/stanza"
	"wherry/transports"
)

// recent remembers the last messages that were sent, by the network's ids, so
// that a failure which is told later finds the stanza it is about; and the last
// failures of messages that are not known to be sent yet, for the network may
// be faster than we are.
type recent struct {
	entries []sentMessage // a ring once it is full
	next    int
	early   []transports.Status
}

const recentSize = 16

type sentMessage struct {
	chat   transports.Address
	ids    []string
	header stanza.Header
	lines  []string // the stanza-ids under which it was recorded
}

// add remembers a message. It returns the failure that came before it, if one
// did.
func (r *recent) add(chat transports.Address, ids []string, m *stanza.Message) *transports.Status {
	if len(ids) == 0 {
		return nil
	}
	for i := range r.early {
		if r.early[i].Chat == chat && slices.Contains(ids, r.early[i].ID) {
			st := r.early[i]
			r.early = slices.Delete(r.early, i, i+1)
			return &st
		}
	}
	entry := sentMessage{chat: chat, ids: ids, header: r.kept(&m.Header)}
	if len(r.entries) < recentSize {
		r.entries = append(r.entries, entry)
		return nil
	}
	r.entries[r.next] = entry
	r.next = (r.next + 1) % recentSize
	return nil
}

// kept returns a header in memory of its own, which the last ones share as far as
// they are the same.
func (r *recent) kept(h *stanza.Header) stanza.Header {
	if n := len(r.entries); n > 0 {
		last := r.entries[(r.next+n-1)%n].header
		if last.From == h.From && last.To == h.To && last.Type == h.Type && last.Lang == h.Lang {
			last.ID = strings.Clone(h.ID)
			return last
		}
	}
	return h.Clone()
}

// recorded notes under which stanza-ids a message was recorded that was added.
func (r *recent) recorded(chat transports.Address, ids, lines []string) {
	for n := range r.entries { // the last one first: it is that, mostly
		e := &r.entries[(r.next+2*recentSize-1-n)%len(r.entries)]
		if len(r.entries) < recentSize {
			e = &r.entries[len(r.entries)-1-n]
		}
		if e.chat == chat && slices.Equal(e.ids, ids) {
			e.lines = lines
			return
		}
	}
}

// failed returns the message that a failure is about, once, and the stanza-ids
// under which it was recorded. Where there is none yet, the failure is kept for
// it.
func (r *recent) failed(st transports.Status) (m *stanza.Message, lines []string) {
	for i := range r.entries {
		e := &r.entries[i]
		if e.chat == st.Chat && slices.Contains(e.ids, st.ID) {
			m, lines = &stanza.Message{Header: e.header}, e.lines
			*e = sentMessage{}
			return m, lines
		}
	}
	if len(r.early) == recentSize {
		r.early = slices.Delete(r.early, 0, 1)
	}
	r.early = append(r.early, st)
	return nil, nil
}
