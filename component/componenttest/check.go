package componenttest

import (
	"fmt"
	"strings"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// maxStanza is what Prosody takes from a component.
const maxStanza = 512 << 10

// check returns what a server would end the stream by, or bounce the stanza
// with, and why; nothing for a stanza that every server takes.
func (c *session) check(e *stanza.Element) (condition, why string) {
	c.server.mu.Lock()
	strict := c.server.strict
	c.server.mu.Unlock()
	if !strict {
		return "", ""
	}
	switch {
	case len(c.in.raw) > maxStanza:
		return "policy-violation", "longer than 512 KiB"
	case e.Space != "" || e.Name != "message" && e.Name != "presence" && e.Name != "iq":
		return "unsupported-stanza-type", "no stanza"
	case declares(c.in.raw):
		return "invalid-namespace", "xmlns on a stanza: Prosody bounces it by service-unavailable"
	}
	if condition, why := checkAddresses(e, c.domain.name); condition != "" {
		return condition, why
	}
	if why := checkShape(e); why != "" {
		return "bad-request", why
	}
	return "", ""
}

// declares tells whether the first start tag in raw declares a namespace.
func declares(raw string) bool {
	tag, _, _ := strings.Cut(strings.TrimLeft(raw, " \t\r\n"), ">")
	return strings.Contains(tag, " xmlns")
}

func checkAddresses(e *stanza.Element, domain string) (condition, why string) {
	from, err := jid.Parse(e.Attr("from"))
	if err != nil {
		return "improper-addressing", fmt.Sprintf("from: %v", err)
	}
	if from.Domain != domain {
		return "invalid-from", "from " + from.Domain + " on the stream of " + domain
	}
	if local, err := jid.Local(jid.Text(from.Local)); local != from.Local || err != nil {
		return "jid-malformed", fmt.Sprintf("local part %q: not every server takes it", from.Local)
	}
	if from.Resource != "" {
		if resource, err := jid.Resource(jid.Nick(from.Resource)); resource != from.Resource || err != nil {
			return "jid-malformed", fmt.Sprintf("resource %q: not every server takes it", from.Resource)
		}
	}
	if _, err := jid.Parse(e.Attr("to")); err != nil {
		return "improper-addressing", fmt.Sprintf("to: %v", err)
	}
	return "", ""
}

// checkShape obeys RFC 6120 §8.1.3, §8.2.3 and §8.3.
func checkShape(e *stanza.Element) (why string) {
	typ, n := e.Attr("type"), len(e.Children)
	switch {
	case typ == stanza.TypeError && e.Child("", "error") == nil:
		return "type error, but no <error/>"
	case typ == stanza.TypeError && e.Child("", "error").Attr("type") == "":
		return "an <error/> without a type"
	case e.Name != "iq":
		return ""
	case e.Attr("id") == "":
		return "an iq without an id"
	}
	switch typ {
	case stanza.TypeGet, stanza.TypeSet:
		if n != 1 {
			return fmt.Sprintf("an iq %s with %d children", typ, n)
		}
	case stanza.TypeResult:
		if n > 1 {
			return fmt.Sprintf("a result with %d children", n)
		}
	case stanza.TypeError:
	default:
		return fmt.Sprintf("an iq of type %q", typ)
	}
	return ""
}
