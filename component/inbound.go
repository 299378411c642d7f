package component

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"wherry/component/stanza"
	"wherry/transports"
)

// This file and outbound.go hold the conversions between stanzas and what
// transports understand. They are pure.

const (
	nsOOB      = "jabber:x:oob"
	nsFallback = "urn:xmpp:fallback:0"
	nsReply    = "urn:xmpp:reply:0"
	nsOMEMO    = "eu.siacs.conversations.axolotl"
	nsOMEMO2   = "urn:xmpp:omemo:"
	nsEME      = "urn:xmpp:eme:0"
	nsPGP      = "jabber:x:encrypted"
	nsSID      = "urn:xmpp:sid:0"
	nsDelay    = "urn:xmpp:delay"
	nsHints    = "urn:xmpp:hints"
)

// encrypted tells whether a message hides its text from us: what stands in its
// body is then not what the user means to say.
func encrypted(m *stanza.Message) bool {
	for i := range m.Payload {
		e := &m.Payload[i]
		switch {
		case e.Name == "encrypted" && (e.Space == nsOMEMO || strings.HasPrefix(e.Space, nsOMEMO2)):
			return true
		case e.Space == nsEME || e.Space == nsPGP:
			return true
		}
	}
	return false
}

// hasBody tells whether a message has a body that is not empty.
func hasBody(m *stanza.Message) bool {
	for i := range m.Payload {
		if e := &m.Payload[i]; e.Name == "body" && e.Space == "" && e.Text != "" {
			return true
		}
	}
	return false
}

// said returns what a message of the user's says, as the network shall read
// it: the body in the best language, without what stands in it only for
// clients that understand less (XEP-0428), and with the link of a file that
// the body does not name. It is empty where nothing is said.
func said(m *stanza.Message, lang string) (text string, style transports.Style) {
	text, _ = m.Body(lang)
	text = withoutFallback(m, text)
	if x := m.Child(nsOOB, "x"); x != nil {
		url := x.ChildText(nsOOB, "url")
		switch {
		case url == "" || strings.Contains(text, url):
		case text == "":
			text = url
		default:
			text += "\n" + url
		}
	}
	if act, ok := strings.CutPrefix(text, "/me "); ok {
		return act, transports.Act
	}
	return text, transports.Say
}

// maxSaid is how long a message may be, in bytes of XML: it comes back in a
// stanza of ours, with what belongs to it besides.
const maxSaid = stanza.DefaultMax - 8<<10

// tooLong tells whether a text is longer than can be shown to those in a room.
func tooLong(text string) bool {
	if len(text) <= maxSaid/len("&amp;") {
		return false
	}
	return len(stanza.EscapeAttr(text)) > maxSaid
}

// withoutFallback cuts the quotation that a reply carries for clients that do
// not show replies. Its place is told in code points (XEP-0428 §3).
func withoutFallback(m *stanza.Message, text string) string {
	for i := range m.Payload {
		e := &m.Payload[i]
		if e.Space != nsFallback || e.Attr("for") != nsReply {
			continue
		}
		body := e.Child(nsFallback, "body")
		if body == nil {
			continue
		}
		start, err1 := strconv.Atoi(body.Attr("start"))
		end, err2 := strconv.Atoi(body.Attr("end"))
		if err1 != nil || err2 != nil {
			continue
		}
		return cutPoints(text, start, end)
	}
	return text
}

// cutPoints returns s without its code points from start up to end. A range
// that does not lie in s cuts nothing.
func cutPoints(s string, start, end int) string {
	if start < 0 || end <= start || end > utf8.RuneCountInString(s) {
		return s
	}
	from, to, n := 0, len(s), 0
	for i := range s {
		if n == start {
			from = i
		}
		if n == end {
			to = i
			break
		}
		n++
	}
	return s[:from] + s[to:]
}
