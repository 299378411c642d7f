package message

import (
	"strings"
)

// What programs put before the subject of an answer, or of a mail that is passed
// on, in many languages.
const (
	replyWords   = `re|aw|antw?|antwort|sv|vs|ref|rif|r|res|resp|odp|отв|ответ|на|ynt|cevap|yanıt|atb|ats|bls|vá|回复|答复|回覆|返信|답장|회신|рe`
	forwardWords = `fwd?|wg|wtr|tr|rv|i|enc|vb|vl|pd|doorst|vid|fs|ilt|továbbítás|пересл|转发|轉寄|轉發|転送|전달`
)

var subjectPrefix = lazy(`(?i)^\s*(?:(` + replyWords + `)|(` + forwardWords + `))\s*(?:\[\d+\]|\(\d+\)|\^\d+|\*\d+)?\s*[:：]\s*`)

// listTag is what lists put before subjects.
var listTag = lazy(`^\s*\[[^\[\]]{1,40}\]\s*`)

// Subject returns a subject without what answering and passing on put before it,
// and without the tag of a list there; and whether the first of that was for an
// answer, or for passing on.
func Subject(s string) (bare string, reply, forward bool) {
	bare = strings.Join(strings.Fields(s), " ")
	for range 50 {
		if at := subjectPrefix().FindStringSubmatchIndex(bare); at != nil {
			if !reply && !forward {
				reply, forward = at[2] >= 0, at[4] >= 0
			}
			bare = bare[at[1]:]
			continue
		}
		if tag := listTag().FindString(bare); tag != "" && len(tag) < len(bare) {
			bare = bare[len(tag):]
			continue
		}
		break
	}
	return strings.TrimSpace(bare), reply, forward
}

// SubjectChanged tells whether a mail is about something else than the one
// before it in the conversation, or begins one (previous is empty): then its
// subject is to be shown.
func SubjectChanged(previous, subject string) bool {
	bare, _, _ := Subject(subject)
	before, _, _ := Subject(previous)
	return bare != "" && !strings.EqualFold(bare, before)
}
