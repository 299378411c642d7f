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
	maxPast   = 500 // lines of a chat, in pages, before the last page
	usualPast = 100 // of a page, where the network does not say how many
	maxPeople = 50  // who wrote meanwhile
	pastWait  = 15 * time.Second
)

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
	got    int      // lines that were fetched before, in pages
	last   bool     // there is too much: the last page of it is wanted
	label  string
	at     time.Time // when we asked

	lines       int // of the answer
	first, upTo time.Time
}

// begun follows a log-in.
func (c *conn) begun() {
	c.watch()
	if !c.has(capsHistory) {
		return
	}
	if p := c.s.place(""); p.at.IsZero() {
		c.reached("", c.heard, "")
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
	c.want(want{target: ch.name, since: c.s.place(ch.key).at, about: ch})
}

// want adds to what is to be fetched. Channels come first: who is there waits.
func (c *conn) want(w want) {
	if c.backlog == nil {
		c.backlog = new(backlog)
	}
	b := c.backlog
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
	b := c.backlog
	if b == nil {
		return
	}
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
	since := "timestamp=" + w.since.Add(-time.Millisecond).UTC().Format(timeLayout) // that one may have been shared
	if w.target == "" {
		until := "timestamp=" + time.Now().Add(time.Minute).UTC().Format(timeLayout)
		return []string{"TARGETS", since, until, strconv.Itoa(maxPeople)}
	}
	how := "AFTER"
	switch {
	case w.since.IsZero():
		how, since = "LATEST", "*"
	case w.last:
		how = "LATEST"
	}
	return []string{how, w.target, since, strconv.Itoa(c.page())}
}

// page is how many lines are asked for at once.
func (c *conn) page() int {
	if c.net.history > 0 {
		return min(c.net.history, maxPast)
	}
	return usualPast
}

// next returns what is to be fetched after a page, if that was not all.
func (w *want) next(page int) (more want, ok bool) {
	if w.target == "" || w.since.IsZero() || w.last || w.lines < page || !w.upTo.After(w.since) {
		return want{}, false
	}
	got := w.got + w.lines
	return want{target: w.target, since: w.upTo, about: w.about, got: got, last: got >= maxPast}, true
}

// paged takes in what page of the past a batch is, before it is handed on. Where
// lines are missing before it, that is told.
func (c *conn) paged(b *batch) {
	if c.backlog == nil {
		return
	}
	w := &c.backlog.asked
	if w.label == "" || w.target == "" || len(b.params) == 0 || c.fold(b.params[0]) != c.fold(w.target) {
		return
	}
	w.lines += len(b.items)
	for _, it := range b.items {
		var l line
		if !l.parse(it.text) {
			continue
		}
		if at := serverTime(&l); !at.IsZero() {
			if w.first.IsZero() {
				w.first = at
			}
			if at.After(w.upTo) {
				w.upTo = at
			}
		}
	}
	if w.last && w.lines >= c.page() && w.first.After(w.since) {
		chat := c.contact(w.target)
		if w.about != nil {
			chat = w.about.address
		}
		c.event(transports.Told{Chat: chat, ID: "gap/" + w.target + "/" + w.since.UTC().Format(timeLayout),
			Text: transports.T("What was said here between %s and %s was too much to be fetched.", shortTime(w.since), shortTime(w.first))})
	}
}

// shortTime is how a person is told a time.
func shortTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

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
	b := c.backlog
	if b == nil || label == "" || label != b.asked.label {
		return label != "" && c.sought(label)
	}
	w := b.asked
	b.asked = want{}
	if more, ok := w.next(c.page()); ok {
		b.wants = append([]want{more}, b.wants...)
		return true
	}
	if w.about != nil {
		c.release(w.about)
	} else if b.people--; b.people == 0 {
		c.reached("", c.heard, "")
	}
	return true
}

// historyTarget handles one of those who wrote to us: "TARGETS nick time".
func (c *conn) historyTarget(l *line) {
	nick := l.param(1)
	if c.backlog == nil || l.verb != "CHATHISTORY" || c.net.isChannel(nick) || !validNick(nick) || c.backlog.people > maxPeople || c.backlog.asked.target != "" {
		return
	}
	c.want(want{target: strings.Clone(nick), since: c.backlog.asked.since})
}

// playback handles what was said, in order.
func (c *conn) playback(b *batch) {
	c.paged(b)
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
	id, key := lineKey(l), ""
	if ch := c.channelOf(l.param(0)); ch != nil {
		key = ch.key
		if e, ok := ch.gap.echo(id); ok { // it stands here, not behind what is held back before it
			ch.gap.had(id)
			c.handOn(ch.address, e)
			return
		}
		if ch.gap.had(id) {
			return
		}
	}
	if c.s.place(key).had(id) {
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
