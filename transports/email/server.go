package email

import (
	"bytes"
	"context"
	"io"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports/email/imap"
	"wherry/transports/email/message"
)

// serverSample is of how many mails the provider's name is learned, at least half
// of which must agree.
const serverSample = 10

// learnServer learns by which name the provider's servers sign what they found out
// about who sent a mail (RFC 8601 §2.5), by mail that came before the account was
// there: what comes later may be somebody's who knows of it.
func (s *Session) learnServer(ctx context.Context, c *imap.Client, newest []imap.Listed) error {
	votes := map[string]int{}
	for _, m := range newest {
		header := &goimap.FetchItemBodySection{Specifier: goimap.PartSpecifierHeader, HeaderFields: []string{"Authentication-Results"}, Peek: true}
		err := c.Body(ctx, m.UID, header, func(r io.Reader) error {
			raw, err := io.ReadAll(io.LimitReader(r, 64<<10))
			if got, err := message.Read(bytes.NewReader(raw)); err == nil {
				votes[got.ServerID()]++
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for id, n := range votes {
		if id != "" && 2*n >= len(newest) && n > votes[s.server] {
			s.server = id
		}
	}
	return nil
}
