package irc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"

	"wherry/transports"
)

// The names of tags, https://ircv3.net/registry#tags. Those with a plus sign
// pass from program to program.
const (
	tagAccount = "account"
	tagBatch   = "batch"
	tagBot     = "bot"
	tagConcat  = "draft/multiline-concat"
	tagLabel   = "label"
	tagMsgID   = "msgid"
	tagReact   = "+draft/react"
	tagReply   = "+draft/reply"
	tagReplied = "+reply" // as some programs write it already
	tagTime    = "time"
	tagTyping  = "+typing"
	tagUnreact = "+draft/unreact"
)

// tag is a message tag that goes out.
type tag struct{ name, value string }

// maxClientTags is how many bytes tags from a client may have, with "@" and the
// space behind them: the message-tags specification, "Size limit".
const maxClientTags = 4096

// errTags refuses tags that are longer than that.
var errTags = errors.New("too many tags")

// appendTagged is speech's, of UTF-8.
func appendTagged(dst []byte, tags []tag, verb string, params ...string) ([]byte, error) {
	return speech{}.appendTagged(dst, tags, verb, params...)
}

// appendTagged appends one line as appendLine does, with tags before it. Tags
// have a limit of their own.
func (sp speech) appendTagged(dst []byte, tags []tag, verb string, params ...string) ([]byte, error) {
	start := len(dst)
	for i, t := range tags {
		if i == 0 {
			dst = append(dst, '@')
		} else {
			dst = append(dst, ';')
		}
		dst = append(dst, t.name...)
		if strings.IndexByte(t.value, 0) >= 0 {
			return dst[:start], fmt.Errorf("%s: %w", verb, errBadLine)
		}
		if t.value != "" {
			dst = append(dst, '=')
			dst = append(dst, ircmsg.EscapeTagValue(t.value)...)
		}
	}
	if len(tags) > 0 {
		dst = append(dst, ' ')
	}
	if len(dst)-start > maxClientTags {
		return dst[:start], fmt.Errorf("%s: %w", verb, errTags)
	}
	out, err := sp.appendLine(dst, verb, params...)
	if err != nil {
		return dst[:start], err
	}
	return out, nil
}

// maxMsgID is how many bytes an id of a message has at most: what is longer is
// none.
const maxMsgID = 256

// msgID returns the id that the network gave the message, or nothing.
func (l *line) msgID() string { return l.id(tagMsgID) }

// replyTo returns the id of the message that a line answers, or nothing.
func (l *line) replyTo() string {
	if id := l.id(tagReply); id != "" {
		return id
	}
	return l.id(tagReplied)
}

func (l *line) id(tag string) string {
	if id := l.tag(tag); len(id) <= maxMsgID {
		return id
	}
	return ""
}

// has tells whether the line has a tag, whatever its value.
func (l *line) has(name string) bool {
	for rest := l.tags; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, ";")
		if key, _, _ := strings.Cut(pair, "="); key == name {
			return true
		}
	}
	return false
}

// allows tells whether a network passes a tag of clients on: CLIENTTAGDENY is a
// list of those that it does not, in which "*" is all and "-name" an exception.
func (s *isupport) allows(name string) bool {
	if s.tagDeny == "" {
		return true
	}
	name = strings.TrimPrefix(name, "+")
	denied := false
	for entry := range strings.SplitSeq(s.tagDeny, ",") {
		switch entry {
		case "*", name:
			denied = true
		case "-" + name:
			return true
		}
	}
	return !denied
}

// abilities returns what can be done by what the server agreed to.
func (c *conn) abilities() transports.Ability {
	var can transports.Ability
	add := func(ability transports.Ability, caps caps, tags ...string) {
		if c.caps&caps != caps {
			return
		}
		for _, name := range tags {
			if !c.net.allows(name) {
				return
			}
		}
		can |= ability
	}
	add(transports.CanReply, capMessageTags, tagReply)
	add(transports.CanReact, capMessageTags, tagReply, tagReact)
	add(transports.CanType, capMessageTags, tagTyping)
	add(transports.CanRedact, capMessageTags|capRedact)
	add(transports.CanRead, capReadMarker)
	add(transports.CanEcho, capEcho)
	if c.mayEnrol() == nil {
		add(transports.CanEnrol, capEnrol)
		if c.s.enrolmentBegun() {
			add(transports.CanConfirm, capEnrol)
		}
	}
	return can
}

// tellAbilities tells what can be done, where that changed.
func (c *conn) tellAbilities() {
	if can := c.abilities(); c.reg == nil && can != c.able {
		c.able = can
		c.event(transports.Able{Can: can})
	}
}
