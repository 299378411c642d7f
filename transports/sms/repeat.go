package sms

import (
	"slices"
	"time"

	"wherry/transports"
)

// A machine that answers a machine says the same again and again. Every text
// costs: such a conversation is stopped.
const (
	repeatsMost   = 5
	repeatsWithin = 10 * time.Minute
)

// repetition is one message of a text to somebody.
type repetition struct {
	id string // ours: a message that is tried again is no other
	at time.Time
}

// repeats notes a message, and tells whether the same was said to somebody more
// often than it may be in a short time.
func (m *memory) repeats(msg transports.Message, most int, now time.Time) bool {
	key := msg.Chat.Name + "\x00" + digest(msg.Subject+"\x00"+msg.Text)
	for _, a := range msg.Attachments {
		key += "\x00" + digest(a.Ref)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before, _ := m.sent.get(key)
	var lately []repetition
	for _, r := range before {
		if now.Sub(r.at) < repeatsWithin {
			lately = append(lately, r)
		}
	}
	if slices.ContainsFunc(lately, func(r repetition) bool { return r.id == msg.ID }) {
		return false
	}
	if len(lately) >= most {
		m.sent.put(key, lately)
		return true
	}
	m.sent.put(key, append(lately, repetition{msg.ID, now}))
	return false
}
