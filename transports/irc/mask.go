package irc

import "strings"

// matchMask tells whether a mask with "*" and "?" means name, as bans do.
func matchMask(mask, name string, mapping casemapping) bool {
	if mask == "" {
		return false
	}
	mask, name = mapping.fold(mask), mapping.fold(name)
	m, n, star, back := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case m < len(mask) && mask[m] == '*':
			star, back = m, n
			m++
		case m < len(mask) && (mask[m] == '?' || mask[m] == name[n]):
			m++
			n++
		case star >= 0:
			back++
			m, n = star+1, back
		default:
			return false
		}
	}
	return strings.Trim(mask[m:], "*") == ""
}
