package email

import (
	"context"
	"sync/atomic"
	"time"

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
	*imap.Link
	client *imap.Client  // nil while it waits
	ended  chan struct{} // closed when the connection is given up
	news   atomic.Bool   // mail came, as the server says
	pace   *rate.Limiter // of what it says
	unwake func() bool
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
		if err = s.catchUp(ctx, l.client, emit); err == nil {
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
	l := &lookout{ended: make(chan struct{}), pace: rate.NewLimiter(rate.Every(time.Second), looksAtOnce)}
	var err error
	if l.client, err = s.logIn(ctx, emit, l.told()); err != nil {
		return nil, s.refuse(err)
	}
	l.Link = l.client.Link
	l.unwake = context.AfterFunc(ctx, l.Wake)
	s.denied = false
	if s.watched != nil {
		s.watched.found = nil
	}
	if err := s.begun(ctx, l, emit); err != nil {
		s.close(l)
		return nil, err
	}
	s.polls = false
	return l, nil
}

// begun finds where the account stands, and tells that it is there.
func (s *Session) begun(ctx context.Context, l *lookout, emit emitter) error {
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
	if err := s.enter(ctx, l.client, emit); err != nil { // from now on nothing that comes is missed
		return err
	}
	s.link.Store(l)
	return emit(ctx, transports.Batch{Events: []transports.Event{
		transports.Online{Name: s.me.Addr}, transports.Able{Can: transports.CanReply | transports.CanRead},
	}})
}

// close ends the connection.
func (s *Session) close(l *lookout) {
	s.link.Store(nil)
	close(l.ended)
	l.unwake()
	s.closeSending()
	_ = l.Close()
	if l.client != nil {
		_ = l.client.Close()
	}
}

// catchUp does what is due when the connection is there, or was waited on.
func (s *Session) catchUp(ctx context.Context, c *imap.Client, emit emitter) error {
	if err := s.filePending(ctx, c, emit); err != nil {
		return err
	}
	if err := s.lookElsewhere(ctx, c, emit); err != nil {
		return err
	}
	if err := s.lookFolders(ctx, c, emit); err != nil {
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
func (l *lookout) told() *imapclient.Options {
	return &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(box *imapclient.UnilateralDataMailbox) {
		if box.NumMessages != nil {
			l.news.Store(true)
		}
	}}}
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

// wait returns when there may be mail, or something was done on the connection. It is
// spent without a client, where there is nothing to do at once.
func (s *Session) wait(ctx context.Context, l *lookout) error {
	l.Forget()
	if s.due(l) {
		return s.serve(ctx, l)
	}
	enough, err := s.park(ctx, l)
	if err == nil {
		err = s.pause(ctx, l)
		enough.Stop()
	}
	if err == nil {
		err = s.resume(ctx, l)
	}
	if err == nil {
		err = s.serve(ctx, l)
	}
	return err
}

// park has the server tell of mail; enough ends the wait for that. Where it offers no
// IDLE, or refuses it, it is asked after a while.
func (s *Session) park(ctx context.Context, l *lookout) (enough *time.Timer, err error) {
	if _, err = l.client.Park(ctx); err != nil {
		return nil, err
	}
	l.client = nil
	if !s.polls {
		idles, err := l.Idle(ctx)
		if err != nil {
			return nil, err
		}
		s.polls = !idles
	}
	within := s.t.patience.idle
	if s.polls {
		within = s.t.patience.poll
	}
	if s.elsewhere || s.watched != nil {
		within = min(within, s.t.patience.elsewhere)
	}
	return time.AfterFunc(within, l.Wake), nil
}

// pause returns when the wait is over.
func (s *Session) pause(ctx context.Context, l *lookout) error {
	told, err := l.Wait()
	if told {
		l.news.Store(true)
	}
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return &transports.Error{Kind: transports.Unreachable, Text: transports.T("%s ended the connection.", s.receive.Name)}
}

// resume has a client on the connection again, and the inbox selected.
func (s *Session) resume(ctx context.Context, l *lookout) (err error) {
	if l.client, err = l.Resume(ctx, l.told()); err != nil {
		return err
	}
	return s.enter(ctx, l.client, s.emit)
}

// due tells whether there is something to do.
func (s *Session) due(l *lookout) bool {
	return l.news.Load() || len(s.out.due) > 0 || len(s.tasks) > 0
}

// serve does what was asked for meanwhile. The rest is catchUp's.
func (s *Session) serve(ctx context.Context, l *lookout) error {
	select {
	case <-s.out.due:
	default:
	}
	for len(s.tasks) > 0 {
		t := <-s.tasks
		if !t.take() {
			continue
		}
		if err := t.ctx.Err(); err != nil {
			t.done <- err
			continue
		}
		t.done <- t.do(ctx, l.client)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if l.news.Swap(false) {
		return l.pace.Wait(ctx)
	}
	return ctx.Err()
}
