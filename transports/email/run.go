package email

import (
	"context"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/time/rate"

	"wherry/transports"
	"wherry/transports/email/imap"
)

// patience is how long a session waits for things.
type patience struct {
	try   time.Duration // a trial takes no longer: clients wait for its answer
	idle  time.Duration // the link is tried after that; servers end an IDLE of 30 minutes
	poll  time.Duration // where the server does not tell of mail
	login time.Duration // a log-in that was good before is tried once more: servers err

	elsewhere time.Duration // between two looks at what other programs sent: the server tells nothing of that by itself
}

var defaultPatience = patience{try: 20 * time.Second, idle: 9 * time.Minute, poll: time.Minute, login: 30 * time.Second, elsewhere: 2 * time.Minute}

// looksAtOnce is how often a server may say at once that there is mail before it is
// looked for no more than once a second: some say it though there is none.
const looksAtOnce = 30

// lookout is a connection that mail is waited for on.
type lookout struct {
	*imap.Client
	news  chan struct{} // holds one when mail came, as the server says
	pace  *rate.Limiter // of what it says
	ended func()
}

// Run logs in, fetches what came, and waits for more. It and wait are where an account
// spends its time: what they have on the stack counts, and what is done now and then is
// done elsewhere.
func (s *Session) Run(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	l, err := s.open(ctx, emit)
	if err == nil {
		defer s.close(l)
	}
	for err == nil {
		if err = s.catchUp(ctx, l.Client, emit); err == nil {
			err = s.wait(ctx, l)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// open logs in, and tells so.
func (s *Session) open(ctx context.Context, emit emitter) (*lookout, error) {
	s.emit = emit
	l := &lookout{news: make(chan struct{}, 1), pace: rate.NewLimiter(rate.Every(time.Second), looksAtOnce), ended: func() {}}
	var err error
	if l.Client, err = s.logIn(ctx, emit, &imapclient.Options{UnilateralDataHandler: told(l.news)}); err != nil {
		return nil, s.refuse(err)
	}
	s.denied = false
	if err := s.begun(ctx, l.Client, emit); err != nil {
		s.close(l)
		return nil, err
	}
	l.ended = s.connected()
	s.polls = false
	return l, nil
}

// begun finds where the account stands, and tells that it is there.
func (s *Session) begun(ctx context.Context, c *imap.Client, emit emitter) error {
	if s.work != 0 { // the connection was lost at this mail
		if s.pos.Work != s.work {
			s.pos.Work, s.pos.Tries = s.work, 0
		}
		s.pos.Tries++
		s.work = 0
		if err := emit(ctx, transports.Batch{Saves: []transports.Save{s.pos.save()}}); err != nil {
			return err
		}
	}
	if err := s.enter(ctx, c, emit); err != nil { // from now on nothing that comes is missed
		return err
	}
	return emit(ctx, transports.Batch{Events: []transports.Event{
		transports.Online{Name: s.me.Addr}, transports.Able{Can: transports.CanReply | transports.CanRead},
	}})
}

// close ends the connection.
func (s *Session) close(l *lookout) {
	l.ended()
	s.closeSending()
	_ = l.Close()
}

// catchUp does what is due when the connection is there, or was waited on.
func (s *Session) catchUp(ctx context.Context, c *imap.Client, emit emitter) error {
	if err := s.filePending(ctx, c, emit); err != nil {
		return err
	}
	if err := s.lookElsewhere(ctx, c, emit); err != nil {
		return err
	}
	err := s.look(ctx, c, emit)
	if err != nil && imap.Throttled(err) {
		s.work = 0 // that is no mail's fault
	}
	return err
}

// logIn connects. A token that is refused before its time is renewed, once.
func (s *Session) logIn(ctx context.Context, emit emitter, o *imapclient.Options) (*imap.Client, error) {
	if err := s.renew(ctx, emit, false); err != nil {
		return nil, err
	}
	c, err := s.t.imap.Dial(ctx, s.receive, s.imapLogin(), o)
	if e := transports.AsError(err); s.token == nil || e == nil || e.Kind != transports.Credentials {
		return c, err
	}
	if err := s.renew(ctx, emit, true); err != nil {
		return nil, err
	}
	return s.t.imap.Dial(ctx, s.receive, s.imapLogin(), o)
}

// told returns what notes that mail came. It must not use the connection.
func told(news chan<- struct{}) *imapclient.UnilateralDataHandler {
	return &imapclient.UnilateralDataHandler{Mailbox: func(box *imapclient.UnilateralDataMailbox) {
		if box.NumMessages != nil {
			select {
			case news <- struct{}{}:
			default:
			}
		}
	}}
}

// refuse returns why a connection could not be made. A log-in that worked before
// and is refused is tried once more before the user is asked for another password:
// no more, for providers lock accounts.
func (s *Session) refuse(err error) error {
	e := transports.AsError(err)
	if e.Kind != transports.Credentials || s.denied || s.pos.Validity == 0 {
		return err
	}
	s.denied = true
	return &transports.Error{Kind: transports.Unreachable, Text: e.Text, Err: err, After: s.t.patience.login}
}

// wait returns when there may be mail, or something was done on the connection.
func (s *Session) wait(ctx context.Context, l *lookout) error {
	cmd, enough, err := s.idle(ctx, l.Client)
	if err != nil {
		return err
	}
	next, err := s.pause(ctx, l)
	enough.Stop()
	if err != nil {
		return err
	}
	return s.resume(ctx, l.Client, cmd, next)
}

// idle has the server tell of mail, RFC 2177; enough ends the wait for that. Where it
// offers no IDLE, or refuses it, there is no command.
func (s *Session) idle(ctx context.Context, c *imap.Client) (cmd *imapclient.IdleCommand, enough *time.Timer, err error) {
	err = c.Do(ctx, func() (err error) {
		if s.polls = s.polls || !c.Caps().Has(goimap.CapIdle); !s.polls { // the library does not look
			cmd, err = c.Idle()
		}
		return err
	})
	if err != nil {
		if lost(c, err) {
			return nil, nil, err
		}
		s.polls, cmd = true, nil
	}
	within := s.t.patience.idle
	if cmd == nil {
		within = s.t.patience.poll
	}
	if s.elsewhere {
		within = min(within, s.t.patience.elsewhere)
	}
	return cmd, time.AfterFunc(within, s.out.ring), nil
}

// pause returns when the wait is over, and with the task that ended it, if one did.
func (s *Session) pause(ctx context.Context, l *lookout) (*task, error) {
	select {
	case <-l.news:
		return nil, l.pace.Wait(ctx)
	case <-s.out.due:
		return nil, nil
	case next := <-s.tasks:
		return next, nil
	case <-l.Closed():
		return nil, s.hungUp()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Session) hungUp() error {
	return &transports.Error{Kind: transports.Unreachable, Text: transports.T("%s ended the connection.", s.receive.Name)}
}

// resume ends an IDLE, and does a task, if there is one.
func (s *Session) resume(ctx context.Context, c *imap.Client, cmd *imapclient.IdleCommand, next *task) error {
	if cmd != nil {
		if err := unidle(ctx, c, cmd); err != nil {
			if next != nil {
				next.done <- &transports.Error{Kind: transports.Unreachable, Err: err}
			}
			return err
		}
	}
	switch {
	case next != nil:
		return s.serve(ctx, c, next)
	case cmd == nil:
		return c.Do(ctx, func() error { return c.Noop().Wait() })
	}
	return nil
}

func unidle(ctx context.Context, c *imap.Client, cmd *imapclient.IdleCommand) error {
	return c.Do(ctx, func() error {
		if err := cmd.Close(); err != nil {
			return err
		}
		return cmd.Wait()
	})
}

// serve does a task.
func (s *Session) serve(ctx context.Context, c *imap.Client, t *task) error {
	if err := t.ctx.Err(); err != nil {
		t.done <- err
		return nil
	}
	t.done <- t.do(ctx, c)
	return ctx.Err()
}
