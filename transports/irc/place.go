package irc

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"wherry/transports"
)

// The names of saves: how far we are with people, and in each channel.
const (
	savePeople  = "history"
	saveChannel = savePeople + "/"
)

// placeEvery is the least time between two saves of a place.
const placeEvery = time.Minute

// place is how far what was said in a chat was handed on.
type place struct {
	at, saved time.Time
	last      []uint64 // hashes of the network's ids of the last lines, a ring once full
	next      int
}

// maxLast is how many lines a place knows: more than are said in a moment.
const maxLast = 16

var seed = maphash.MakeSeed()

// had tells whether a line is one of the last.
func (p *place) had(id string) bool {
	return id != "" && slices.Contains(p.last, maphash.String(seed, id))
}

// add takes in a line.
func (p *place) add(id string) {
	switch {
	case id == "":
	case len(p.last) < maxLast:
		p.last = append(p.last, maphash.String(seed, id))
	default:
		p.last[p.next] = maphash.String(seed, id)
		p.next = (p.next + 1) % maxLast
	}
}

// messageKey is by what a message is known again: its id, else when who said what;
// nothing, where that is not told.
func messageKey(id string, at time.Time, nick, text string) string {
	if id != "" || at.IsZero() {
		return id
	}
	return at.UTC().Format(timeLayout) + " " + nick + " " + text
}

// lineKey is messageKey of a line that is played back.
func lineKey(l *line) string {
	id := l.msgID()
	if id != "" || l.verb != "PRIVMSG" && l.verb != "NOTICE" {
		return id
	}
	nick, _ := splitSource(l.source)
	body, _, _ := said(l.param(1), transports.Say)
	text, _ := fromLines(body)
	return messageKey("", serverTime(l), nick, text)
}

// load takes up the places that earlier sessions left.
func (s *Session) load(saved transports.Saved) {
	s.strict = parsePolicy(string(saved[saveSTS]))
	s.loadEnrolment(saved[saveEnrolment])
	for name, value := range saved {
		key, isChannel := strings.CutPrefix(name, saveChannel)
		if !isChannel && name != savePeople {
			continue
		}
		if !isChannel {
			key = ""
		}
		if at, err := time.Parse(time.RFC3339, string(value)); err == nil {
			s.note(key, &place{at: at})
		}
	}
}

// note keeps a place by the folded name of its channel; "" is for people.
func (s *Session) note(key string, p *place) {
	if s.places == nil {
		s.places = make(map[string]*place)
	}
	if len(s.places) <= maxChannels {
		s.places[key] = p
	}
}

// place returns the place of a chat; an empty one where there is none.
func (s *Session) place(key string) *place {
	if p := s.places[key]; p != nil {
		return p
	}
	return new(place)
}

// placeOf returns the name of a chat's place.
func (c *conn) placeOf(chat transports.Address) string {
	if chat.Kind == transports.Room {
		return c.fold(chat.Name)
	}
	return ""
}

// passed notes that what was said in a chat at a time was handed on.
func (c *conn) passed(chat transports.Address, at time.Time, id string) {
	if at.IsZero() {
		at = c.heard
	}
	key := c.placeOf(chat)
	if key == "" && c.backlog != nil && c.backlog.people > 0 { // what others wrote is still to come
		at = time.Time{}
	}
	c.reached(key, at, id)
}

// reached moves a place forward. It is saved with the first line and then once
// a minute: what was handed on since, if the gateway ends, is at most a minute's
// talk that comes again, with the ids it had.
func (c *conn) reached(key string, at time.Time, id string) {
	if !c.has(capsHistory) || at.After(c.heard.Add(time.Hour)) {
		return
	}
	p := c.s.place(key)
	p.add(id)
	if at.After(p.at) {
		if p.at = at; c.heard.Sub(p.saved) >= placeEvery {
			p.saved = c.heard
			c.places = append(c.places, key)
		}
	}
	c.s.note(key, p)
}

// leftBehind forgets the place in a channel that the user left for good.
func (c *conn) leftBehind(ch *channel) {
	if _, known := c.s.places[ch.key]; known {
		delete(c.s.places, ch.key)
		c.places = append(c.places, ch.key)
	}
}

// takeSaves returns the places that are to be saved now.
func (c *conn) takeSaves() []transports.Save {
	var saves []transports.Save
	for _, key := range c.places {
		save := transports.Save{Name: savePeople}
		if key != "" {
			save.Name = saveChannel + key
		}
		if p := c.s.places[key]; p != nil {
			save.Value = []byte(p.at.UTC().Format(timeLayout))
		}
		saves = append(saves, save)
	}
	c.places = nil
	return saves
}
