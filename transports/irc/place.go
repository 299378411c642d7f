package irc

import (
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
type place struct{ at, saved time.Time }

// load takes up the places that earlier sessions left.
func (s *Session) load(saved transports.Saved) {
	for name, value := range saved {
		key, isChannel := strings.CutPrefix(name, saveChannel)
		if !isChannel && name != savePeople {
			continue
		}
		if !isChannel {
			key = ""
		}
		if at, err := time.Parse(time.RFC3339, string(value)); err == nil {
			s.note(key, place{at: at})
		}
	}
}

// note keeps a place by the folded name of its channel; "" is for people.
func (s *Session) note(key string, p place) {
	if s.places == nil {
		s.places = make(map[string]place)
	}
	if _, known := s.places[key]; known || len(s.places) <= maxChannels {
		s.places[key] = p
	}
}

// passed notes that what was said in a chat at a time was handed on.
func (c *conn) passed(chat transports.Address, at time.Time) {
	key := ""
	if chat.Kind == transports.Room {
		key = c.fold(chat.Name)
	} else if c.backlog.people > 0 { // what others wrote is still to come
		return
	}
	if at.IsZero() {
		at = c.heard
	}
	c.reached(key, at)
}

// reached moves a place forward. It is saved with the first line and then once
// a minute: what was handed on since, if that is lost, is at most a minute's talk
// that comes again, with the ids it had.
func (c *conn) reached(key string, at time.Time) {
	p := c.s.places[key]
	if !c.has(capsHistory) || !at.After(p.at) || at.After(c.heard.Add(time.Hour)) {
		return
	}
	p.at = at
	if c.heard.Sub(p.saved) >= placeEvery {
		p.saved = c.heard
		c.places = append(c.places, key)
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
		if p, ok := c.s.places[key]; ok {
			save.Value = []byte(p.at.UTC().Format(timeLayout))
		}
		saves = append(saves, save)
	}
	c.places = nil
	return saves
}
