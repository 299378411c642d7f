package email

import (
	"context"
	"errors"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/email/compose"
	"wherry/transports/email/message"
	"wherry/transports/email/submit"
)

// How long the network is left alone before a mail is tried again, where it did
// not say so.
const (
	laterAfter  = time.Minute      // it has a problem, or wants to see the mail again: greylisting
	tooMany     = 15 * time.Minute // it takes no more mails of this user for now
	codeTooMany = "4.7.28"         // RFC 3463 and Google's
)

// Send makes one attempt to send a mail: by SMTP, once. That a copy is to be made
// in Sent is told by the Saves, and done later: see filePending. The same Message
// makes the same mail, with the same Message-ID.
func (s *Session) Send(ctx context.Context, m transports.Message) (transports.Sent, error) {
	d, err := s.draft(m)
	if err != nil {
		return transports.Sent{}, err
	}
	if err := s.t.look(ctx, d.Files); err != nil {
		return transports.Sent{}, err
	}
	s.quote(ctx, d, m)
	if _, err := compose.New(d.mail(s.t.fetching(ctx, d.Files, 0).readers)); err != nil {
		return transports.Sent{}, err // before anything is said to the server
	}
	var copied *spool
	if len(d.Files) > 0 && s.out.wantsCopies() {
		copied = s.out.newSpool()
	}
	patient, cancel := lastly(ctx, submitWithin)
	defer cancel()
	result, err := s.deliver(patient, d, copied)
	if err != nil {
		copied.drop()
		return transports.Sent{}, failure(err)
	}
	for _, r := range result.Refused { // somebody else got it, or it were an error
		s.tell(transports.Told{ID: "refused " + d.ID + " " + r.To, Chat: m.Chat, Text: r.Err.Text})
	}
	sent := s.sent(d)
	sent.Saves = s.later(d, copied)
	return sent, nil
}

// submitWithin bounds the handing over of a mail. It is longer than any other
// request may take: a server is given its time to answer the end of a mail (RFC
// 5321 §4.5.3.2.6), for nobody knows else whether it has it.
const submitWithin = 6 * time.Minute

// lastly returns a context that ends when ctx is given up, or after a time: not by
// its deadline.
func lastly(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	stop := context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			cancel()
		}
	})
	return longer, func() { stop(); cancel() }
}

// deliver hands a mail to the account's server, by the connection that is there or
// by a new one. A connection that had been waiting may be dead, without our having
// seen it: then it is tried once more.
func (s *Session) deliver(ctx context.Context, d *draft, copied *spool) (result submit.Result, err error) {
	err = s.submission(ctx, func(c *submit.Client, waited bool) (again bool, err error) {
		files := s.t.fetching(ctx, d.Files, c.MaxSize())
		defer files.close()
		if err := files.fit(); err != nil {
			return false, err
		}
		mail, err := compose.New(d.mail(files.readers))
		if err != nil {
			return false, err
		}
		result, err = c.Send(ctx, copied.of(mail), submit.Options{ID: envelopeID(d.ID), Success: s.receipts != ""})
		e := transports.AsError(err)
		return e != nil && waited && e.Temporary() && !e.Unsure && !c.Usable() && ctx.Err() == nil, err
	})
	return result, err
}

// sent returns what is told of a mail that was sent.
func (s *Session) sent(d *draft) transports.Sent {
	return transports.Sent{
		IDs:    []string{d.ID},
		Trail:  d.trail(s.me.Addr).encode(),
		Thread: message.ThreadID(s.key, d.root),
	}
}

// envelopeIDMost is how long an envelope id may be (RFC 3461 §4.4).
const envelopeIDMost = 100

// envelopeID returns the name by which reports call a mail: its Message-ID, or
// where that is too long what of it stands before the "@".
func envelopeID(id string) string {
	if len(id) <= envelopeIDMost {
		return id
	}
	id, _, _ = strings.Cut(id, "@")
	return id
}

// failure adds to an error when to try again.
func failure(err error) error {
	e := transports.AsError(err)
	if e.Kind != transports.Busy || e.After > 0 {
		return e
	}
	later := *e
	if later.After = laterAfter; e.Code == codeTooMany {
		later.After = tooMany
	}
	return &later
}
