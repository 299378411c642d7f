package ircv3test

import (
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// timeLayout is how server-time writes UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

// message is what the server tells a client, with all that a client may have
// asked to be told.
type message struct {
	source string // nick!user@host, a server, or nothing
	verb   string
	params []string
	text   bool // the last parameter always has its ":"

	at      time.Time // zero is now
	id      string    // msgid
	account string
	bot     bool
	clients []tag    // client-only tags
	owner   string   // who wrote it
	batch   string   // the batch it is in
	concat  bool     // draft/multiline-concat
	lines   []part   // of a message of several lines; its text is not in params
	long    []string // the parameters for clients with extended-join
	apart   bool     // not an answer, though sent while one is given
}

// part is one line of a message of several lines.
type part struct {
	text   string
	concat bool // joins the line before without a line feed
}

// texts are the verbs whose last parameter always has a ":", when they have as
// many as here.
var texts = map[string]int{
	"PRIVMSG": 2, "NOTICE": 2, "TOPIC": 2, "QUIT": 1, "PART": 2, "KICK": 3, "AWAY": 1, "SETNAME": 1, "JOIN": 3, "REDACT": 3,
	"FAIL": 3, "WARN": 3, "NOTE": 3, "CAP": 3, "PONG": 2, "ERROR": 1, "REGISTER": 3, "VERIFY": 3,
}

// rendered is a message as one client gets it.
type rendered struct {
	tags  []tag
	rest  string
	batch string // the batch that it opens or ends
}

func (r rendered) String() string { return formatTags(r.tags) + r.rest }

// render returns a message as a client gets it: with those tags that it asked
// for, server tags first.
func (c *client) render(m *message) rendered {
	r := rendered{}
	add := func(need, name, value string, when bool) {
		if when && c.caps[need] {
			r.tags = append(r.tags, tag{name, value})
		}
	}
	at := m.at
	if at.IsZero() {
		at = c.server.now()
	}
	add("batch", "batch", m.batch, m.batch != "")
	add("server-time", "time", at.UTC().Format(timeLayout), true)
	add("message-tags", "msgid", m.id, m.id != "")
	add("account-tag", "account", m.account, m.account != "")
	add("message-tags", "bot", "", m.bot)
	add("draft/multiline", "draft/multiline-concat", "", m.concat)
	if c.caps["message-tags"] {
		r.tags = append(r.tags, m.clients...)
	}
	params := m.params
	if m.long != nil && c.caps["extended-join"] {
		params = m.long
	}
	count, isText := texts[m.verb]
	r.rest = formatRest(m.source, m.verb, params, m.text || isText && len(params) >= count)
	r.rest = ircmsg.TruncateUTF8Safe(r.rest, maxRest-2)
	if m.verb == "BATCH" {
		r.batch = m.params[0][1:]
	}
	return r
}

// from returns a message by a client.
func (c *client) from(verb string, params ...string) *message {
	return &message{source: c.mask(), verb: verb, params: params, account: c.account, bot: c.bot, owner: c.owner()}
}

// event returns a message by a client that history keeps.
func (c *client) event(verb string, params ...string) *message {
	m := c.from(verb, params...)
	m.id, m.at = c.server.newID(), c.server.now()
	return m
}

// by returns a message by the server.
func (s *Server) by(verb string, params ...string) *message {
	return &message{source: s.cfg.Name, verb: verb, params: params}
}

// notTexts are the numbers whose last parameter is no text.
const notTexts = " 004 221 324 329 333 341 346 348 354 367 "

// reply sends a numbered reply.
func (c *client) reply(code string, params ...string) {
	m := c.server.by(code, append([]string{c.name()}, params...)...)
	m.text = !strings.Contains(notTexts, " "+code+" ")
	c.send(m)
}

// fail sends a FAIL, https://ircv3.net/specs/extensions/standard-replies.
func (c *client) fail(params ...string) { c.send(c.server.by("FAIL", params...)) }
