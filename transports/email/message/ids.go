package message

import (
	"strings"
	"unicode"

	"github.com/emersion/go-message/mail"
)

// ids reads the ids of a field: what stands between "<" and ">", or, where none
// does, the words that look like ids.
func ids(h *mail.Header, field string) (list []string) {
	for _, value := range h.Values(field) {
		list = append(list, parseIDs(value)...)
	}
	return list
}

func parseIDs(value string) (list []string) {
	for rest := value; ; {
		_, after, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		id, next, ok := strings.Cut(after, ">")
		if !ok {
			break
		}
		if id = cleanID(id); id != "" {
			list = append(list, id)
		}
		rest = next
	}
	if list != nil {
		return list
	}
	for _, word := range strings.Fields(value) {
		if word = cleanID(strings.Trim(word, "<>,;\"'")); strings.Contains(word, "@") {
			list = append(list, word)
		}
	}
	return list
}

// cleanID returns an id without what no id has; longer ones than a line are none.
func cleanID(id string) string {
	id = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == '<' || r == '>' {
			return -1
		}
		return r
	}, rawText(id))
	if len(id) > 998 {
		return ""
	}
	return id
}

// firstID returns the id that a field has, or nothing.
func firstID(h *mail.Header, field string) string {
	if list := ids(h, field); len(list) > 0 {
		return list[0]
	}
	return cleanID(strings.Trim(strings.TrimSpace(h.Get(field)), "<>"))
}

// cutIDs bounds a list and keeps the first: that is the root of the thread.
func cutIDs(list []string) []string {
	if len(list) <= maxReferences {
		return list
	}
	return append(list[:1:1], list[len(list)-maxReferences+1:]...)
}
