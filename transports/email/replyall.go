package email

import (
	"context"
	"slices"
	"strings"

	"wherry/transports"
	"wherry/transports/email/compose"
	"wherry/transports/email/message"
)

const fieldText = "text"

// beginReplyAll asks what is to be answered to all who got a mail.
func (t *Transport) beginReplyAll(_ context.Context, at transports.Place) (transports.Turn, error) {
	all := slices.DeleteFunc(letters(at), func(l letter) bool { return l.ID == "" })
	if len(all) == 0 {
		return noMails(at), nil
	}
	f := &transports.Form{
		Title:        transports.T("Answer a mail to all who got it"),
		Instructions: transports.T("One mail goes to who wrote it, and to all whom it went to."),
		Fields: []transports.Field{
			{Name: fieldText, Kind: transports.Lines, Required: true, Label: transports.T("Text")},
			mailField(all, transports.Choice, transports.T("Mail")),
		},
	}
	return transports.Turn{Form: f, Last: true, Next: func(_ context.Context, at transports.Place, answered transports.Settings) (transports.Turn, error) {
		l, ok := numbered(all, answered[fieldMail])
		text := strings.TrimSpace(answered[fieldText])
		switch {
		case !ok:
			return transports.Turn{}, refusal(fieldMail, transports.T("There is no such mail."))
		case text == "":
			return transports.Turn{}, refusal(fieldText, transports.T("There is nothing in this message to send."))
		case l.List && len(l.To) == 0:
			return transports.Turn{}, refusal(fieldMail, transports.T("Nobody may write to this list, or it does not say where to."))
		}
		return t.replyAll(l, at, text)
	}}, nil
}

// replyAll answers a mail to all who got it: to who wrote it, or where they want their
// answers, and copies to the others.
func (t *Transport) replyAll(l letter, at transports.Place, text string) (transports.Turn, error) {
	opened, err := t.Open(at.Account, at.Saved)
	if err != nil {
		return transports.Turn{}, err
	}
	s := opened.(*Session)
	to := l.To
	if len(to) == 0 {
		to = []compose.Mailbox{l.From}
	}
	m := transports.Message{Chat: at.Chat, Text: text, ReplyTo: l.ID, Trail: l.Past.Trail}
	everybody := slices.Clone(to)
	for _, one := range l.All {
		same := func(there compose.Mailbox) bool { return strings.EqualFold(there.Addr, one.Addr) }
		who := s.person(one.Addr)
		if s.own(one.Addr) || who == at.Chat || slices.ContainsFunc(everybody, same) {
			continue
		}
		everybody = append(everybody, one)
		m.Parties = append(m.Parties, transports.Party{As: transports.PartyCc, Address: who})
	}
	var shown []message.Address
	for _, one := range everybody {
		shown = append(shown, message.Address{Name: one.Name, Spec: one.Addr})
	}
	return transports.Turn{Said: transports.T("The mail goes to %s", names(shown)), Send: []transports.Message{m}}, nil
}
