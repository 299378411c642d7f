package email

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/email/compose"
	"wherry/transports/email/imap"
	"wherry/transports/email/message"
)

// Bounds on a request to be taken off a list.
const (
	postWithin = 15 * time.Second
	postMost   = 64 << 10 // bytes of the answer that are read
)

const fieldConfirm = "confirm"

// beginLeave finds how the user gets no more of such mails, and asks whether that is
// to be done. Nothing is asked of anybody before.
func (t *Transport) beginLeave(ctx context.Context, at transports.Place) (transports.Turn, error) {
	var l *letter
	for _, one := range letters(at) {
		if one.Leave {
			l = &one
			break
		}
	}
	if l == nil {
		return transports.Turn{Said: transports.T("The last mails of %s do not say how to get no more of them.", at.Chat.Name)}, nil
	}
	how, good, err := l.leaving(ctx, at)
	if err != nil {
		return transports.Turn{}, err
	}
	switch {
	case !good:
		return transports.Turn{Said: transports.T("The sender of this mail is not verified: who answers it only shows that somebody reads it. Nothing was done.")}, nil
	case how.Post != "":
		return confirm(transports.T("%s is told that you want no more of such mails.", hostOf(how.Post)), func(ctx context.Context, _ transports.Place) (transports.Turn, error) {
			return t.post(ctx, how)
		}), nil
	case how.Mail.To != "":
		return confirm(transports.T("A mail to %s says that you want no more of such mails.", how.Mail.To), func(_ context.Context, at transports.Place) (transports.Turn, error) {
			return l.write(at, how.Mail)
		}), nil
	}
	return transports.Turn{Said: transports.T("You can do that on this page: %s", how.Page)}, nil
}

// leaving reads in the mail itself how its receiver gets no more of the like. good
// tells that nobody doubts who wrote it.
func (l letter) leaving(ctx context.Context, at transports.Place) (how *message.Leaving, good bool, err error) {
	err = visit(ctx, at, func(ctx context.Context, _ *Session, c *imap.Client) error {
		m, _, err := l.find(ctx, c, true)
		if err != nil {
			return err
		}
		mail, err := heading(ctx, c, m.UID)
		if err == nil && mail != nil {
			how, good = mail.Leaving(), mail.Verdict(string(at.Saved[saveServer])) != message.Doubtful
		}
		return err
	})
	if err == nil && how == nil {
		err = goneMail()
	}
	return how, good, err
}

// confirm asks whether something is to be done.
func confirm(what transports.Text, do func(context.Context, transports.Place) (transports.Turn, error)) transports.Turn {
	f := &transports.Form{
		Title:        transports.T("Get no more of such mails"),
		Instructions: what,
		Fields:       []transports.Field{{Name: fieldConfirm, Kind: transports.Boolean, Value: "true", Required: true, Label: transports.T("Do that")}},
	}
	return transports.Turn{Form: f, Last: true, Next: func(ctx context.Context, at transports.Place, answered transports.Settings) (transports.Turn, error) {
		if answered[fieldConfirm] != "true" {
			return transports.Turn{Said: transports.T("Nothing was done.")}, nil
		}
		return do(ctx, at)
	}}
}

func hostOf(u string) string {
	parsed, err := url.Parse(u)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}

// post takes the user off a list by one request, RFC 8058 §3.2: without cookies, and
// to where the mail said, whoever sends it elsewhere.
func (t *Transport) post(ctx context.Context, how *message.Leaving) (transports.Turn, error) {
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, how.Post, strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil || r.URL.Scheme != "https" {
		return transports.Turn{}, untaken(how, err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := t.files.Do(r)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // the URL says who the user is
		}
		return transports.Turn{}, untaken(how, err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, postMost))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return transports.Turn{}, untaken(how, errors.New(answer.Status))
	}
	return transports.Turn{Said: transports.T("%s was told that you want no more of such mails.", hostOf(how.Post))}, nil
}

func untaken(how *message.Leaving, err error) error {
	return &transports.Error{Kind: transports.Undelivered, Err: err,
		Text: transports.T("%s did not take it. You can do that on this page: %s", hostOf(how.Post), how.Page)}
}

// write sends the mail that takes the user off a list: from the address that the mail
// of the list came to, and spelled as the list wants it.
func (l letter) write(at transports.Place, r message.Request) (transports.Turn, error) {
	s, ok := at.Session.(*Session)
	if !ok {
		return transports.Turn{}, &transports.Error{Kind: transports.Unreachable, Text: transports.T("The gateway is not logged in to your mailbox.")}
	}
	as := trail{ID: "unsubscribe", From: compose.Mailbox{Addr: r.To}, As: l.As}
	m := transports.Message{Chat: s.person(r.To), Subject: r.Subject, Text: r.Body, Trail: as.encode()}
	if m.Subject == "" {
		m.Subject = "unsubscribe"
	}
	if m.Text == "" {
		m.Text = "unsubscribe"
	}
	return transports.Turn{
		Said: transports.T("A mail to %s says that you want no more of such mails.", r.To),
		Send: []transports.Message{m},
	}, nil
}
