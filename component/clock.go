package component

import (
	"context"
	"time"

	"wherry/component/stanza"
	"wherry/transports"
)

// clock answers what time it is here (XEP-0202).
func clock(context.Context, *Query) (*stanza.Element, error) {
	e := timeElement(time.Now().UTC())
	return &e, nil
}

// clockOf answers what time it is where a contact or an occupant is, as their
// program says.
func clockOf(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	who, a, err := u.personOf(q)
	if err != nil {
		return nil, err
	}
	ts, ok := a.session.ts.(transports.Clock)
	if !ok {
		return nil, &transports.Error{Kind: transports.Unsupported}
	}
	var at time.Time
	u.await(a.session, func(ctx context.Context) (err error) {
		at, err = ts.Clock(ctx, who)
		return err
	}, func(u *user, err error) {
		e := timeElement(at)
		u.answer(q, &e, err)
	})
	return nil, errLater
}

// timeElement is the payload of XEP-0202: a time, and the zone in which it was
// said.
func timeElement(at time.Time) stanza.Element {
	return stanza.E(nsTime, "time",
		stanza.T(nsTime, "tzo", at.Format("-07:00")),
		stanza.T(nsTime, "utc", at.UTC().Format("2006-01-02T15:04:05Z")))
}
