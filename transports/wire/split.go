package wire

import (
	"fmt"
	"unicode/utf8"

	"wherry/transports"
)

// longestText is how many bytes a message may have.
const longestText = 1000

// Split cuts a message where it is too long. Each part has an id of its own: a
// network that folds repeats would fold them.
func (s *Session) Split(m transports.Message) []transports.Message {
	if len(m.Text) <= longestText {
		return []transports.Message{m}
	}
	var parts []transports.Message
	for text := m.Text; text != ""; {
		part := m
		end := min(len(text), longestText)
		for end < len(text) && end > 1 && !utf8.RuneStart(text[end]) {
			end--
		}
		part.Text, text = text[:end], text[end:]
		if m.ID != "" {
			part.ID = fmt.Sprintf("%s.%d", m.ID, len(parts)+1)
		}
		parts = append(parts, part)
	}
	return parts
}
