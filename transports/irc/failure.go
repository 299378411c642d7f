package irc

import (
	"slices"
	"strings"

	"wherry/transports"
)

// failure is what a numeric of refusal means. The text lacks the name that was
// refused.
type failure struct {
	kind transports.ErrorKind
	text transports.Text
}

// failures is the only table from numerics to errors: RFC 2812 §5.2, and what
// servers added since.
var failures = map[string]failure{
	"263": {transports.Busy, transports.T("The network is busy. Try again in a moment.")},
	"401": {transports.NotFound, transports.T("There is no %s on this network.", "")},
	"402": {transports.NotFound, transports.T("There is no %s on this network.", "")},
	"403": {transports.NotFound, transports.T("There is no channel %s on this network.", "")},
	"404": {transports.Forbidden, transports.T("You may not speak in %s now.", "")},
	"405": {transports.Busy, transports.T("You are in too many channels to join %s.", "")},
	"406": {transports.NotFound, transports.T("There is no %s on this network.", "")},
	"407": {transports.Malformed, transports.T("%s means more than one.", "")},
	"415": {transports.Forbidden, transports.T("You may not speak in %s now.", "")},
	"417": {transports.TooLong, transports.T("That is too long for one line of IRC.")},
	"421": {transports.Unsupported, transports.T("This network cannot do that.")},
	"432": {transports.Malformed, transports.T("This network does not allow the nick %s.", "")},
	"433": {transports.Conflict, transports.T("The nick %s is taken.", "")},
	"436": {transports.Conflict, transports.T("The nick %s is taken.", "")},
	"437": {transports.Conflict, transports.T("%s cannot be had now.", "")},
	"438": {transports.Busy, transports.T("You changed your nick too often. Try again in a moment.")},
	"441": {transports.NotFound, transports.T("%s is not in this channel.", "")},
	"442": {transports.Absent, transports.T("You are not in %s.", "")},
	"443": {transports.Conflict, transports.T("%s is in this channel already.", "")},
	"447": {transports.Forbidden, transports.T("You may not change your nick in this channel.")},
	"461": {transports.Malformed, transports.T("The network wants more than that.")},
	"470": {transports.Uninvited, transports.T("The channel %s sends you to another one.", "")},
	"471": {transports.Full, transports.T("The channel %s is full.", "")},
	"472": {transports.Unsupported, transports.T("This network has no such mode.")},
	"473": {transports.Uninvited, transports.T("The channel %s is by invitation only.", "")},
	"474": {transports.Forbidden, transports.T("You are banned from %s.", "")},
	"475": {transports.PasswordWant, transports.T("The channel %s wants a password.", "")},
	"476": {transports.Malformed, transports.T("%s is not the name of a channel here.", "")},
	"477": {transports.Uninvited, transports.T("%s is for people with an account on this network only.", "")},
	"478": {transports.Full, transports.T("The ban list of %s is full.", "")},
	"479": {transports.Malformed, transports.T("%s is not the name of a channel here.", "")},
	"480": {transports.Busy, transports.T("%s lets nobody in so fast. Try again in a moment.", "")},
	"481": {transports.Forbidden, transports.T("Only operators of the network may do that.")},
	"482": {transports.Forbidden, transports.T("Only operators of %s may do that.", "")},
	"484": {transports.Forbidden, transports.T("You may not do that: %s is protected.", "")},
	"485": {transports.Forbidden, transports.T("%s lets nobody in now.", "")},
	"486": {transports.Forbidden, transports.T("%s takes messages from people with an account only.", "")},
	"489": {transports.Uninvited, transports.T("%s is for people with TLS only.", "")},
	"495": {transports.Busy, transports.T("%s lets nobody back in so fast. Try again in a moment.", "")},
	"500": {transports.Busy, transports.T("%s lets nobody in so fast. Try again in a moment.", "")},
	"520": {transports.Forbidden, transports.T("%s is for operators of the network only.", "")},
	"716": {transports.Forbidden, transports.T("%s takes messages from people they know only.", "")},
	"926": {transports.Malformed, transports.T("%s is not the name of a channel here.", "")},
}

// refusal returns the error that a numeric of refusal means. name is what was
// asked for. What no table has comes with the network's own words.
func refusal(l *line, name string) *transports.Error {
	f, known := failures[l.verb]
	if !known {
		return &transports.Error{Kind: transports.Forbidden, Text: transports.Literal(l.words())}
	}
	f.text.Args = []string{name}
	return &transports.Error{Kind: f.kind, Text: f.text}
}

// failed handles a numeric of refusal: it is the answer to a request, or to a
// message of ours.
func (c *conn) failed(l *line) {
	if c.fetched(c.label(l)) || c.who.refusedBy(l) {
		return
	}
	r := c.byLabel(l)
	if r == nil {
		r = c.blamed(l)
	}
	if r != nil {
		c.refused(r, l)
		return
	}
	if slices.Contains(nickRefusals, l.verb) || l.verb == "437" && c.wanted != "" && c.fold(l.param(1)) == c.fold(c.wanted) {
		c.nickRefused(l)
		return
	}
	c.undelivered(l)
}

// refused answers a request by a numeric of refusal.
func (c *conn) refused(r *request, l *line) {
	err := refusal(l, l.param(min(1, len(l.params)-1)))
	switch {
	case r.verb == "PART" && (err.Kind == transports.Absent || err.Kind == transports.NotFound),
		r.verb == "TOPIC" && l.verb == "437": // InspIRCd: the topic is that already
		c.complete(r, nil)
	case r.verb == "JOIN":
		c.completeAll(r.verb, r.room, err)
	default:
		c.complete(r, err)
	}
}

// nickRefusals are the numerics of refusal that only a NICK gets, whatever
// names they carry.
var nickRefusals = []string{"431", "432", "433", "436", "438", "447"}

// blamed returns the oldest request that a numeric can be the answer to.
func (c *conn) blamed(l *line) *request {
	if len(l.params) < 2 {
		return nil
	}
	names := l.params[1:max(2, len(l.params)-1)]
	for _, r := range c.requests {
		if l.verb == "472" && r.lists { // ERR_UNKNOWNMODE names the mode only
			return r
		}
		if l.verb == "442" && r.verb == "JOIN" { // who asks to be in is told so of something before
			continue
		}
		if slices.Contains(nickRefusals, l.verb) {
			if r.verb == "NICK" {
				return r
			}
			continue
		}
		for _, name := range names {
			folded := c.fold(name)
			if folded == r.room && r.room != "" || folded == r.nick && r.nick != "" || strings.EqualFold(name, r.verb) || slices.Contains(r.words, folded) {
				return r
			}
		}
	}
	return nil
}

// standardFail handles FAIL: standard-replies. It is the answer to a request, or
// to a message of ours.
func (c *conn) standardFail(l *line) {
	if c.fetched(c.label(l)) {
		return
	}
	err := &transports.Error{Kind: standardKind(l.param(1)), Text: transports.Literal(l.words())}
	verb := strings.ToUpper(l.param(0))
	if verb == "REGISTER" || verb == "VERIFY" {
		c.enrolRefused(verb, l)
		return
	}
	if r := c.byLabel(l); r != nil {
		c.complete(r, err)
		return
	}
	for _, r := range c.requests {
		if r.verb != verb {
			continue
		}
		for _, name := range l.params[min(2, len(l.params)):] {
			if folded := c.fold(name); folded == r.room || name == r.nick || folded == r.nick {
				c.complete(r, err)
				return
			}
		}
	}
	if s, ok := c.labelled(l); ok {
		c.echoes.take(func(e echo) bool { return e.id == s.id })
		c.event(transports.Status{Chat: s.chat, ID: s.id, State: transports.Failed, Err: err})
	}
}

// standardKind returns what a code of standard-replies means.
func standardKind(code string) transports.ErrorKind {
	switch strings.ToUpper(code) {
	case "UNKNOWN_MSGID", "INVALID_TARGET", "MULTILINE_INVALID_TARGET", "NO_SUCH_NICK", "NO_SUCH_CHANNEL":
		return transports.NotFound
	case "REDACT_FORBIDDEN", "NEED_REGISTRATION", "FORBIDDEN", "ACCOUNT_REQUIRED":
		return transports.Forbidden
	case "REDACT_WINDOW_EXPIRED":
		return transports.NotAllowed
	case "MULTILINE_MAX_BYTES", "MULTILINE_MAX_LINES":
		return transports.TooLong
	case "MULTILINE_INVALID", "INVALID_UTF8", "INVALID_PARAMS", "NEED_MORE_PARAMS":
		return transports.Malformed
	case "RATE_LIMITED", "TEMPORARILY_UNAVAILABLE":
		return transports.Busy
	case "MESSAGE_ERROR", "INVALID_MSGREFTYPE", "UNKNOWN_COMMAND":
		return transports.Unsupported
	}
	return transports.Forbidden
}
