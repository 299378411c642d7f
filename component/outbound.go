package component

import (
	"strings"
	"unicode/utf8"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// shown returns the body in which a message from the network is shown: as much
// of it as fits in a stanza.
func shown(m transports.Message) string {
	words := m.Text
	if tooLong(words) {
		words = cutText(words, maxSaid/len("&quot;"))
	}
	switch m.Style {
	case transports.Act:
		return "/me " + words
	case transports.Notice:
		return "[notice] " + words
	}
	return words
}

// noted returns the text of a message below what is to be known of it.
func noted(m transports.Message, lang string) string {
	if len(m.Notes) == 0 {
		return m.Text
	}
	lines := make([]string, 0, len(m.Notes)+1)
	for _, note := range m.Notes {
		lines = append(lines, text.In(lang, note))
	}
	if m.Text != "" {
		lines = append(lines, m.Text)
	}
	return strings.Join(lines, "\n")
}

// cutText returns no more of a text than so many bytes, and a mark where it is
// cut.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

// chatMessage is a message from a contact or a network to the user: to the
// bare JID, so that every device and the archive get it.
func chatMessage(from, to jid.JID, id string, m transports.Message) *stanza.Message {
	out := &stanza.Message{Header: stanza.Header{From: from, To: to, ID: id, Type: "chat"}}
	if m.Letter {
		out.Type = "normal"
	}
	out.Payload = append(out.Payload,
		stanza.T("", "body", shown(m)),
		stanza.E(nsSID, "origin-id").With("id", id),
		stanza.E(nsHints, "store"))
	if m.Subject != "" {
		out.Payload = append(out.Payload, stanza.T("", "subject", m.Subject))
	}
	if m.Thread != "" {
		out.Payload = append(out.Payload, stanza.T("", "thread", m.Thread))
	}
	if m.Nick != "" && m.Chat.Kind == transports.Contact && m.Nick != m.Chat.Name {
		out.Payload = append(out.Payload, stanza.T(nsNick, "nick", m.Nick))
	}
	if m.Delayed {
		out.Payload = append(out.Payload, muc.Delay(from.String(), m.Time))
	}
	return out
}

// nsNick is of what people call somebody (XEP-0172).
const nsNick = "http://jabber.org/protocol/nick"
