package irc

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/ergochat/irc-go/ircmsg"
	"golang.org/x/text/encoding/charmap"
)

// speech is the encoding of what is sent, one byte for each character; the zero
// speech is UTF-8.
type speech struct{ charset *charmap.Charmap }

// lost stands for what an encoding lacks.
const lost = '?'

// speech returns the encoding of what a session sends: what its user wants, unless
// the network takes UTF-8 only.
func (s *Session) speech() speech {
	if s.utf8.Load() {
		return speech{}
	}
	return speech{s.who.outgoing}
}

// speechIn is speech for what is said in a channel, or to somebody.
func (s *Session) speechIn(target string) speech {
	w := s.writing(target)
	switch {
	case w.utf8 || s.utf8.Load():
		return speech{}
	case w.out != nil:
		return speech{w.out}
	}
	return speech{s.who.outgoing}
}

// size returns how many bytes a text takes.
func (sp speech) size(text string) int {
	if sp.charset == nil {
		return len(text)
	}
	return utf8.RuneCountInString(text)
}

// head returns as much of the beginning of a text as takes no more than so many
// bytes.
func (sp speech) head(text string, limit int) string {
	if sp.charset == nil {
		return ircmsg.TruncateUTF8Safe(text, limit)
	}
	for i := range text {
		if limit == 0 {
			return text[:i]
		}
		limit--
	}
	return text
}

// sayable returns a text as others will see it.
func (sp speech) sayable(text string) string {
	if sp.charset == nil {
		return text
	}
	return strings.Map(func(r rune) rune {
		if _, ok := sp.charset.EncodeRune(r); !ok {
			return lost
		}
		return r
	}, text)
}

// encode returns lines as they go out: the text of those for a channel in its
// encoding, all else in the network's. Tags are UTF-8 at all times: the
// message-tags specification.
func (s *Session) encode(lines []byte) []byte {
	sp := s.speech()
	if sp.charset == nil && s.writings.Load() == nil || s.utf8.Load() {
		return lines
	}
	out := make([]byte, 0, len(lines))
	for len(lines) > 0 {
		line := lines
		if end := bytes.IndexByte(lines, '\n'); end >= 0 {
			line = lines[:end+1]
		}
		lines = lines[len(line):]
		if line[0] == '@' {
			tags := line[:bytes.IndexByte(line, ' ')+1]
			out, line = append(out, tags...), line[len(tags):]
		}
		head, target := addressed(line)
		out = sp.append(out, line[:head])
		out = s.speechIn(target).append(out, line[head:])
	}
	return out
}

// addressed returns the first parameter of a line, and how long the line is up to
// its end.
func addressed(line []byte) (head int, target string) {
	verb := bytes.IndexByte(line, ' ') + 1
	n := bytes.IndexByte(line[verb:], ' ')
	if verb == 0 || n < 0 {
		return len(line), ""
	}
	return verb + n, string(line[verb : verb+n])
}

// append appends text as it goes out.
func (sp speech) append(out, text []byte) []byte {
	if sp.charset == nil {
		return append(out, text...)
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		if b, ok := sp.charset.EncodeRune(r); ok {
			out = append(out, b)
		} else {
			out = append(out, lost)
		}
	}
	return out
}
