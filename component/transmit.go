package component

import (
	"context"
	"errors"
	"time"

	"wherry/component/fault"
	"wherry/store"
	"wherry/transports"
)

// transmission is what came of one try to send one part.
type transmission struct {
	row     store.Outgoing    // as it stands now
	over    bool              // it has left the outbox
	failed  bool              // with all its message
	rows    []store.Incoming  // to be told
	claimed *store.Outgoing   // the store has it as sending
	with    []int64           // other messages that are part of this one now
	refused *transports.Error // the network refuses the account
	session *session
}

// transmit makes one try to send one part of a message, or to find out whether
// an earlier try had sent it; along are the messages that may go as one with it. It
// blocks, and returns when the store has the outcome.
func (s *session) transmit(o outgoing, next *store.Outgoing, along []int64) transmission {
	var out outcome
	if o.State == store.Queued || o.claimed {
		out = s.try(&o, along)
		out.unsent = out.to == store.Queued
	} else {
		out = s.look(o)
	}
	return s.conclude(o, out, next)
}

// try makes one attempt of one upstream request. That it is made is stored
// before, unless the network folds repeats: after a crash nobody would know. So is
// what the message follows, where the network has conversations.
func (s *session) try(o *outgoing, along []int64) (out outcome) {
	var sent transports.Sent
	begun, stream := false, s.awaited.stream()
	err := s.upstream(s.user.d.until(o.Outgoing), func(ctx context.Context) (err error) {
		if !o.claimed && s.user.d.notes() {
			if ok := s.claim(o, along, &out); !ok {
				return nil
			}
		}
		begun = true
		fault.At(fault.DuringSend)
		sent, err = s.ts.Send(ctx, o.m)
		return err
	})
	switch {
	case !begun && err == nil:
		return out
	case !begun:
		return outcome{to: store.Queued, err: transports.AsError(err), again: s.user.d.c.patience.retry}
	}
	fault.At(fault.AfterAnswer)
	if err == nil && sent.Echoes {
		return s.awaitEcho(stream, o.m.Chat, sent)
	}
	if err == nil {
		return outcome{to: store.Sent, sent: sent}
	}
	return judge(err, o.Attempts, s.user.d.c.patience)
}

// claim has the store note that a part is about to be sent, and with what. Where it
// is not to be sent, out tells why.
func (s *session) claim(o *outgoing, along []int64, out *outcome) bool {
	d := s.user.d
	var row *store.Outgoing
	var free bool
	err := d.c.conf.Store.Update(s.ctx, func(t *store.Tx) error {
		parts, err := t.Outgoing(o.Message)
		if err != nil {
			return err
		}
		i := indexOfPart(parts, o.Part)
		if i < 0 {
			return store.ErrNotFound
		}
		row = &parts[i]
		if free = row.State == store.Queued; !free {
			return nil // somebody else has it
		}
		if err := s.gather(t, row, along); err != nil {
			return err
		}
		return d.claim(t, row)
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		*out = outcome{to: store.Failed, err: tooLate()} // it was taken back
	case err != nil:
		d.log.Error("store", "err", err)
		*out = outcome{again: d.c.patience.retry, hold: true}
	case !free:
		o.Outgoing = *row
		*out = outcome{again: d.c.patience.look, hold: true}
	default:
		o.take(*row)
		return true
	}
	return false
}

// upstream makes one request of the network, in its turn and before a time. Where
// people attend a network there is no turn but its own pace: each account has its
// connection, and one who is held up must not hold up the others.
func (s *session) upstream(until time.Time, f func(context.Context) error) error {
	d := s.user.d
	if !d.Transport().About().Attended {
		select {
		case d.sends <- struct{}{}:
			defer func() { <-d.sends }()
		case <-s.ctx.Done():
		}
	}
	if err := s.ctx.Err(); err != nil {
		return &transports.Error{Kind: transports.Unreachable, Err: err}
	}
	ctx, cancel := context.WithDeadline(s.ctx, earlier(until, time.Now().Add(sendWithin)))
	defer cancel()
	return d.guard(func() error { return f(ctx) })
}

// judge decides what a failed try means for the message. An error that is not
// one of the contract's is a fault in the program: then anything may have
// happened.
func judge(err error, attempts int, p patience) outcome {
	var e *transports.Error
	known := errors.As(err, &e)
	if !known {
		e = &transports.Error{Kind: transports.Internal, Err: err}
	}
	switch {
	case !known || e.Unsure:
		return outcome{to: store.Unsure, err: e, again: p.look}
	case e.Temporary():
		return outcome{to: store.Queued, err: e, again: max(e.After, backoff(attempts, p.retry, retryMostly))}
	case e.Kind == transports.Credentials:
		return outcome{to: store.Queued, err: e}
	}
	return outcome{to: store.Failed, err: e}
}

// look finds out what became of a part that may have been sent. Where nobody
// can tell, it is sent again if the network folds repeats, and else given up:
// twice would be worse.
func (s *session) look(o outgoing) outcome {
	d := s.user.d
	nobody := outcome{to: store.Lost, err: unknown()}
	if d.Transport().About().FoldsRepeats && o.Attempts < foldsMost {
		nobody = outcome{to: store.Queued, again: backoff(o.Attempts, d.c.patience.retry, retryMostly)}
	}
	finder, ok := s.ts.(transports.Finder)
	if !ok {
		return nobody
	}
	if wait := time.Until(o.Changed.Add(d.c.patience.look)); wait > 0 {
		return outcome{again: wait, hold: true} // it may still be on its way
	}
	var found *transports.Sent
	err := s.upstream(time.Now().Add(sendWithin), func(ctx context.Context) (err error) {
		var unread error // else a message of unknown owner would count as another's
		found, err = finder.Find(ctx, o.m, o.Created, func(id string) bool {
			known, err := d.c.conf.Store.KnownNetworkID(ctx, o.Account, d.idsOf(o.Chat), id)
			unread = errors.Join(unread, err)
			return known
		})
		return errors.Join(err, unread)
	})
	switch {
	case err != nil:
		e := transports.AsError(err)
		if e.Kind == transports.Unsupported {
			return nobody
		}
		again := backoff(o.Attempts, d.c.patience.look, retryMostly)
		if e.After > 0 {
			again = e.After
		}
		return outcome{to: store.Unsure, err: e, again: again}
	case found != nil:
		return outcome{to: store.Sent, sent: *found}
	}
	return outcome{to: store.Queued}
}

// unknown says that nobody knows whether a message was sent.
func unknown() *transports.Error {
	return &transports.Error{Kind: transports.Internal, Unsure: true,
		Text: transports.T("It is not known whether this message was sent. It was not sent again, so that it does not arrive twice.")}
}

// conclude keeps an outcome, however long the store takes: upstream it has
// happened. Where the part was sent, the next one of its conversation is noted
// as sending in the same step.
func (s *session) conclude(o outgoing, out outcome, next *store.Outgoing) transmission {
	d := s.user.d
	res := transmission{row: o.Outgoing, session: s}
	if !o.posted.parts(out) {
		res.with = o.With
	}
	if out.hold {
		res.row.Due = now().Add(out.again)
		res.over = res.row.State >= store.Sent
		return res
	}
	if d.closing.Load() || s.ctx.Err() != nil {
		next = nil // its turn will not come
	}
	out.looked = o.State != store.Queued && !o.claimed && out.to != store.Sent
	if out.err != nil && out.err.Kind == transports.Credentials {
		res.refused = out.err
	}
	for try := 0; ; try++ {
		row, rows, err := d.conclude(d.live, s.user.jid.String(), o.Outgoing, out, next)
		switch {
		case errors.Is(err, store.ErrNotFound):
			res.over, res.failed = true, true
			return res
		case err == nil:
			res.row, res.rows = row, rows
			res.over = row.State >= store.Sent
			res.failed = row.State == store.Failed || row.State == store.Lost
			if out.to == store.Sent && !res.failed {
				res.claimed = next
			}
			if row.State == store.Sent || row.State.Final() {
				fault.At(fault.AfterSent)
			}
			return res
		case !d.storeAgain(d.live, try, err):
			return res
		}
	}
}

// storeAgain waits after a failure of the store. It returns false where the
// gateway ends.
func (d *Domain) storeAgain(ctx context.Context, try int, err error) bool {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrClosed) || ctx.Err() != nil {
		return false
	}
	d.log.Error("the store does not take what has happened; it is tried again", "err", err)
	t := time.NewTimer(backoff(try, storeRetry, storeRetries))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
