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
	tasks chan *task              // Run's, between two waits for mail
	link  atomic.Pointer[lookout] // the connection of Run; nil while there is none
	files chan struct{}           // one for each connection that fetches a file
	out   *sending
	token *key // nil where the account has a password

	// What follows is Run's.
	pos       position
	validity  uint32     // of the inbox as it was selected last
	work      goimap.UID // the mail that is being read; 0: none is
	alone     goimap.UID // mails up to that are listed one by one
	polls     bool       // the server does not do IDLE on this connection
	server    string     // by which the provider signs what it found out about senders
	heads     heads
	denied    bool // the last log-in was
	emit      emitter
	sentbox   sentbox
	keepsTold bool     // the inbox keeps of its mails that they were told of as read
	told      []string // mails of which it was told that they were read, where the mailbox does not say so
	watched   *watched // nil: nothing but the inbox

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
	done chan error
	mine atomic.Bool // somebody took it: to do it, or to leave it undone
}

// tasksMost is how many wait.
const tasksMost = 4

func newTask(ctx context.Context, f func(context.Context, *imap.Client) error) *task {
	return &task{ctx: ctx, do: f, done: make(chan error, 1)}
}

// take reports true to the first who calls it.
func (t *task) take() bool { return !t.mine.Swap(true) }

// Open returns a session of an account.
func (t *Transport) Open(in transports.Account, saved transports.Saved) (transports.Session, error) {
	a, err := readAccount(in)
	if err != nil {
		return nil, err
	}
	s := &Session{account: a, t: t, tasks: make(chan *task, tasksMost), files: make(chan struct{}, fetchesMost), server: string(saved[saveServer])}
	if s.token, err = t.newKey(&a, saved); err != nil {
		return nil, err
	}
	if s.token != nil {
		s.password = ""
	}
	s.out = newSending(&a, saved, s.wake)
	s.pos, _ = readPosition(saved)
	s.sentbox = readSentbox(saved)
	s.watched = readWatched(a.folders, saved)
	s.told = readTold(saved)
	return s, nil
}

// do has f done on the connection of the moment, when that does nothing else: it
// may select another folder. The connection outlives ctx, but f is not waited for any
// longer. An Error of the kind Unreachable tells that there is no connection, or that
// it ended; f is not called again then.
func (s *Session) do(ctx context.Context, f func(context.Context, *imap.Client) error) error {
	l := s.link.Load()
	if l == nil {
		return &transports.Error{Kind: transports.Unreachable}
	}
	one := newTask(ctx, f)
	defer one.take()
	select {
	case s.tasks <- one:
		l.Wake()
	case <-l.ended:
		return &transports.Error{Kind: transports.Unreachable}
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Unreachable, Err: ctx.Err()}
	}
	select {
	case err := <-one.done:
		return err
	case <-l.ended:
		return &transports.Error{Kind: transports.Unreachable}
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Unreachable, Err: ctx.Err()}
	}
}

// wake ends the wait for mail, where there is one.
func (s *Session) wake() {
	if l := s.link.Load(); l != nil {
		l.Wake()
	}
}
