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

// encode returns lines as they go out. Tags are UTF-8 at all times: the
// message-tags specification.
func (sp speech) encode(lines []byte) []byte {
	if sp.charset == nil {
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
		for len(line) > 0 {
			r, n := utf8.DecodeRune(line)
			line = line[n:]
			if b, ok := sp.charset.EncodeRune(r); ok {
				out = append(out, b)
			} else {
				out = append(out, lost)
			}
		}
	}
	return out
}
