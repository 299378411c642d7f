package ircv3test

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a line in bytes, https://ircv3.net/specs/extensions/message-tags
// "Size limit": tags with "@" and the space behind them, of a client or a
// server alone, and the rest with CR and LF.
const (
	maxTags = 4096
	maxRest = 512
)

// maxParams is how many parameters a line has at most, RFC 1459 §2.3.
const maxParams = 15

// tag is one message tag, its value without escapes. The name of a client-only
// tag begins with "+".
type tag struct{ name, value string }

// line is one line of a client.
type line struct {
	tags   []tag
	source string
	verb   string // upper case
	params []string
}

var errLine = errors.New("not a line of IRC")

// parseLine reads a line without its end.
func parseLine(text string) (line, error) {
	var l line
	if strings.ContainsAny(text, "\x00\r\n") {
		return line{}, errLine
	}
	if rest, ok := strings.CutPrefix(text, "@"); ok {
		tags, rest, _ := strings.Cut(rest, " ")
		l.tags, text = parseTags(tags), rest
	}
	text = strings.TrimLeft(text, " ")
	if rest, ok := strings.CutPrefix(text, ":"); ok {
		l.source, text, _ = strings.Cut(rest, " ")
		text = strings.TrimLeft(text, " ")
	}
	verb, text, _ := strings.Cut(text, " ")
	if verb == "" || strings.IndexFunc(verb, notAlphanumeric) >= 0 {
		return line{}, errLine
	}
	l.verb = strings.ToUpper(verb)
	for text = strings.TrimLeft(text, " "); text != ""; text = strings.TrimLeft(text, " ") {
		if rest, ok := strings.CutPrefix(text, ":"); ok || len(l.params) == maxParams-1 {
			l.params = append(l.params, rest)
			break
		}
		var param string
		param, text, _ = strings.Cut(text, " ")
		l.params = append(l.params, param)
	}
	return l, nil
}

func notAlphanumeric(r rune) bool {
	return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
}

// parseTags reads tags without the "@". The last of several with one name
// counts; a value that is not UTF-8 is dropped.
func parseTags(text string) []tag {
	var tags []tag
	for pair := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(pair, "=")
		if name == "" {
			continue
		}
		if !utf8.ValidString(value) {
			value = ""
		}
		tags = slices.DeleteFunc(tags, func(t tag) bool { return t.name == name })
		tags = append(tags, tag{name, unescape(value)})
	}
	return tags
}

// tag returns the value of a tag.
func (l *line) tag(name string) (string, bool) {
	for _, t := range l.tags {
		if t.name == name {
			return t.value, true
		}
	}
	return "", false
}

// param returns the i-th parameter, or nothing.
func (l *line) param(i int) string {
	if i < len(l.params) {
		return l.params[i]
	}
	return ""
}

// String returns the line as it is written, without its end.
func (l *line) String() string {
	return formatTags(l.tags) + formatRest(l.source, l.verb, l.params, false)
}

// formatTags returns tags with "@" and the space behind them.
func formatTags(tags []tag) string {
	if len(tags) == 0 {
		return ""
	}
	var b strings.Builder
	for i, t := range tags {
		b.WriteByte("@;"[min(i, 1)])
		b.WriteString(t.name)
		if t.value != "" {
			b.WriteByte('=')
			b.WriteString(escape(t.value))
		}
	}
	b.WriteByte(' ')
	return b.String()
}

// formatRest returns a line without tags and its end. With text, the last
// parameter has a ":" whether it needs one or not.
func formatRest(source, verb string, params []string, text bool) string {
	var b strings.Builder
	if source != "" {
		b.WriteString(":" + source + " ")
	}
	b.WriteString(verb)
	for i, p := range params {
		b.WriteByte(' ')
		if i == len(params)-1 && (text || p == "" || p[0] == ':' || strings.Contains(p, " ")) {
			b.WriteByte(':')
		}
		b.WriteString(p)
	}
	return b.String()
}

var escaper = strings.NewReplacer(";", `\:`, " ", `\s`, `\`, `\\`, "\r", `\r`, "\n", `\n`)

// escape writes a tag's value, message-tags "Escaping values".
func escape(value string) string { return escaper.Replace(value) }

// unescape reads a tag's value. A backslash before what it has no meaning for,
// or at the end, is dropped.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' {
			if i++; i == len(text) {
				break
			}
			switch c = text[i]; c {
			case ':':
				c = ';'
			case 's':
				c = ' '
			case 'r':
				c = '\r'
			case 'n':
				c = '\n'
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
