package email

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"wherry/transports"
	"wherry/transports/email/message"
)

// pencil stands before the new text of a mail that chat programs over mail edit, for
// those who do not know that it is one.
const pencil = "✏"

// gesture returns what a mail does to earlier ones of the same author: reactions of
// RFC 9078 and Gmail's, and what chat programs over mail edit or delete. Nothing is
// done in the name of whom the provider doubts; nor in a list, where many write.
func (s *Session) gesture(m *message.Mail, list *message.List) *transports.Gesture {
	if list != nil || len(m.From) != 1 || m.Encrypted != message.Unprotected || m.Verdict(s.server) == message.Doubtful {
		return nil
	}
	chat := m.Chat()
	spoken := chat != nil && chat.Version != ""
	switch r := m.Reaction; {
	case r != nil && (len(r.Signs) > 0 || spoken):
		// RFC 9078 only knows more and more signs; chat programs say all that they have.
		return &transports.Gesture{Do: transports.React, To: []string{r.To}, Signs: r.Signs, Whole: spoken}
	case !spoken:
		return nil
	case chat.Edits != "":
		if text := edited(m); text != "" && len(m.Files()) == 0 {
			return &transports.Gesture{Do: transports.Edit, To: []string{chat.Edits}, Text: text}
		}
	case len(chat.Deletes) > 0:
		return &transports.Gesture{Do: transports.Delete, To: chat.Deletes}
	}
	return nil
}

// edited returns the new text that a mail has for an earlier one.
func edited(m *message.Mail) string {
	text := m.Text(true)
	for rest := text; rest != ""; {
		if after, ok := strings.CutPrefix(rest, pencil); ok {
			text = strings.TrimSpace(strings.TrimPrefix(after, "\uFE0F"))
			break
		}
		_, rest, _ = strings.Cut(rest, "\n")
	}
	if utf8.RuneCountInString(text) > textMost {
		return cutRunes(text, textMost) + " […]"
	}
	return text
}

// reaction makes of a reaction the mail that it is. It goes only to programs that are
// known to read such mails; others would show it as an empty answer.
func (s *Session) reaction(m transports.Message) (*draft, error) {
	t, known := readTrail(m.Trail)
	g := m.Gesture
	switch {
	case g.Do != transports.React:
		return nil, &transports.Error{Kind: transports.Unsupported}
	case !known || m.ReplyTo == "":
		return nil, &transports.Error{Kind: transports.NotFound, Text: transports.T("That mail is not known any more.")}
	case t.List || !t.Chat && !g.Knows:
		return nil, &transports.Error{Kind: transports.Unsupported, Text: transports.T("Few mail programs show reactions, and that of this contact is not known to.")}
	}
	added := slices.DeleteFunc(slices.Clone(g.Signs), func(sign string) bool { return slices.Contains(g.Before, sign) })
	signs := added
	if t.Chat { // all that there are, the new ones first: some show only that
		for _, sign := range g.Signs {
			if !slices.Contains(signs, sign) {
				signs = append(signs, sign)
			}
		}
	} else if len(added) == 0 {
		return nil, &transports.Error{Kind: transports.Unsupported, Text: transports.T("A reaction by mail cannot be taken back there.")}
	}
	d := s.blank(m, &t)
	d.Text, d.Reacts = strings.Join(signs, " "), true
	d.answer(&t)
	d.Mark = time.Time{}
	return d, s.address(d, m.Chat, &t, true)
}

// edit makes of a correction one that chat programs over mail put in place of the
// mail that it corrects, where that went to one, and was one message: else the others
// would be gone. Whoever answers the mail later answers what it was.
func (d *draft) edit(t *trail, words string) {
	if !t.Own || !t.Chat || t.Many || d.Answers == "" || len(d.Files) > 0 || words == "" {
		return
	}
	d.Edits, d.Text, d.Receipt = t.ID, pencil+"\uFE0F"+words, false
	d.before = t
}
