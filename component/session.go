package component

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"wherry/store"
	"wherry/transports"
)

// account is one account of the user's, with the session that lives for it.
// It is the user's.
type account struct {
	user    *user
	scope   transports.Scope
	rec     store.Account
	id      atomic.Int64                   // of the row; 0 until it is stored
	storing bool                           // it is in the store, or on its way there
	live    bool                           // logged in, as far as the user has heard
	wrote   bool                           // what was written may be written again, and must not be sent twice
	unread  bool                           // what waits there could not be read yet
	can     transports.Ability             // what the connection can do besides writing
	watches bool                           // the network was told whom to watch
	session *session                       // nil while it is not to be connected
	problem *transports.Error              // why the network does not want us; nil where it does
	held    []letter                       // waits for the session to be online
	out     *outbox                        // waits in the store; nil while nothing does
	taking  int                            // parts of messages on their way there
	sent    recent                         // what a later status may name
	echoes  echoes                         // what was sent, and is said once the network shows it
	pending []pending                      // what waits for it to be online
	aways   aways                          // which of the user's clients are away
	words   string                         // why the user is away, as the network was told
	typed   *typed                         // what the network was told of the user's typing; nil: nothing
	idle    *time.Timer                    // to quit when nothing is left to do
	told    string                         // the trouble the user was last told of
	share   *rate.Limiter                  // bytes that it may have recorded; nil before it does
	chosen  map[string]transports.Settings // what the user chose for rooms, by their names; nil for most
	lists   int                            // lists of the network's rooms that are asked for
	read    readings                       // how far chats were read

	entering []func(*user, error) // wait for the account to be in the store
}

// online tells whether the account is logged in.
func (a *account) online() bool { return a != nil && a.session != nil && a.live }

// session runs one account's transports.Session: it connects, again and again,
// hands what comes to the user, and sends what the user wants sent, in order.
type session struct {
	user           *user
	ts             transports.Session
	scope          transports.Scope
	id             *atomic.Int64 // of the account's row
	guest          bool          // the account was made by using it
	seen           bool          // was logged in at least once; the user's
	mailed         bool          // letters were added; the user's
	ctx            context.Context
	end            context.CancelCauseFunc
	out            mailbox[letter]
	asides         *mailbox[func()]           // what is asked besides, in its order; nil before anything was; the user's
	failed         *transports.Error          // why it was not yet, after the last try; the user's
	turns          atomic.Pointer[turns]      // nil before a message is sent
	waiting, bytes atomic.Int64               // letters on their way, and what they say
	since          atomic.Int64               // when the connection was logged in, Unix nanoseconds; 0 before that
	connecting     atomic.Pointer[connecting] // nil while it does not
	again          chan struct{}              // has it connect before its time
	awaited        awaited
	ended          chan struct{}
}

// turns is how long messages may wait for the network's pace.
type turns struct {
	ctx  context.Context
	over context.CancelFunc
}

// turn returns what ends when the messages that wait for the network's pace are to
// wait no more.
func (s *session) turn() *turns {
	for {
		if t := s.turns.Load(); t != nil {
			return t
		}
		ctx, cancel := context.WithCancel(s.ctx)
		if !s.turns.CompareAndSwap(nil, &turns{ctx, cancel}) {
			cancel()
		}
	}
}

// recall has all messages that wait for their turn fail: they were not sent.
func (s *session) recall() {
	s.turn().over()
	s.out.start()
	ctx, cancel := context.WithTimeout(s.ctx, recallWithin)
	defer cancel()
	_ = s.out.rest(ctx)
	s.turns.Store(nil) // from now on they may wait
}

const (
	reconnectFirst = 2 * time.Second
	reconnectMost  = 5 * time.Minute
	reconnectSlow  = 10 * time.Minute // where the network does not want us
	stableAfter    = time.Minute      // online that long, the next wait is short again
	queueBytes     = 4 << 20          // that may wait for one network
	behindBound    = 1000             // works waiting for a user, above which reading waits
	leaveWithin    = 2 * time.Second
	recallWithin   = 500 * time.Millisecond
)

// connects tells whether an account is to be connected whether or not it has
// rooms: registered ones are, but for one that only holds an identity; and those
// from which something is to be sent.
func (u *user) connects(a *account) bool {
	if !a.rec.Suspended.IsZero() || a.scope == "" && u.d.Transport().About().Scoped {
		return false
	}
	return a.rec.Registered || u.hasRooms(a.scope) || a.out != nil && u.d.Transport().About().Guests
}

// startSession opens the account's session and has it run.
func (u *user) startSession(a *account) {
	var saved map[string][]byte
	if id := a.id.Load(); id != 0 {
		var err error
		if saved, err = u.d.c.conf.Store.Saves(u.d.live, id); err != nil {
			a.problem = transports.AsError(err)
			u.log().Error("read saves", "scope", string(a.scope), "err", err)
			return
		}
	}
	ts, err := u.d.Transport().Open(u.transportAccount(a), transports.Saved(saved))
	if err != nil {
		a.problem = transports.AsError(err)
		u.log().Error("open session", "scope", string(a.scope), "err", err)
		return
	}
	ctx, cancel := context.WithCancelCause(u.d.live)
	s := &session{
		user: u, ts: ts, scope: a.scope, id: &a.id, guest: !a.rec.Registered, ctx: ctx,
		end: cancel, again: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	s.out.together, s.out.after, s.out.crew = s.deliverAll, s.delivered, u.d.c.crew
	a.session, a.problem, a.words = s, nil, ""
	u.sessions.Add(1)
	u.d.busy.add()
	go s.run(u.follow(a.scope, s.ended))
}

// end is closed when the last session of a scope has ended.
type end struct {
	scope transports.Scope
	ended <-chan struct{}
}

// follow notes when the last session of a scope from now on has ended, and returns when
// the one before has; nil where there was none.
func (u *user) follow(scope transports.Scope, ended <-chan struct{}) (before <-chan struct{}) {
	for i := range u.ends {
		if e := &u.ends[i]; e.scope == scope {
			before, e.ended = e.ended, ended
			return before
		}
	}
	u.ends = append(u.ends, end{scope, ended})
	return nil
}

// transportAccount is what the transport may know of an account.
func (u *user) transportAccount(a *account) transports.Account {
	out := u.d.accountOf(a.rec)
	if !u.d.further() {
		out.Default = u.accounts.of("").settings()
	}
	return out
}

// settings returns all settings of an account, secrets included.
func (a *account) settings() transports.Settings {
	if a == nil {
		return nil
	}
	return allSettings(a.rec)
}

func allSettings(rec store.Account) transports.Settings {
	all := make(transports.Settings, len(rec.Settings)+len(rec.Secrets))
	maps.Copy(all, rec.Settings)
	maps.Copy(all, rec.Secrets)
	return all
}

// stopSession ends the account's session, if there is one. What still waits to
// be sent fails.
func (u *user) stopSession(a *account) {
	s := a.session
	if s == nil {
		return
	}
	s.end(nil)
	a.session = nil
	u.sessions.Add(-1)
	u.wentOffline(a, &transports.Error{Kind: transports.Unreachable})
}

// run keeps the account connected until the session is stopped. What it calls while
// the account is connected is as flat as can be: all of it is on the stack then.
func (s *session) run(before <-chan struct{}) {
	defer s.over()
	s.takeOver(before)
	for try := 0; ; try++ {
		err := s.enter()
		if err == nil {
			err = s.live()
			s.leave()
		}
		if s.ctx.Err() != nil || !s.pause(err, &try) {
			return
		}
	}
}

// over tells that the session has ended.
func (s *session) over() {
	close(s.ended)
	s.user.d.busy.done()
}

// pause follows the end of a connection, and returns when it is to be tried again:
// false is never.
func (s *session) pause(err error, try *int) bool {
	if since := s.since.Load(); since != 0 && time.Since(time.Unix(0, since)) > stableAfter {
		*try = 0
	}
	e := transports.AsError(err)
	wait := max(e.After, backoff(*try, reconnectFirst, reconnectMost))
	if !e.Temporary() && e.After == 0 {
		wait += reconnectSlow
	}
	select {
	case <-s.again: // by now it was done
	default:
	}
	s.post(func(u *user, a *account) { u.sessionDown(a, e) })
	if e.Kind == transports.Credentials {
		return false // only the user can help
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.again:
	case <-s.ctx.Done():
		return false
	}
	return true
}

// takeOver waits, a little, until the session before has said goodbye: networks
// do not have the same name twice.
func (s *session) takeOver(before <-chan struct{}) {
	if done, ok := s.user.d.forgets.Load(s.user.jid.String() + " " + string(s.scope)); ok {
		select {
		case <-done.(chan struct{}): // in its own time
		case <-s.ctx.Done():
		}
	}
	if before == nil {
		return
	}
	t := time.NewTimer(leaveWithin)
	defer t.Stop()
	select {
	case <-before:
	case <-t.C:
	case <-s.ctx.Done():
	}
}

// enter returns when the session may connect.
func (s *session) enter() error {
	if err := s.user.d.dials.enter(s.ctx, &s.user.here); err != nil {
		return err
	}
	c := new(connecting)
	c.slow = time.AfterFunc(connectWithin, func() { s.connected(c) })
	s.connecting.Store(c)
	s.since.Store(0)
	return nil
}

// leave follows the end of a connection.
func (s *session) leave() {
	s.entered()
	s.awaited.drop()
}

// live is the life of a connection, which a panic ends like any fault.
func (s *session) live() (err error) {
	defer s.user.d.caught(&err)
	if err = s.ts.Run(s.ctx, s.hear); err == nil {
		err = errEnded
	}
	return err
}

var errEnded = errors.New("the session ended")

// connecting is a session's place among those that connect.
type connecting struct{ slow *time.Timer }

// connectWithin is how long a session that connects may hold up the others.
const connectWithin = 10 * time.Second

// entered tells that the session does not connect any more.
func (s *session) entered() {
	if c := s.connecting.Load(); c != nil {
		c.slow.Stop()
		s.connected(c)
	}
}

// connected lets another session connect. Only the first call counts.
func (s *session) connected(c *connecting) {
	if s.connecting.CompareAndSwap(c, nil) {
		s.user.d.dials.leave()
	}
}

// hear takes a batch of a connection's.
func (s *session) hear(ctx context.Context, b transports.Batch) error {
	for _, ev := range b.Events {
		if _, ok := ev.(transports.Online); ok {
			s.entered()
			s.since.Store(time.Now().UnixNano())
		}
	}
	return s.emit(ctx, b)
}

// emit makes a batch safe and hands it to the user. It waits where the user is
// behind. Networks that keep nothing for us cannot be told to wait: what they
// say passes even while the store takes nothing.
func (s *session) emit(ctx context.Context, b transports.Batch) error {
	if s.durable(b) {
		all, err := s.commit(ctx, b)
		switch {
		case err == nil:
			s.awaited.tell(b.Events)
			s.user.box.post(func(u *user) { u.came(s, s.scope, all) })
			return s.user.box.wait(ctx, behindBound)
		case !s.user.d.Transport().About().Attended:
			return err
		}
		s.user.log().Error("the store does not take what came", "err", err)
	}
	s.awaited.tell(b.Events)
	if len(b.Events) > 0 {
		s.post(func(u *user, a *account) { u.happened(a, b.Events) })
	}
	if err := s.user.d.archive.wait(ctx); err != nil {
		return err
	}
	return s.user.box.wait(ctx, behindBound)
}

// post has f run in the user's turn, if this is still the account's session
// then.
func (s *session) post(f func(*user, *account)) {
	s.user.box.post(func(u *user) {
		if a := u.accounts.of(s.scope); a != nil && a.session == s {
			f(u, a)
		}
	})
}

// mail puts a message on its way, from where it goes at the end of the user's turn:
// then all that the user said meanwhile goes at once. It reports false where too much waits, in
// messages or in bytes.
func (s *session) mail(l letter) bool {
	size := l.size()
	if n := s.waiting.Load(); n > 0 && s.bytes.Load()+size > queueBytes || n >= int64(s.user.d.Limits().Queue) {
		return false
	}
	s.waiting.Add(1)
	s.bytes.Add(size)
	s.out.add(l)
	if !s.mailed {
		s.mailed = true
		s.user.mailed = append(s.user.mailed, s)
	}
	return true
}

// split returns the parts in which a message goes upstream.
func (s *session) split(m transports.Message) []transports.Message {
	if sp, ok := s.ts.(transports.Splitter); ok {
		return sp.Split(m)
	}
	return []transports.Message{m}
}
