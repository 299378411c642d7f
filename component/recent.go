package component

import (
	"wherry/component/stanza"
	"wherry/transports"
)

// recent remembers the last messages that were sent, by the network's ids, so
// that a failure which is told later finds the stanza it is about.
type recent struct {
	entries []sentMessage // a ring once it is full
	next    int
}

const recentSize = 16

type sentMessage struct {
	chat   transports.Address
	ids    []string
	header stanza.Header
}

// add remembers a message.
func (r *recent) add(chat transports.Address, ids []string, m *stanza.Message) {
	if len(ids) == 0 {
		return
	}
	if len(r.entries) < recentSize {
		r.entries = append(r.entries, sentMessage{chat, ids, m.Header.Clone()})
		return
	}
	r.entries[r.next] = sentMessage{chat, ids, m.Header.Clone()}
	r.next = (r.next + 1) % recentSize
}

// find returns the message of an id, once, or nil.
func (r *recent) find(chat transports.Address, id string) *stanza.Message {
	for i := range r.entries {
		e := &r.entries[i]
		if e.chat != chat {
			continue
		}
		for _, known := range e.ids {
			if known == id {
				m := &stanza.Message{Header: e.header}
				*e = sentMessage{}
				return m
			}
		}
	}
	return nil
}
