package email

import (
	"context"
	"io"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/compose"
	"wherry/transports/email/imap"
	"wherry/transports/email/message"
)

// Bounds on the looking for what an answer quotes: a mail does not wait for it.
const (
	quoteWithin = 15 * time.Second
	quoteRead   = 256 << 10 // bytes of the mail that is quoted; the rest is not
	quoteKept   = 48 << 10  // bytes of its text
)

// quoted is what an answer repeats of the mail that it answers.
type quoted struct {
	How  compose.Quote
	From compose.Mailbox
	Date time.Time
	Text string
}

// quote has an answer repeat the mail that it answers, as the user wants that: one of
// somebody else's that is in INBOX. What is not found there in time is not quoted. Chat
// programs show by themselves what is answered.
func (s *Session) quote(ctx context.Context, d *draft, m transports.Message) {
	how := map[string]compose.Quote{quoteShort: compose.QuoteShort, quoteFull: compose.QuoteFull}[s.quotes]
	t, ok := readTrail(m.Trail)
	if how == compose.QuoteNone || !ok || t.ID != d.Answers || t.Own || d.Chat || d.Reacts || !writable(t.ID) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, quoteWithin)
	defer cancel()
	found := make(chan *message.Mail, 1)
	err := s.do(ctx, func(ctx context.Context, c *imap.Client) error {
		got, err := original(ctx, c, &t)
		found <- got
		return err
	})
	if err != nil {
		return
	}
	got := <-found
	if got == nil || got.Encrypted != message.Unprotected {
		return
	}
	text := got.WholeText()
	if how == compose.QuoteShort {
		text = got.Text(true)
	}
	d.Quoted = &quoted{How: how, From: t.From, Date: t.Time, Text: cutText(text, quoteKept)}
}

// original reads the beginning of a mail that came, by its Message-ID. It is nil where
// it is no longer there. Only the mails of some days are searched.
func original(ctx context.Context, c *imap.Client, t *trail) (got *message.Mail, err error) {
	what := byID(t.ID)
	what.Since, what.Before = t.Time.AddDate(0, 0, -2), t.Time.AddDate(0, 0, 3)
	found, err := search(ctx, c, inboxName, false, what)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	body := &goimap.FetchItemBodySection{Peek: true, Partial: &goimap.SectionPartial{Size: quoteRead}}
	err = c.Body(ctx, found[0], body, func(r io.Reader) error {
		m, err := message.Read(r)
		if err == nil {
			got = m
		}
		return err
	})
	return got, err
}
