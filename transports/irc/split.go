package irc

import (
	"strings"

	"github.com/ergochat/irc-go/ircmsg"

	"wherry/transports"
)

// What others see before our lines, ":nick!user@host ", is counted as long as
// networks let it be: it may change after a message was cut.
const (
	longestNick = 30
	longestUser = 11
	longestHost = 63
	sourceSize  = len(":!@ ") + longestUser + longestHost
)

// textLimit returns how many bytes of text a line has place for, as others
// receive it: RFC 2812 §2.3.
func textLimit(nick, verb, target string) int {
	return maxLine - sourceSize - max(len(nick), longestNick) - len(verb) - len(target) - len("  :\r\n")
}

func (c *conn) textLimit(verb, target string) int { return textLimit(c.nick, verb, target) }

// actionSize is what a "/me" costs.
const actionSize = len("\x01ACTION \x01")

// Split cuts a message into such that each is one line of IRC, at ends of lines
// and else between words where it can.
func (s *Session) Split(m transports.Message) []transports.Message {
	limit := textLimit(s.who.nick, "PRIVMSG", m.Chat.Name)
	var parts []transports.Message
	if m.Chat.Kind == transports.Network { // lines of IRC as they are
		limit, m.Markup, m.Style = maxRaw, false, transports.Say
	}
	block := false // of preformatted text, XEP-0393 §4.2
	for text := range strings.SplitSeq(m.Text, "\n") {
		text = printable(text)
		fence := strings.HasPrefix(text, "```")
		block = block != fence
		for text != "" {
			part := m
			part.Markup = m.Markup && !block && !fence
			if len(parts) > 0 && m.Style == transports.Act {
				part.Style = transports.Say
			}
			room := limit
			if part.Style == transports.Act {
				room -= actionSize
			}
			part.Text = cut(text, room)
			text = text[len(part.Text):]
			parts = append(parts, part)
		}
	}
	if parts == nil {
		m.Text = " "
		parts = []transports.Message{m}
	}
	return parts
}

// maxRaw is longer than a line of IRC, so that one which is too long is refused
// and not cut.
const maxRaw = 4 * maxLine

// cut returns as much of the beginning of text as fits in limit bytes, to the
// end of a word unless that wastes more than a third.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	head := ircmsg.TruncateUTF8Safe(text, limit)
	if i := strings.LastIndexByte(head, ' '); i >= len(head)*2/3 {
		return head[:i+1]
	}
	return head
}

// printable drops what a line of IRC must not hold, or would take for more
// than text.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

// singleLine returns text as one line.
func singleLine(text string) string {
	return printable(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(text))
}

// withReason returns the parameters of a command whose last, a reason, may be
// left out; it is cut to limit bytes.
func withReason(reason string, limit int, params ...string) []string {
	if reason = singleLine(reason); reason != "" {
		params = append(params, ircmsg.TruncateUTF8Safe(reason, limit))
	}
	return params
}
