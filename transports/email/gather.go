package email

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"wherry/transports"
	"wherry/transports/email/compose"
)

// Bounds on a mail that several messages are: what is longer goes as another one.
const (
	gatheredText  = textMost // characters
	gatheredFiles = 20
)

// Quiet is how long a message waits for the next one to the same contact.
func (s *Session) Quiet() time.Duration { return s.gather }

// Gather makes one message of those that can be one mail: plain words of the same
// conversation and subject, and files behind the last of them. Each begins a line, and
// one of several lines is a paragraph of its own.
func (s *Session) Gather(ms []transports.Message) (transports.Message, int) {
	all := ms[0]
	if !plainWords(all) {
		return all, 1
	}
	subject, rest := titled(all)
	long := strings.Contains(rest, "\n")
	size, files := utf8.RuneCountInString(all.Text), len(all.Attachments)
	var words strings.Builder
	words.WriteString(all.Text)
	n := 1
	for ; n < len(ms); n++ {
		m := ms[n]
		own, text := titled(m)
		size, files = size+utf8.RuneCountInString(text)+len("\n\n"), files+len(m.Attachments)
		switch {
		case !plainWords(m), !slices.Equal(m.Parties, all.Parties), m.Thread != "" && m.Thread != all.Thread,
			own != "" && !strings.EqualFold(own, subject),
			text != "" && len(all.Attachments) > 0,
			size > gatheredText, files > gatheredFiles:
			return gathered(all, words.String(), ms[:n])
		}
		paragraph := strings.Contains(text, "\n")
		if text != "" && words.Len() > 0 {
			words.WriteString("\n")
			if long || paragraph {
				words.WriteString("\n")
			}
		}
		words.WriteString(text)
		if text != "" {
			long = paragraph
		}
		all.Attachments = append(all.Attachments[:len(all.Attachments):len(all.Attachments)], m.Attachments...)
	}
	return gathered(all, words.String(), ms[:n])
}

// gathered completes a message that several are. It was written when the last was.
func gathered(all transports.Message, words string, of []transports.Message) (transports.Message, int) {
	all.Text, all.Time = words, of[len(of)-1].Time
	return all, len(of)
}

// plainWords tells whether a message can go together with others.
func plainWords(m transports.Message) bool {
	return m.Style == transports.Say && !m.Corrects && m.Gesture == nil
}

// titled returns the subject that a message gives, if any, and its text without it.
func titled(m transports.Message) (subject, text string) {
	if subject, text, ok := compose.SplitSubject(m.Text); ok {
		return subject, text
	}
	return strings.TrimSpace(m.Subject), m.Text
}
