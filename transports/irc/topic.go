package irc

import (
	"strconv"
	"strings"
	"time"

	"wherry/transports"
)

// topicChanged handles TOPIC.
func (c *conn) topicChanged(l *line) {
	ch := c.channelOf(l.param(0))
	if ch == nil {
		return
	}
	ch.topics++
	by, _ := splitSource(l.source)
	subject := transports.Subject{Room: ch.address, Text: text(l.param(1)), By: strings.Clone(by), Time: serverTime(l)}
	if subject.Time.IsZero() {
		subject.Time = time.Now()
	}
	switch {
	case ch.joining:
		ch.subject = &subject
	case !ch.leaving:
		c.event(subject)
	}
}

// topic handles RPL_TOPIC, before the list of members.
func (c *conn) topic(l *line) {
	if ch := c.channelOf(l.param(1)); ch != nil && ch.joining {
		ch.subject = &transports.Subject{Room: ch.address, Text: text(l.param(2))}
	}
}

// topicSetter handles RPL_TOPICWHOTIME: who set the topic, and when.
func (c *conn) topicSetter(l *line) {
	if ch := c.channelOf(l.param(1)); ch != nil && ch.joining && ch.subject != nil {
		by, _ := splitSource(l.param(2))
		ch.subject.By = strings.Clone(by)
		ch.subject.Time = unixTime(l.param(3))
	}
}

// unixTime reads seconds since 1970; what is not that is no time.
func unixTime(seconds string) time.Time {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n <= 0 || n > 1<<33 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// serverTime reads the tag of server-time; none is no time.
func serverTime(l *line) time.Time {
	stamp := l.tag(tagTime)
	if stamp == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return time.Time{}
	}
	return t.UTC()
}
