package store

import (
	"strings"
	"sync"
)

var bounds sync.Map // of what bound returned, by query

// bound is rebind for the queries of this program, whose number has an end.
func bound(query string) string {
	if text, ok := bounds.Load(query); ok {
		return text.(string)
	}
	text := rebind(query)
	bounds.Store(query, text)
	return text
}

// rebind returns query with every argument $N written as ?N. SQLite takes $N
// for a name and numbers names by first appearance, so that
// "SELECT $2 || $1" would silently swap its arguments; ?N is number N.
// Quoted text and comments stay as they are.
func rebind(query string) string {
	var b strings.Builder
	b.Grow(len(query))
	for i := 0; i < len(query); {
		switch {
		case query[i] == '\'' || query[i] == '"':
			end := quoted(query, i)
			b.WriteString(query[i:end])
			i = end
		case strings.HasPrefix(query[i:], "--"):
			end := i + lineLength(query[i:])
			b.WriteString(query[i:end])
			i = end
		case query[i] == '$' && i+1 < len(query) && isDigit(query[i+1]):
			b.WriteByte('?')
			i++
		default:
			b.WriteByte(query[i])
			i++
		}
	}
	return b.String()
}

// quoted returns the index behind the quoted text that starts at i. A doubled
// quote reads as two quoted texts, which is the same here.
func quoted(query string, i int) int {
	end := strings.IndexByte(query[i+1:], query[i])
	if end < 0 {
		return len(query)
	}
	return i + end + 2
}

func lineLength(s string) int {
	if end := strings.IndexByte(s, '\n'); end >= 0 {
		return end
	}
	return len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
