package component

import (
	"context"
	"sync/atomic"
	"time"

	"wherry/component/stanza"
	"wherry/transports"
)

// receiveIQ answers a request. Each gets exactly one answer: from its endpoint,
// in the user's turn or from the pool, or an error.
func (u *user) receiveIQ(iq *stanza.IQ, to target, err error) {
	if err != nil {
		u.fail(iq, err)
		return
	}
	payload := iq.Query()
	if payload == nil {
		u.fail(iq, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest})
		return
	}
	q := &Query{
		Domain: u.d, From: iq.From, To: to.addr, Nick: to.nick,
		IQ: iq, Payload: payload, Lang: u.language(iq.Lang), user: u,
	}
	e, err := u.d.c.endpoint(q)
	if err == nil && u.stranger && !e.open {
		err = u.forbidden(q.Lang)
	}
	switch {
	case err != nil:
		u.fail(iq, err)
	case e.Slow:
		u.answerSlowly(q, e.handler(iq))
	default:
		result, err := e.handler(iq)(context.Background(), q)
		u.answer(q, result, err)
	}
}

// handler returns what answers an iq of that type, if anything does.
func (e *Endpoint) handler(iq *stanza.IQ) Handler {
	h := e.Get
	if iq.Type == stanza.TypeSet {
		h = e.Set
	}
	if h == nil {
		return func(context.Context, *Query) (*stanza.Element, error) {
			return nil, &stanza.Error{Type: stanza.Cancel, Condition: stanza.FeatureNotImplemented}
		}
	}
	return h
}

// endpoint finds what answers a query. What is known elsewhere, but not there,
// is not implemented; anything else is nobody's service (RFC 6120 §8.3.3.19).
func (c *Component) endpoint(q *Query) (*Endpoint, error) {
	places := c.endpoints[payload{q.Payload.Space, q.Payload.Name}]
	if e := places[where(q.To, q.Nick)]; e != nil {
		return e, nil
	}
	condition := stanza.ServiceUnavailable
	if places != nil {
		condition = stanza.FeatureNotImplemented
	}
	return nil, &stanza.Error{Type: stanza.Cancel, Condition: condition}
}

// answer sends the one answer to a query. It may be called outside of the
// user's turn.
func (u *user) answer(q *Query, result *stanza.Element, err error) {
	switch {
	case err == errLater:
		return
	case err != nil:
		u.failIn(q.Lang, q.IQ, err)
	case result == nil:
		u.send(stanza.Result(q.IQ))
	case !u.send(stanza.Result(q.IQ, *result)):
		// Longer than a stanza may be: there must be an answer all the same.
		u.failIn(q.Lang, q.IQ, &transports.Error{Kind: transports.TooLong})
	}
	q.follow()
}

// answerSlowly runs a handler in the pool. Where it takes too long the query is
// answered without it; what it does goes on.
func (u *user) answerSlowly(q *Query, h Handler) {
	var answered atomic.Bool
	overdue := time.AfterFunc(u.d.c.patience.answer, func() {
		if !answered.Swap(true) {
			u.failIn(q.Lang, q.IQ, &transports.Error{Kind: transports.Unreachable})
		}
	})
	ok := u.work(func(ctx context.Context) {
		var result *stanza.Element
		err := u.d.guard(func() (err error) {
			result, err = h(ctx, q)
			return err
		})
		if answered.Swap(true) {
			q.follow() // what was done is done
			return
		}
		overdue.Stop()
		u.answer(q, result, timedOut(ctx, err))
	}, nil)
	if !ok && !answered.Swap(true) {
		overdue.Stop()
		u.fail(q.IQ, &transports.Error{Kind: transports.Busy})
	}
}

// errLater is returned by handlers of this package that answer by themselves.
var errLater = &stanza.Error{Condition: "later"}
