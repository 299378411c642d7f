package component

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"wherry/component/sharing"
	"wherry/component/stanza"
	"wherry/transports"
)

// This file and outbound.go hold the conversions between stanzas and what
// transports understand. They are pure.

const (
	nsOOB       = sharing.NSOOB
	nsReactions = "urn:xmpp:reactions:0"
	nsFallback  = "urn:xmpp:fallback:0"
	nsReply     = "urn:xmpp:reply:0"
	nsOMEMO     = "eu.siacs.conversations.axolotl"
	nsOMEMO2    = "urn:xmpp:omemo:"
	nsEME       = "urn:xmpp:eme:0"
	nsPGP       = "jabber:x:encrypted"
	nsSID       = "urn:xmpp:sid:0"
	nsDelay     = "urn:xmpp:delay"
	nsHints     = "urn:xmpp:hints"
)

// encrypted tells whether a message hides its text from us: what stands in its
// body is then not what the user means to say.
func encrypted(m *stanza.Message) bool {
	for i := range m.Payload {
		e := &m.Payload[i]
		switch {
		case e.Name == "body" && e.Space == "" && otr(e.Text):
			return true
		case e.Name == "encrypted" && (e.Space == nsOMEMO || strings.HasPrefix(e.Space, nsOMEMO2)):
			return true
		case e.Space == nsEME || e.Space == nsPGP:
			return true
		}
	}
	return sharing.Encrypted(m)
}

// otr tells whether a body is of Off-the-Record Messaging.
func otr(body string) bool {
	return strings.HasPrefix(body, "?OTR:") || strings.HasPrefix(body, "?OTRv") || strings.HasPrefix(body, "?OTR?")
}

// saysSomething tells whether a message is one to somebody, and not only typing,
// a receipt or the like. Reactions are none: no network takes them from us.
func saysSomething(m *stanza.Message) bool {
	if m.Child(nsReactions, "reactions") != nil {
		return false
	}
	return hasBody(m) || encrypted(m) || m.Child(nsOOB, "x") != nil || m.Child(sharing.NSShare, "file-sharing") != nil
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

// saidWithFiles is said for a network that takes files: their links are no text
// then. RFC 6121 §5.2.4: only a message that is no chat has a subject, but where
// titled.
func saidWithFiles(m *stanza.Message, lang string, titled bool) (out transports.Message) {
	text, _ := m.Body(lang)
	files := sharing.Files(m)
	out.Text = sharing.WithoutURLs(withoutFallback(m, text), files)
	if act, ok := strings.CutPrefix(out.Text, "/me "); ok {
		out.Text, out.Style = act, transports.Act
	}
	for _, f := range files {
		out.Attachments = append(out.Attachments, transports.Attachment{
			Ref: strings.Clone(f.URL), Name: strings.Clone(f.Name), Type: strings.Clone(f.Type), Size: f.Size,
		})
	}
	if subject, _, ok := m.Subject(lang); ok && (titled || m.Type == "" || m.Type == "normal") {
		out.Subject = strings.Clone(subject)
	}
	return out
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
		if e.Space != nsFallback || !standsIn(e.Attr("for")) {
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

// standsIn tells whether a fallback says only what we read elsewhere, or is not
// to be said at all.
func standsIn(what string) bool {
	switch what {
	case nsReply, nsReactions, sharing.NSShare, nsRetract, nsRetractOld:
		return true
	}
	return false
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
