package email

import (
	"cmp"
	"context"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/imap"
	"wherry/transports/email/message"
)

// typeMail is the media type of a mail as it is, RFC 2046 §5.2.1.
const typeMail = "message/rfc822"

// glanceMost is how much of a mail is read for its text, in bytes: a longer text is
// too long to be shown.
const glanceMost = 1 << 20

// beginOriginal asks which mail is wanted as it is.
func (t *Transport) beginOriginal(_ context.Context, at transports.Place) (transports.Turn, error) {
	all := letters(at)
	if len(all) == 0 {
		return noMails(at), nil
	}
	f := &transports.Form{
		Title:        transports.T("Get the original of a mail"),
		Instructions: transports.T("It comes as a file, with its whole text."),
		Fields:       []transports.Field{mailField(all, transports.Choice, transports.T("Mail"))},
	}
	return transports.Turn{Form: f, Last: true, Next: func(ctx context.Context, at transports.Place, answered transports.Settings) (transports.Turn, error) {
		l, ok := numbered(all, answered[fieldMail])
		if !ok {
			return transports.Turn{}, refusal(fieldMail, transports.T("There is no such mail."))
		}
		return l.original(ctx, at)
	}}, nil
}

// original brings a mail once more: its whole text, and all of it as a file.
func (l letter) original(ctx context.Context, at transports.Place) (transports.Turn, error) {
	where, text := l.ref(), ""
	err := visit(ctx, at, func(ctx context.Context, s *Session, c *imap.Client) error {
		m, box, err := l.find(ctx, c, true)
		switch {
		case err != nil:
			return err
		case m.Size > mailMost:
			return &transports.Error{Kind: transports.TooLong, Text: transports.T("This mail is too large to be brought here.")}
		}
		where.UID, where.Validity = m.UID, box.UIDValidity
		text, err = glance(ctx, c, m.UID)
		return err
	})
	if err != nil {
		return transports.Turn{}, err
	}
	s := at.Session.(*Session)
	m := transports.Message{
		ID:   "original-" + strconv.FormatInt(time.Now().UnixNano(), 36) + "-" + message.ThreadID(s.key, l.Ref),
		Chat: at.Chat, Ref: l.Ref, Trail: l.Past.Trail, Time: l.Past.Time, Delayed: true,
		Thread: message.ThreadID(s.key, l.root()), Subject: l.Subject, Text: text,
		Notes: []transports.Text{transports.T("The whole of the mail “%s”:", cmp.Or(l.Subject, "…"))},
	}
	if utf8.RuneCountInString(text) > textMost {
		m.Text = ""
		m.Attachments = append(m.Attachments, transports.Attachment{Ref: where.String(), Name: "message.txt", Type: "text/plain; charset=utf-8"})
	}
	where.Raw = true
	m.Attachments = append(m.Attachments, transports.Attachment{Ref: where.String(), Name: fileNamed(l.Subject) + ".eml", Type: typeMail})
	return transports.Turn{
		Said:  transports.T("The mail comes as a message."),
		Batch: transports.Batch{Events: []transports.Event{transports.Received{Message: m}}},
	}, nil
}

// root names the conversation of the mail that left a trail, as root does.
func (l letter) root() string {
	if len(l.References) > 0 {
		return l.References[0]
	}
	return cmp.Or(l.ID, l.Ref)
}

// glance returns the whole text of a mail, or the beginning of a long one.
func glance(ctx context.Context, c *imap.Client, uid goimap.UID) (text string, err error) {
	found := false
	body := &goimap.FetchItemBodySection{Peek: true, Partial: &goimap.SectionPartial{Size: glanceMost}}
	err = c.Body(ctx, uid, body, func(r io.Reader) error {
		m, err := message.Read(r)
		if found = err == nil; found {
			text = m.WholeText()
		}
		return err
	})
	if err == nil && !found {
		err = goneMail()
	}
	return text, err
}

// fileNamed returns the name of a file, without its end, by the subject of a mail.
func fileNamed(subject string) string {
	name := strings.Join(strings.FieldsFunc(subject, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "-")
	return cmp.Or(cutRunes(name, 60), "mail")
}
