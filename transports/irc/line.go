package irc

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ergochat/irc-go/ircmsg"
)

// Bounds of a line in bytes. RFC 2812 §2.3 gives 512 with CR and LF, the
// message-tags specification 8191 more for tags; servers that send longer text
// are met half-way.
const (
	maxLine    = 512
	maxTags    = 8191
	maxPayload = 8 << 10
	maxInput   = maxTags + maxPayload
)

// maxParams is how many parameters of a line are kept; RFC 2812 §2.3 allows 15.
const maxParams = 20

// line is one line of a server. Its parts share the memory of the text it was
// parsed from.
type line struct {
	text   string // the whole
	batch  *batch // in which it is; nil for none
	tags   string // as on the wire, without the "@"
	source string // server, or nick!user@host; empty for the server we talk to
	verb   string // upper-case word, or three digits
	params []string
	store  [maxParams]string
}

// parse reads text, a line without its end, into l. It tells whether text is a
// line at all.
func (l *line) parse(text string) bool {
	*l = line{text: text}
	text = strings.TrimLeft(text, " ")
	if rest, ok := strings.CutPrefix(text, "@"); ok {
		l.tags, text, _ = strings.Cut(rest, " ")
		text = strings.TrimLeft(text, " ")
	}
	if rest, ok := strings.CutPrefix(text, ":"); ok {
		l.source, text, _ = strings.Cut(rest, " ")
		text = strings.TrimLeft(text, " ")
	}
	verb, text, _ := strings.Cut(text, " ")
	l.verb = strings.ToUpper(verb)
	l.params = l.store[:0]
	for len(l.params) < maxParams {
		text = strings.TrimLeft(text, " ")
		if text == "" {
			break
		}
		if rest, ok := strings.CutPrefix(text, ":"); ok {
			l.params = append(l.params, rest)
			break
		}
		var param string
		param, text, _ = strings.Cut(text, " ")
		l.params = append(l.params, param)
	}
	return l.verb != ""
}

// param returns the i-th parameter, or nothing.
func (l *line) param(i int) string {
	if i >= 0 && i < len(l.params) {
		return l.params[i]
	}
	return ""
}

// last returns the last parameter, or nothing.
func (l *line) last() string { return l.param(len(l.params) - 1) }

// words returns the last parameter as a sentence to show.
func (l *line) words() string { return text(ircmsg.TruncateUTF8Safe(l.last(), maxLine)) }

// tag returns the value of a message tag.
func (l *line) tag(name string) string {
	for rest := l.tags; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, ";")
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return ircmsg.UnescapeTagValue(value)
		}
	}
	return ""
}

// numeric tells whether the line is a numbered reply, of RFC 2812 §5.
func (l *line) numeric() bool {
	return len(l.verb) == 3 && l.verb[0] >= '0' && l.verb[0] <= '9'
}

// errBadLine refuses what would become another line, or several.
var errBadLine = errors.New("not one irc line")

// appendLine is speech's, of UTF-8.
func appendLine(dst []byte, verb string, params ...string) ([]byte, error) {
	return speech{}.appendLine(dst, verb, params...)
}

// inLine tells whether a line can hold a parameter, and whether that has spaces.
func inLine(param string) (spaces, ok bool) {
	for _, c := range [...]byte{'\r', '\n', 0} {
		if strings.IndexByte(param, c) >= 0 {
			return false, false
		}
	}
	return strings.IndexByte(param, ' ') >= 0, true
}

// appendLine appends verb and its parameters to dst as one line with its end, in
// UTF-8: it is encoded when it is written.
// The last parameter may be empty, hold spaces or begin with ":"; no other may,
// and none may hold CR, LF or NUL. A line longer than 512 bytes is refused.
func (sp speech) appendLine(dst []byte, verb string, params ...string) ([]byte, error) {
	start := len(dst)
	dst = append(dst, verb...)
	for i, param := range params {
		spaces, ok := inLine(param)
		if !ok {
			return dst[:start], fmt.Errorf("%s: %w", verb, errBadLine)
		}
		dst = append(dst, ' ')
		if param == "" || param[0] == ':' || spaces {
			if i < len(params)-1 {
				return dst[:start], fmt.Errorf("%s: %w", verb, errBadLine)
			}
			dst = append(dst, ':')
		}
		dst = append(dst, param...)
	}
	dst = append(dst, '\r', '\n')
	if len(dst)-start > maxLine && (sp.charset == nil || utf8.RuneCount(dst[start:]) > maxLine) {
		return dst[:start], fmt.Errorf("%s: %w: longer than %d bytes", verb, errBadLine, maxLine)
	}
	return dst, nil
}
