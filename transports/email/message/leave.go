package message

import (
	"net/url"
	"strings"
	"unicode"
)

// Leaving is how somebody is taken off a list of receivers, as a mail of it says: RFC
// 2369 §3.2 and RFC 8058. What is not said is empty.
type Leaving struct {
	Post string // an https URL that takes a POST for it
	Page string // an https URL for a person
	Mail Request
}

// Request is a mail that a mailto: URL asks for, RFC 6068. Its texts have no control
// characters; the body may have lines.
type Request struct{ To, Subject, Body string }

// Bounds on a Request, in characters.
const (
	requestSubject = 300
	requestBody    = 4000
)

// Leaving returns how the receiver gets no more of the like, or nil.
func (m *Mail) Leaving() *Leaving {
	var l Leaving
	for _, u := range angleURLs(fieldText(m.Header.Get("List-Unsubscribe"))) {
		parsed, err := url.Parse(u)
		switch {
		case err != nil:
		case parsed.Scheme == "https" && parsed.Hostname() != "" && parsed.User == nil && l.Page == "":
			l.Page = u
			if m.oneClick() {
				l.Post = u
			}
		case parsed.Scheme == "mailto" && l.Mail.To == "":
			l.Mail = request(u)
		}
	}
	if l == (Leaving{}) {
		return nil
	}
	return &l
}

// oneClick tells whether a POST is enough, RFC 8058 §3.1.
func (m *Mail) oneClick() bool {
	return strings.EqualFold(strings.TrimSpace(m.Header.Get("List-Unsubscribe-Post")), "List-Unsubscribe=One-Click")
}

// request reads a mailto: URL of one address. Of its fields the subject and the body
// count: whoever wrote it shall not say to whom else the user writes, or in whose name.
func request(u string) Request {
	r := Request{To: mailtoAddress(u)}
	if r.To == "" {
		return Request{}
	}
	_, query, _ := strings.Cut(u, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		value, err := url.PathUnescape(value) // a "+" is one, RFC 6068 §5
		if err != nil {
			continue
		}
		value = strings.ToValidUTF8(value, "\uFFFD")
		switch strings.ToLower(name) {
		case "subject":
			r.Subject = cutString(strings.Join(strings.Fields(printable(value)), " "), requestSubject)
		case "body":
			var lines []string
			for line := range strings.SplitSeq(strings.ReplaceAll(value, "\r\n", "\n"), "\n") {
				lines = append(lines, printable(line))
			}
			r.Body = cutString(strings.TrimSpace(strings.Join(lines, "\n")), requestBody)
		}
	}
	return r
}

// printable returns a text with a space for each control character.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}
