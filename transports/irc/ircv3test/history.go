package ircv3test

import "time"

// history is what was said in one place.
type history struct {
	kept  []*stored // oldest first
	count int
	names map[string]string // of the two sides of a private one, by owner
}

// stored is one message of a history.
type stored struct {
	*message
	number int      // ascending
	redact *message // how it was redacted, or nil
}

// add keeps a message, and forgets the oldest over a bound.
func (h *history) add(m *message, most int) {
	if m.id == "" {
		return
	}
	h.count++
	h.kept = append(h.kept, &stored{message: m, number: h.count})
	if len(h.kept) > most {
		h.kept = h.kept[len(h.kept)-most:]
	}
}

// find returns a message by its msgid, or nil.
func (h *history) find(id string) *stored {
	for _, m := range h.kept {
		if m.id == id {
			return m
		}
	}
	return nil
}

// privateHistory returns what two have said to each other.
func (s *Server) privateHistory(a, b *client) *history {
	one, other := a.owner(), b.owner()
	h := s.privateOf(one, other)
	if h == nil {
		h = &history{names: make(map[string]string)}
		s.private[min(one, other)+" "+max(one, other)] = h
	}
	h.names[one], h.names[other] = a.nick, b.nick
	return h
}

// privateOf returns what two owners have said to each other, or nil.
func (s *Server) privateOf(one, other string) *history {
	return s.private[min(one, other)+" "+max(one, other)]
}

// ownerOf returns the owner who has a nick, or had it.
func (s *Server) ownerOf(nick string) string {
	if u := s.user(nick); u != nil {
		return u.owner()
	}
	return s.fold(nick)
}

// historyOf returns the history of a target as a client may read it, and its
// name; nil if it may not or there is none.
func (c *client) historyOf(target string) (*history, string) {
	s := c.server
	if isChannel(target) {
		ch := s.channel(target)
		if ch == nil || ch.of(c) == nil {
			return nil, target
		}
		return &ch.history, ch.name
	}
	owner := s.ownerOf(target)
	if h := s.privateOf(c.owner(), owner); h != nil {
		return h, h.names[owner]
	}
	if u := s.user(target); u != nil {
		return &history{}, u.nick
	}
	return nil, target
}

// visible returns what of a history a client may be sent,
// https://ircv3.net/specs/extensions/chathistory.
func (c *client) visible(h *history) []*stored {
	var out []*stored
	for _, m := range h.kept {
		switch {
		case m.redact != nil && !c.server.cfg.KeepRedacted:
		case m.verb == "PRIVMSG" || m.verb == "NOTICE":
			out = append(out, m)
		case c.caps["draft/event-playback"] && (m.verb != "TAGMSG" || c.caps["message-tags"]):
			out = append(out, m)
		}
	}
	return out
}

// millis is a time as clients know it.
func millis(t time.Time) int64 { return t.UnixMilli() }
