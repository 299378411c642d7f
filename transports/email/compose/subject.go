package compose

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// subjectMost is how long a subject made of a text is, in characters.
const subjectMost = 60

// cutMark tells that something was cut off.
const cutMark = "..."

// NewSubject returns the subject of a mail of which only the text is known: its
// first line, cut at a word.
func NewSubject(text string) string {
	for line := range strings.SplitSeq(cleanText(text), "\n") {
		if line = strings.TrimLeft(cleanLine(line, 4*subjectMost), "> "); line != "" {
			return cutAtWord(line, subjectMost)
		}
	}
	return ""
}

// cutAtWord returns a line of at most so many characters, cut behind a word and
// marked where it is cut. A word that alone is too long is cut behind a
// character as people see them.
func cutAtWord(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	room := most - len(cutMark) - 1 // of characters
	var words, all string
	rest, state, n := s, -1, 0
	for rest != "" {
		var seen string
		seen, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if n += utf8.RuneCountInString(seen); n > room {
			if seen == " " {
				words = all
			}
			break
		}
		if seen == " " {
			words = all
		}
		all += seen
	}
	if words == "" {
		return all + cutMark
	}
	return words + " " + cutMark
}

// answerMarks are what programs put before the subject of an answer, in the
// languages that are about.
var answerMarks = []string{"re", "aw", "antw", "sv", "vs", "odp", "res", "rif", "r", "ynt", "bls", "atb", "vá", "на", "отв", "απ", "回复", "回覆", "答复", "답장", "返信"}

// ReplySubject returns the subject of the answer to a mail: "Re: " once,
// whatever stood there already.
func ReplySubject(subject string) string {
	subject = cleanLine(subject, textMost-4)
	for {
		rest, ok := cutMarkOf(subject)
		if !ok {
			break
		}
		subject = rest
	}
	return strings.TrimSpace("Re: " + subject)
}

// cutMarkOf takes one mark of an answer from a subject: "Re:", "AW :", "Re[2]:".
func cutMarkOf(s string) (string, bool) {
	before, after, ok := strings.Cut(strings.Replace(s, "：", ":", 1), ":")
	if !ok {
		return s, false
	}
	mark := strings.TrimSpace(before)
	if word, count, ok := strings.Cut(mark, "["); ok && strings.Trim(count, "0123456789]") == "" {
		mark = word
	}
	for _, m := range answerMarks {
		if strings.EqualFold(mark, m) {
			return strings.TrimSpace(after), true
		}
	}
	return s, false
}

// subjectWords are what a person writes before a subject in a text, in the
// languages that are about; in lower case.
var subjectWords = []string{
	"subject", "betreff", "betrifft", "objet", "sujet", "asunto", "oggetto", "assunto", "onderwerp", "ämne", "emne", "aihe", "efni",
	"temat", "předmět", "predmet", "tárgy", "subiect", "konu", "тема", "предмет", "относно", "θέμα", "件名", "主题", "主旨", "제목",
}

// subjectWordMost is how long one is at most, in bytes.
const subjectWordMost = 20

// SplitSubject returns the subject that the first line of a text gives, as
// "Subject: Lunch", and the text behind it.
func SplitSubject(text string) (subject, rest string, ok bool) {
	line, rest, _ := strings.Cut(text, "\n")
	word, line, ok := cutColon(line)
	if !ok || !slices.Contains(subjectWords, strings.ToLower(word)) {
		return "", text, false
	}
	if subject = cleanLine(line, textMost); subject == "" {
		return "", text, false
	}
	return subject, strings.TrimLeft(rest, "\r\n"), true
}

// cutColon cuts a line behind the word that it begins with, and that one's colon.
func cutColon(line string) (word, rest string, ok bool) {
	i := strings.IndexAny(line, ":：")
	if i < 0 || i > subjectWordMost {
		return "", line, false
	}
	_, n := utf8.DecodeRuneInString(line[i:])
	return line[:i], line[i+n:], true
}
