package email

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/imap"
)

// Commands returns what users can have done with the mails of a contact, and with
// their mailbox.
func (t *Transport) Commands() []transports.Command {
	contact := transports.Contact
	return []transports.Command{
		{Name: "reply-all", At: contact, Title: transports.T("Answer a mail to all who got it"), Begin: t.beginReplyAll},
		{Name: "original", At: contact, Title: transports.T("Get the original of a mail"), Begin: t.beginOriginal},
		{Name: "spam", At: contact, Title: transports.T("Mails are spam"), Begin: t.beginSpam},
		{Name: "unsubscribe", At: contact, Title: transports.T("Get no more of such mails"), Begin: t.beginLeave},
		{Name: "search-mailbox", Title: transports.T("Search your mailbox"), Begin: t.beginSearch},
	}
}

const (
	lettersMost = 10               // mails of a contact that can be chosen
	visitWithin = 20 * time.Second // a command's work in the mailbox: its user waits
	fieldMail   = "mail"
)

// letter is a mail that came from a contact.
type letter struct {
	transports.Past
	trail
}

// letters returns the newest mails of a contact that can be looked for.
func letters(at transports.Place) (all []letter) {
	for _, p := range at.Past {
		l := letter{Past: p}
		if p.Own || json.Unmarshal(p.Trail, &l.trail) != nil || l.Place == nil && l.ID == "" {
			continue
		}
		if all = append(all, l); len(all) == lettersMost {
			break
		}
	}
	return all
}

// ref names all of a mail.
func (l letter) ref() ref {
	at := ref{ID: l.ID}
	if l.Place != nil {
		at = *l.Place
		at.ID = l.ID
	}
	return at
}

// title is what a mail is called where it is to be chosen.
func (l letter) title() transports.Text {
	return transports.Literal(l.Subject + " (" + l.trail.Time.UTC().Format("2006-01-02 15:04") + " UTC)")
}

// mailField asks for a mail, or some: their number is the value.
func mailField(all []letter, kind transports.FieldKind, label transports.Text) transports.Field {
	f := transports.Field{Name: fieldMail, Label: label, Kind: kind, Required: true, Value: "1"}
	for i, l := range all {
		f.Options = append(f.Options, transports.Option{Value: strconv.Itoa(i + 1), Label: l.title()})
	}
	return f
}

// numbered returns the mail of a number.
func numbered(all []letter, number string) (letter, bool) {
	i, err := strconv.Atoi(number)
	if err != nil || i < 1 || i > len(all) {
		return letter{}, false
	}
	return all[i-1], true
}

// noMails is the answer where there is nothing to choose.
func noMails(at transports.Place) transports.Turn {
	return transports.Turn{Said: transports.T("No mail of %s is known here.", at.Chat.Name)}
}

// visit has do done on a connection of its own, as soon as no file is fetched.
func visit(ctx context.Context, at transports.Place, do func(context.Context, *Session, *imap.Client) error) error {
	s, ok := at.Session.(*Session)
	if !ok {
		return &transports.Error{Kind: transports.Unreachable, Text: transports.T("The gateway is not logged in to your mailbox.")}
	}
	ctx, cancel := context.WithTimeout(ctx, visitWithin)
	defer cancel()
	select {
	case s.files <- struct{}{}:
		defer func() { <-s.files }()
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Busy, Text: transports.T("A file is being fetched from your mailbox. Please try again later.")}
	}
	if err := s.fresh(ctx); err != nil {
		return err
	}
	c, err := s.t.imap.Dial(ctx, s.receive, s.imapLogin(), nil)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return do(ctx, s, c)
}

// find selects the folder of a mail and returns what the server tells of both.
func (l letter) find(ctx context.Context, c *imap.Client, readOnly bool) (m imap.Listed, box *goimap.SelectData, err error) {
	uid, box, err := locate(ctx, c, l.ref(), readOnly)
	if err != nil {
		return m, nil, err
	}
	all, err := c.ListMails(ctx, []goimap.UID{uid})
	if err == nil && len(all) == 0 {
		err = goneMail()
	}
	if err != nil {
		return m, nil, err
	}
	return all[0], box, nil
}
