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

// Run logs in, fetches what came, and waits for more.
func (s *Session) Run(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	err := s.run(ctx, emit)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Session) run(ctx context.Context, emit emitter) error {
	s.emit = emit
	news := make(chan struct{}, 1)
	c, err := s.logIn(ctx, emit, &imapclient.Options{UnilateralDataHandler: told(news)})
	if err != nil {
		return s.refuse(err)
	}
	defer func() { _ = c.Close() }()
	defer s.closeSending()
	s.denied = false
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
	err = emit(ctx, transports.Batch{Events: []transports.Event{
		transports.Online{Name: s.me.Addr}, transports.Able{Can: transports.CanReply | transports.CanRead},
	}})
	if err != nil {
		return err
	}
	defer s.connected()()
	s.polls = false
	pace := rate.NewLimiter(rate.Every(time.Second), looksAtOnce)
	for {
		if err := s.filePending(ctx, c, emit); err != nil {
			return err
		}
		if err := s.lookElsewhere(ctx, c, emit); err != nil {
			return err
		}
		if err := s.look(ctx, c, emit); err != nil {
			if imap.Throttled(err) {
				s.work = 0 // that is no mail's fault
			}
			return err
		}
		if err := s.wait(ctx, c, news, pace); err != nil {
			return err
		}
	}
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
func (s *Session) wait(ctx context.Context, c *imap.Client, news <-chan struct{}, pace *rate.Limiter) error {
	stop, err := s.idle(ctx, c)
	if err != nil {
		return err
	}
	within := s.t.patience.idle
	if stop == nil {
		within = s.t.patience.poll
	}
	if s.elsewhere {
		within = min(within, s.t.patience.elsewhere)
	}
	t := time.NewTimer(within)
	defer t.Stop()
	var next task
	select {
	case <-news:
		if err := pace.Wait(ctx); err != nil {
			return err
		}
	case <-t.C:
	case next = <-s.tasks:
	case <-s.out.due:
	case <-c.Closed():
		return &transports.Error{Kind: transports.Unreachable, Text: transports.T("%s ended the connection.", s.receive.Name)}
	case <-ctx.Done():
		return ctx.Err()
	}
	if stop != nil {
		if err := stop(); err != nil {
			if next.done != nil {
				next.done <- &transports.Error{Kind: transports.Unreachable, Err: err}
			}
			return err
		}
	}
	if next.done != nil {
		return s.serve(ctx, c, next)
	}
	if stop != nil {
		return nil
	}
	return c.Do(ctx, func() error { return c.Noop().Wait() })
}

// idle has the server tell of mail, RFC 2177, until that is stopped. Where it offers
// no IDLE, or refuses it, stop is nil.
func (s *Session) idle(ctx context.Context, c *imap.Client) (stop func() error, err error) {
	var cmd *imapclient.IdleCommand
	err = c.Do(ctx, func() (err error) {
		if s.polls = s.polls || !c.Caps().Has(goimap.CapIdle); !s.polls { // the library does not look
			cmd, err = c.Idle()
		}
		return err
	})
	switch {
	case err != nil && !lost(c, err):
		s.polls = true
		return nil, nil
	case err != nil || s.polls:
		return nil, err
	}
	return func() error {
		return c.Do(ctx, func() error {
			if err := cmd.Close(); err != nil {
				return err
			}
			return cmd.Wait()
		})
	}, nil
}

// serve does a task.
func (s *Session) serve(ctx context.Context, c *imap.Client, t task) error {
	if err := t.ctx.Err(); err != nil {
		t.done <- err
		return nil
	}
	t.done <- t.do(ctx, c)
	return ctx.Err()
}
