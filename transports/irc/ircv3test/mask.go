package ircv3test

import "strings"

// matches tells whether a name fits a mask with "*" and "?".
func (s *Server) matches(mask, name string) bool { return glob(s.fold(mask), s.fold(name)) }

// glob tells whether a text fits a pattern: "*" is any text, "?" any one byte.
// It takes time in the product of both lengths at most.
func glob(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// fullMask completes a mask: "nick" to "nick!*@*", "user@host" to "*!user@host".
func fullMask(mask string) string {
	switch at, bang := strings.Contains(mask, "@"), strings.Contains(mask, "!"); {
	case at && bang:
		return mask
	case at:
		return "*!" + mask
	case bang:
		return mask + "@*"
	}
	return mask + "!*@*"
}

// listed tells whether a client fits a mask of a list.
func (ch *channel) listed(mode byte, c *client) bool {
	for _, entry := range ch.lists[mode] {
		if c.server.matches(entry.mask, c.mask()) {
			return true
		}
	}
	return false
}
