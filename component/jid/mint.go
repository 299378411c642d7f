package jid

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Local makes the local part of an address of ours from text.
func Local(text string) (string, error) {
	local := Escape(norm.NFC.String(strings.ToLower(norm.NFC.String(text))))
	if len(local) > MaxPart {
		return "", ErrTooLong
	}
	return local, nil
}

// Text reverses Local.
func Text(local string) string { return Unescape(local) }

// Resource makes the resource of an address of ours from a nick.
func Resource(nick string) (string, error) {
	nick = norm.NFC.String(nick)
	switch {
	case nick == "":
		return "", ErrEmpty
	case len(nick) > MaxPart:
		return "", ErrTooLong
	}
	return nick, nil
}

// Nick reverses Resource.
func Nick(resource string) string { return resource }
