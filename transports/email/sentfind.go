package email

import (
	"context"
	"time"

	"wherry/transports"
	"wherry/transports/email/imap"
)

// Find looks for a mail in Sent, where the provider puts what it was handed. Where
// it does not, nobody can tell: then the mail goes once more, and by its Message-ID
// those who get it twice see it once.
func (s *Session) Find(ctx context.Context, m transports.Message, _ time.Time, known func(string) bool) (*transports.Sent, error) {
	if s.out.filing() != filesItself {
		return nil, &transports.Error{Kind: transports.Unsupported}
	}
	d, err := s.draft(m)
	if err != nil {
		return nil, nil // such a message is never sent
	}
	there := false
	err = s.soon(ctx, func(ctx context.Context, c *imap.Client) error {
		folder, err := s.sentFolder(ctx, c)
		if err != nil {
			return err
		}
		there, err = s.stands(ctx, c, folder, d)
		return err
	})
	if err != nil || !there || known(d.ID) {
		return nil, err
	}
	sent := s.sent(d)
	return &sent, nil
}

// soon is do, which waits for the connection of Run only for some seconds. What
// began then is not cut short by that.
func (s *Session) soon(ctx context.Context, f func(context.Context, *imap.Client) error) error {
	late := time.NewTimer(s.t.pace.accept)
	defer late.Stop()
	one := newTask(ctx, f)
	select {
	case s.tasks <- one:
		s.wake()
	case <-late.C:
		return &transports.Error{Kind: transports.Unreachable}
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Unreachable, Err: ctx.Err()}
	}
	for {
		select {
		case err := <-one.done:
			return err
		case <-late.C:
			if one.take() {
				return &transports.Error{Kind: transports.Unreachable}
			}
		case <-ctx.Done():
			one.take()
			return &transports.Error{Kind: transports.Unreachable, Err: ctx.Err()}
		}
	}
}
