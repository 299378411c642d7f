package email

import (
	"context"
	"sync/atomic"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/imap"
)

// emitter takes batches, as Run's.
type emitter func(context.Context, transports.Batch) error

// Session is one account's life at its provider.
type Session struct {
	account
	t     *Transport
	tasks chan *task                    // Run's, between two waits for mail
	link  atomic.Pointer[chan struct{}] // closed when the connection ends; nil while there is none
	files chan struct{}                 // one for each connection that fetches a file
	out   *sending
	token *key // nil where the account has a password

	// What follows is Run's.
	pos      position
	validity uint32     // of the inbox as it was selected last
	work     goimap.UID // the mail that is being read; 0: none is
	alone    goimap.UID // mails up to that are listed one by one
	polls    bool       // the server does not do IDLE on this connection
	server   string     // by which the provider signs what it found out about senders
	heads    heads
	denied   bool // the last log-in was
	emit     emitter
	sentbox  sentbox

	lookedElsewhere time.Time
	stuck           struct { // the mail of that folder at which the connection was lost
		uid   goimap.UID
		times int
	}
}

// task is something to do on the connection that Run has.
type task struct {
	ctx  context.Context
	do   func(context.Context, *imap.Client) error
	done chan<- error
}

// Open returns a session of an account.
func (t *Transport) Open(in transports.Account, saved transports.Saved) (transports.Session, error) {
	a, err := readAccount(in)
	if err != nil {
		return nil, err
	}
	s := &Session{account: a, t: t, tasks: make(chan *task), files: make(chan struct{}, fetchesMost), out: newSending(&a, saved), server: string(saved[saveServer])}
	if s.token, err = t.newKey(&a, saved); err != nil {
		return nil, err
	}
	if s.token != nil {
		s.password = ""
	}
	s.pos, _ = readPosition(saved)
	s.sentbox = readSentbox(saved)
	return s, nil
}

// do has f done on the connection of the moment, when that does nothing else: it
// may select another folder. The connection outlives ctx, but f is not waited for any
// longer. An Error of the kind Unreachable tells that there is no connection, or that
// it ended; f is not called again then.
func (s *Session) do(ctx context.Context, f func(context.Context, *imap.Client) error) error {
	ended := s.link.Load()
	if ended == nil {
		return &transports.Error{Kind: transports.Unreachable}
	}
	done := make(chan error, 1)
	select {
	case s.tasks <- &task{ctx, f, done}:
	case <-*ended:
		return &transports.Error{Kind: transports.Unreachable}
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Unreachable, Err: ctx.Err()}
	}
	select {
	case err := <-done:
		return err
	case <-*ended:
		return &transports.Error{Kind: transports.Unreachable}
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Unreachable, Err: ctx.Err()}
	}
}

// connected notes that there is a connection, until ended is called.
func (s *Session) connected() (ended func()) {
	over := make(chan struct{})
	s.link.Store(&over)
	return func() {
		s.link.Store(nil)
		close(over)
	}
}
