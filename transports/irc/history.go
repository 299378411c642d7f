package irc

import (
	"strconv"
	"strings"
	"time"

	"wherry/transports"
)

// What was said while we were not there, by https://ircv3.net/specs/extensions/chathistory.
// It is fetched for a channel when we join it, and for people's messages after
// the log-in, from the place up to which we handed on what was said.

const (
	maxPast    = 500 // lines of a chat
	usualPast  = 100 // where the network does not say how many
	maxPeople  = 50  // who wrote meanwhile
	maxHeld    = 256 // what is said while we wait for what was said before
	pastWait   = 15 * time.Second
	placeEvery = time.Minute // between two saves of a place
)

// The names of saves: how far we are with people, and in each channel.
const (
	savePeople  = "history"
	saveChannel = savePeople + "/"
)

// place is how far what was said in a chat was handed on.
type place struct{ at, saved time.Time }

// backlog is what is to be fetched, one after the other.
type backlog struct {
	wants  []want
	asked  want // what we wait for, if it has a label
	timer  *time.Timer
	people int // wants that are about people, asked or not
}

// want is one thing to fetch: what was said in a chat, or who wrote to us.
type want struct {
	target string // empty: who wrote to us
	since  time.Time
	about  *channel // nil: it is about people
	label  string
	at     time.Time // when we asked
}

// gap is what a channel needs until it is known what was said before.
type gap struct {
	held []transports.Event // said since we are there
	ids  map[string]bool    // of lines that were handed on
}

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

// begun follows a log-in.
func (c *conn) begun() {
	c.watch()
	if !c.has(capsHistory) {
		return
	}
	if p := c.s.places[""]; p.at.IsZero() {
		c.reached("", c.heard)
	} else {
		c.want(want{since: p.at})
	}
}

// wantPast asks for what was said in a channel that we joined.
func (c *conn) wantPast(ch *channel) {
	if !c.has(capsHistory) {
		c.release(ch)
		return
	}
	c.want(want{target: ch.name, since: c.s.places[ch.key].at, about: ch})
}

// want adds to what is to be fetched. Channels come first: who is there waits.
func (c *conn) want(w want) {
	b := &c.backlog
	at := len(b.wants)
	if w.about == nil {
		b.people++
	} else {
		at = 0
		for at < len(b.wants) && b.wants[at].about != nil {
			at++
		}
	}
	b.wants = append(b.wants[:at:at], append([]want{w}, b.wants[at:]...)...)
}

// fetchPast asks for the next thing to fetch, if its turn has come. It is called
// with mu held.
func (c *conn) fetchPast() {
	b := &c.backlog
	if b.asked.label != "" && time.Since(b.asked.at) > pastWait {
		c.fetched(b.asked.label)
	}
	for b.asked.label == "" && len(b.wants) > 0 {
		if !c.pace.spare() {
			if b.timer == nil {
				b.timer = time.AfterFunc(pacing, c.fetchLater)
			}
			return
		}
		w := b.wants[0]
		if b.wants = b.wants[1:]; len(b.wants) == 0 {
			b.wants = nil
		}
		w.label, w.at = c.mint(), time.Now()
		before := len(c.reply)
		c.reply, _ = appendTagged(c.reply, []tag{{tagLabel, w.label}}, "CHATHISTORY", c.question(w)...)
		b.asked = w
		if len(c.reply) == before {
			c.fetched(w.label)
		}
	}
}

// question returns the parameters of CHATHISTORY.
func (c *conn) question(w want) []string {
	since := "timestamp=" + w.since.UTC().Format(timeLayout)
	if w.target == "" {
		until := "timestamp=" + time.Now().Add(time.Minute).UTC().Format(timeLayout)
		return []string{"TARGETS", since, until, strconv.Itoa(maxPeople)}
	}
	if w.since.IsZero() {
		since = "*"
	}
	limit := usualPast
	if c.net.history > 0 {
		limit = min(c.net.history, maxPast)
	}
	return []string{"LATEST", w.target, since, strconv.Itoa(limit)}
}

// fetchLater asks when the pacer has a line to spare.
func (c *conn) fetchLater() {
	c.mu.Lock()
	c.backlog.timer = nil
	var lines []byte
	if !c.closing && c.reason == nil {
		c.fetchPast()
		lines = c.takeReply()
	}
	c.mu.Unlock()
	if len(lines) > 0 {
		_ = c.out.post(lines) // what breaks here, breaks the reading too
	}
}

// fetched follows the answer to what we asked for by a label, or its refusal. It
// tells whether we asked.
func (c *conn) fetched(label string) bool {
	b := &c.backlog
	if label == "" || label != b.asked.label {
		return false
	}
	w := b.asked
	b.asked = want{}
	if w.about != nil {
		c.release(w.about)
	} else if b.people--; b.people == 0 {
		c.reached("", c.heard)
	}
	return true
}

// historyTarget handles one of those who wrote to us: "TARGETS nick time".
func (c *conn) historyTarget(l *line) {
	nick := l.param(1)
	if l.verb != "CHATHISTORY" || c.net.isChannel(nick) || !validNick(nick) || c.backlog.people > maxPeople || c.backlog.asked.target != "" {
		return
	}
	c.want(want{target: strings.Clone(nick), since: c.backlog.asked.since})
}

// playback handles what was said, in order.
func (c *conn) playback(b *batch) {
	for _, it := range b.items {
		var l line
		switch {
		case it.batch == nil && l.parse(it.text):
			l.batch = b
			c.played(&l)
		case it.batch != nil && it.batch.kind == "draft/multiline":
			c.multiline(it.batch, true)
		}
	}
}

// played handles one line of what was said. Who came and went is of no interest
// any more.
func (c *conn) played(l *line) {
	if ch := c.channelOf(l.param(0)); ch != nil && ch.gap.had(l.tag(tagMsgID)) {
		return
	}
	switch l.verb {
	case "PRIVMSG":
		c.received(l, transports.Say)
	case "NOTICE":
		c.received(l, transports.Notice)
	case "TAGMSG":
		c.tagged(l)
	case "REDACT":
		c.redacted(l)
	}
}

// had notes that a line was handed on, and tells whether it was before.
func (p *gap) had(id string) bool {
	if p == nil || id == "" {
		return false
	}
	if p.ids[id] {
		return true
	}
	if p.ids == nil {
		p.ids = make(map[string]bool)
	}
	if len(p.ids) < 2*maxPast {
		p.ids[id] = true
	}
	return false
}

// inChat hands on what happened in a chat: in a channel whose past is not known
// yet, after that.
func (c *conn) inChat(chat transports.Address, e transports.Event, old bool) {
	ch := c.at(chat)
	if ch == nil || ch.gap == nil || old {
		c.handOn(chat, e)
		return
	}
	if len(ch.gap.held) < maxHeld {
		ch.gap.held = append(ch.gap.held, e)
		return
	}
	c.release(ch)
	c.handOn(chat, e)
}

// release hands on what was held back in a channel.
func (c *conn) release(ch *channel) {
	p := ch.gap
	if p == nil || ch.joining {
		return
	}
	ch.gap = nil
	for _, e := range p.held {
		if m, ok := e.(transports.Received); !ok || !p.had(m.Message.ID) {
			c.handOn(ch.address, e)
		}
	}
}

// handOn hands on what happened in a chat, and notes how far that is.
func (c *conn) handOn(chat transports.Address, e transports.Event) {
	c.event(e)
	if m, ok := e.(transports.Received); ok {
		c.passed(chat, m.Message.Time)
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
