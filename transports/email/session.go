package email

import (
	"context"

	"wherry/transports"
	"wherry/transports/email/imap"
)

// emitter takes batches, as Run's.
type emitter func(context.Context, transports.Batch) error

// Session is one account's life at its provider.
type Session struct {
	account
	t     *Transport
	tasks chan task // Run's, between two waits for mail
}

// task is something to do on the connection that Run has.
type task struct {
	ctx  context.Context
	do   func(context.Context, *imap.Client) error
	done chan<- error
}

// Open returns a session of an account.
func (t *Transport) Open(in transports.Account, _ transports.Saved) (transports.Session, error) {
	a, err := readAccount(in)
	if err != nil {
		return nil, err
	}
	return &Session{account: a, t: t, tasks: make(chan task)}, nil
}

// do has f done on the connection of the moment, when that does nothing else: it
// may select another folder. An Error of the kind Unreachable tells that there is
// none, or that it ended; f is not called again then.
func (s *Session) do(ctx context.Context, f func(context.Context, *imap.Client) error) error {
	done := make(chan error, 1)
	select {
	case s.tasks <- task{ctx, f, done}:
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Unreachable, Err: ctx.Err()}
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Unreachable, Err: ctx.Err()}
	}
}
