package irc

import (
	"unicode"
	"unicode/utf8"
)

// mentions tells whether text has nick as a word of its own, in any spelling
// that means it on the network.
func mentions(text, nick string, mapping casemapping) bool {
	if nick == "" {
		return false
	}
	nick = mapping.fold(nick)
	first := nick[0]
	for start := 0; start+len(nick) <= len(text); start++ {
		if mapping.foldByte(text[start]) != first || !mapping.hasPrefix(text[start:], nick) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[start+len(nick):])
		if !ofWord(before) && !ofWord(after) {
			return true
		}
	}
	return false
}

// ofWord tells whether a character goes on with a word or nick.
func ofWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-')
}
