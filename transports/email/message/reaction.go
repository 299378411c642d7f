package message

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// typeGoogleReaction is what Gmail sends besides text, with Content-Disposition
// of its own.
const typeGoogleReaction = "text/vnd.google.email-reaction+json"

// Reaction is a sign that somebody set to a mail: RFC 9078, or Gmail's.
type Reaction struct {
	To    string   // id of the mail
	Signs []string // emoji, no more than 10; none takes all back
}

// reaction reads a mail that is a reaction; nil is none.
func reaction(m *Mail) *Reaction {
	if len(m.InReplyTo) == 0 {
		return nil
	}
	to := m.InReplyTo[0]
	for _, e := range m.extras {
		if e.kind == typeGoogleReaction {
			var said struct {
				Version int    `json:"version"`
				Emoji   string `json:"emoji"`
			}
			if json.Unmarshal(e.text, &said) == nil && isSign(said.Emoji) {
				return &Reaction{To: to, Signs: []string{said.Emoji}}
			}
		}
	}
	for _, e := range m.extras {
		if e.disposition != "reaction" {
			continue
		}
		r := &Reaction{To: to}
		line, _, _ := strings.Cut(strings.TrimSpace(string(e.text)), "\n")
		for _, sign := range strings.Fields(line) { // RFC 9078 §2
			if isSign(sign) && len(r.Signs) < 10 {
				r.Signs = append(r.Signs, sign)
			}
		}
		if len(r.Signs) > 0 || strings.TrimSpace(line) == "" {
			return r
		}
	}
	return nil
}

// isSign tells whether a text can be one emoji: short, and no word.
func isSign(s string) bool {
	if s == "" || utf8.RuneCountInString(s) > 20 {
		return false
	}
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsControl(r) || unicode.IsSpace(r) || r == utf8.RuneError || isBidi(r):
			return false
		case unicode.IsLetter(r):
			letters++
		}
	}
	return letters == 0
}
