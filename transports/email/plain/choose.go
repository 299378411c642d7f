package plain

import (
	"strings"
)

// Source is a text in the forms that a mail has it in.
type Source struct {
	Plain         string
	HTML          string
	Flowed, DelSp bool // Plain is format=flowed, RFC 3676
}

// Choose returns what of a text is to be shown, with marks for Cut: what the
// sender wrote as plain text, unless that is missing, blank, or only says that
// there is HTML.
func (s Source) Choose() string {
	text := stripMarks(s.Plain)
	if s.Flowed {
		text = Flowed(text, s.DelSp)
	}
	if s.HTML == "" {
		return text
	}
	words := countWords(text, 60)
	if words >= 60 || words >= 3 && !stubWords().MatchString(text) {
		return text
	}
	rich := renderHTML(s.HTML)
	if words == 0 || countWords(strip(rich), 21) > 20 {
		return rich
	}
	return text
}

// stripMarks takes what would be taken for marks out of a text from outside.
func stripMarks(s string) string {
	if !strings.ContainsAny(s, marks) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(marks, r) {
			return -1
		}
		return r
	}, s)
}

// stubWords are said by what is no text.
var stubWords = lazy(`(?i)(?:not|n't|cannot|unable to) (?:support|display|view|show|read|render) ?(?:the )?(?:html|this (?:e-?mail|message))|html[ -](?:version|capable|compatible|enabled|format|e-?mail)|` +
	`view (?:this|the) (?:e-?mail|message) (?:in|with) (?:an? )?html|(?:kein|nicht).{0,30}html|html[ -]?(?:fähig|ansicht|darstell)|n'affiche pas.{0,20}html|format html|no (?:soporta|admite).{0,20}html|formato html|non support.{0,20}html`)

// countWords counts words, up to a number.
func countWords(s string, most int) (n int) {
	for range strings.FieldsSeq(s) {
		if n++; n == most {
			break
		}
	}
	return n
}
