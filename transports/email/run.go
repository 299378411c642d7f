package email

import (
	"context"

	"wherry/transports"
)

// Run logs in, fetches what came, and waits for more.
func (s *Session) Run(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	err := s.run(ctx, emit)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Session) run(ctx context.Context, emit emitter) error {
	c, err := s.t.imap.Dial(ctx, s.receive, s.imapLogin(), nil)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := emit(ctx, transports.Batch{Events: []transports.Event{transports.Online{Name: s.me.Addr}}}); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case t := <-s.tasks:
			t.done <- t.do(t.ctx, c)
		case <-c.Closed():
			return &transports.Error{Kind: transports.Unreachable}
		}
	}
}
