package component

import (
	"slices"
	"strings"

	"wherry/component/stanza"
	"wherry/transports"
)

// toSome takes a message to a room that is "/statusmsg", a standing and what is said
// to those of that standing only, and tells whether it is one: nobody else there
// is told of it.
func (u *user) toSome(r *room, m *stanza.Message) bool {
	body, _ := m.Body(u.language(m.Lang))
	rest, ok := strings.CutPrefix(body, "/statusmsg")
	if !ok || rest != "" && rest[0] != ' ' {
		return false
	}
	a := u.accounts.of(r.addr.Scope)
	if !a.online() {
		return false
	}
	ts, ok := a.session.ts.(transports.Circler)
	if !ok {
		return false
	}
	to, text, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	switch text = strings.TrimSpace(text); {
	case to == "" || text == "":
		u.fail(m, &transports.Error{Kind: transports.Incomplete, Text: transports.T("To say something to some in a channel, write /statusmsg @ and what it is: @ are its operators, + those with voice, too.")})
	case !ts.Circle(to):
		u.fail(m, &transports.Error{Kind: transports.Unsupported, Text: transports.T("Nothing can be said on this network to %s of a channel only.", strings.Clone(to))})
	default:
		msg := transports.Message{Text: strings.Clone(text), To: strings.Clone(to), Apart: true}
		if rest, ok := strings.CutPrefix(msg.Text, "/me "); ok {
			msg.Text, msg.Style = rest, transports.Act
		}
		u.sayAs(r, m, msg, shown(mark(msg)))
	}
	return true
}

// mark returns a message to some in a room as it is shown and kept: it says to
// whom it went.
func mark(m transports.Message) transports.Message {
	if m.To != "" {
		m.Text, m.To = "[to "+m.To+"] "+m.Text, ""
	}
	return m
}

// marked is mark of several.
func marked(parts []transports.Message) []transports.Message {
	for i := range parts {
		if parts[i].To == "" {
			continue
		}
		out := slices.Clone(parts)
		for i := range out {
			out[i] = mark(out[i])
		}
		return out
	}
	return parts
}
