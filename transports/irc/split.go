package irc

import (
	"strings"
	"unicode/utf8"

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
func (sp speech) textLimit(nick, verb, target string) int {
	return maxLine - sourceSize - max(sp.size(nick), longestNick) - len(verb) - sp.size(target) - len("  :\r\n")
}

func (c *conn) textLimit(verb, target string) int {
	return c.s.speechIn(target).textLimit(c.nick, verb, target)
}

// actionSize is what a "/me" costs.
const actionSize = len("\x01ACTION \x01")

// Split cuts a message into such that each is one line of IRC, at ends of lines
// and else between words where it can; or into as few as the network takes,
// where that takes several lines as one.
func (s *Session) Split(m transports.Message) []transports.Message {
	if m.Chat.Kind == transports.Network {
		return rawParts(m)
	}
	sp, limit := s.speechIn(m.Chat.Name), s.limit(&m)
	if sp.charset == nil && m.Text != "" && len(m.Text) <= limit-actionSize && isPrintable(m.Text) && !strings.HasPrefix(m.Text, "```") {
		return []transports.Message{m} // as nearly all are
	}
	ps := sp.pieces(&m, limit, false)
	if c, err := s.live(); err == nil && len(ps) > 1 && c.takesLines(&m) {
		c.mu.Lock()
		bounds := c.net.multiline
		c.mu.Unlock()
		return sp.together(m, bounds, limit)
	}
	parts := make([]transports.Message, 0, len(ps))
	for _, p := range ps {
		parts = append(parts, p.message(m))
	}
	if len(parts) == 0 {
		m.Text = " "
		parts = append(parts, m)
	}
	return parts
}

// rawParts returns the lines of a message to the network, as they are.
func rawParts(m transports.Message) (parts []transports.Message) {
	m.Markup, m.Style = false, transports.Say
	for text := range strings.SplitSeq(m.Text, "\n") {
		if text = strings.TrimSpace(text); text != "" {
			m.Text = text
			parts = append(parts, m)
		}
	}
	if parts == nil {
		parts = []transports.Message{m}
	}
	return parts
}

// limit returns how many bytes of a message fit in a line, whichever nick we
// have.
func (s *Session) limit(m *transports.Message) int {
	return s.speechIn(m.Chat.Name).textLimit(s.who.nick, "PRIVMSG", m.To+m.Chat.Name)
}

// together cuts a message into such that each is within the bounds of one with
// several lines. A line alone is within them.
func (sp speech) together(m transports.Message, bounds multiline, limit int) []transports.Message {
	limit = min(limit, bounds.bytes)
	var parts []transports.Message
	var part transports.Message
	size, lines := 0, 0
	end := func() {
		if lines > 0 {
			part.Text = strings.TrimRight(part.Text, "\n")
			parts = append(parts, part)
		}
		size, lines = 0, 0
	}
	for _, p := range sp.pieces(&m, limit, true) {
		joint := 1
		if p.concat {
			joint = 0
		}
		if lines == bounds.lines || size+joint+sp.size(p.text) > bounds.bytes {
			end()
		}
		switch {
		case lines == 0 && p.text == "":
			continue
		case lines == 0:
			part = p.message(m)
			part.Markup = m.Markup && !p.inside
			joint = 0
		default:
			part.Text += "\n"[:joint] + p.text
		}
		lines++
		size += joint + sp.size(p.text)
	}
	end()
	return parts
}

// piece is a part of a message that fits in one line.
type piece struct {
	text   string
	style  transports.Style
	markup bool
	concat bool // it goes on with the line before
	inside bool // a block of preformatted text began before it
}

// message returns the piece of m as a message of its own.
func (p piece) message(m transports.Message) transports.Message {
	m.Text, m.Markup, m.Style = p.text, p.markup, p.style
	return m
}

// codes returns the piece as it stands in a line.
func (p piece) codes() string {
	if p.markup {
		return toCodes(p.text)
	}
	return printable(p.text)
}

// pieces cuts a message into its lines, and these to limit bytes. Empty lines
// are left out, as no line of IRC is empty but within a message of several.
func (sp speech) pieces(m *transports.Message, limit int, empty bool) []piece {
	var all []piece
	block := false // of preformatted text, XEP-0393 §4.2
	for text := range strings.SplitSeq(m.Text, "\n") {
		text = printable(text)
		fence := strings.HasPrefix(text, "```")
		inside := block
		block = block != fence
		if text == "" && empty {
			all = append(all, piece{style: m.Style, inside: inside})
		}
		for begun := false; text != ""; begun = true {
			p := piece{style: m.Style, markup: m.Markup && !block && !fence, concat: begun, inside: inside}
			if len(all) > 0 && m.Style == transports.Act {
				p.style = transports.Say
			}
			room := limit
			if p.style == transports.Act {
				room -= actionSize
			}
			p.text = sp.cut(text, room)
			text = text[len(p.text):]
			all = append(all, p)
		}
	}
	return all
}

// cut returns as much of the beginning of text as fits in limit bytes, to the
// end of a word unless that wastes more than a third.
func (sp speech) cut(text string, limit int) string {
	if sp.size(text) <= limit {
		return text
	}
	head := sp.head(text, limit)
	if i := strings.LastIndexByte(head, ' '); i >= len(head)*2/3 {
		return head[:i+1]
	}
	return head
}

// printable drops what a line of IRC must not hold, or would take for more
// than text.
func printable(text string) string {
	if isPrintable(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

func isPrintable(text string) bool {
	for i := 0; ; i++ {
		if i == len(text) {
			return true // as nearly all are
		}
		if text[i]-' ' >= utf8.RuneSelf-' ' {
			break
		}
	}
	for i := range len(text) {
		if text[i] < ' ' && text[i] != '\t' {
			return false
		}
	}
	return utf8.ValidString(text)
}

// singleLine returns text as one line.
func singleLine(text string) string {
	return printable(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(text))
}

// withReason returns the parameters of a command whose last, a reason, may be
// left out; it is cut to limit bytes.
func (sp speech) withReason(reason string, limit int, params ...string) []string {
	if reason = singleLine(reason); reason != "" {
		params = append(params, sp.head(reason, limit))
	}
	return params
}
