package component

import (
	"context"

	"wherry/transports"
)

// request has something asked of a room's network, and done called in the
// user's turn with the one answer. It reports false where it cannot be asked.
func (u *user) request(a *account, ask func(context.Context, transports.Rooms) error, done func(*user, error)) bool {
	if !a.online() {
		return false
	}
	rs, ok := a.session.ts.(transports.Rooms)
	if !ok {
		return false
	}
	u.await(a.session, func(ctx context.Context) error { return ask(ctx, rs) }, done)
	return true
}

// await runs something that a session must answer, and has done, which may be
// nil, called in the user's turn with the one answer.
func (u *user) await(s *session, ask func(context.Context) error, done func(*user, error)) {
	u.waits++
	u.d.c.crew.run(&errand{u, s, ask, done})
}

// errand is what is asked of a session, by a goroutine of the crew.
type errand struct {
	user *user
	s    *session
	ask  func(context.Context) error
	done func(*user, error)
}

func (e *errand) drain() drainer {
	e.user.exchange(e.s, e.ask, e.done)
	return nil
}

// aside is await for what must keep its order: each is asked when the one before
// was answered.
func (u *user) aside(s *session, ask func(context.Context) error, done func(*user, error)) {
	u.waits++
	if s.asides == nil {
		s.asides = &mailbox[func()]{crew: u.d.c.crew, handle: func(do func()) { do() }}
	}
	s.asides.post(func() { u.exchange(s, ask, done) })
}

// exchange asks, outside of the user's turn.
func (u *user) exchange(s *session, ask func(context.Context) error, done func(*user, error)) {
	ctx, cancel := context.WithTimeout(s.ctx, u.d.c.patience.answer)
	defer cancel()
	err := timedOut(ctx, u.d.guard(func() error { return ask(ctx) }))
	u.box.post(func(u *user) {
		u.waits--
		if done != nil {
			done(u, err)
		}
	})
}

// timedOut turns the end of a request's time into what it means.
func timedOut(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return &transports.Error{Kind: transports.Unreachable, Err: err}
	}
	return err
}
