package component

import (
	"context"
	"time"

	"wherry/component/mam"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// asking is a question to the archive of a room, with what only the user's turn
// knows.
type asking struct {
	ar     *archive
	owner  int64                                // the number of the user's account
	stored func(context.Context) (int64, error) // waits for it, where it is 0
	room   transports.Address
	here   bool // the user is in the room, or about to be
	public *tap // of a room of which all may be read that is public; nil: of none
	nicks  muc.Config
}

// asks makes the question of a query, if there is an archive for it.
func (u *user) asks(q *Query) (*asking, error) {
	if !u.d.conf.Load().RecordHistory {
		return nil, &stanza.Error{Type: stanza.Cancel, Condition: stanza.FeatureNotImplemented}
	}
	a := u.accounts.of(q.To.Scope)
	if a == nil {
		return nil, &transports.Error{Kind: transports.Forbidden}
	}
	j, err := address(u.d.Name(), q.To)
	if err != nil {
		return nil, &transports.Error{Kind: transports.Malformed, Err: err}
	}
	as := &asking{ar: u.d.archive, owner: a.id.Load(), room: kept(q.To), stored: u.stored(a)}
	scope := string(as.room.Scope)
	as.nicks = muc.Config{JID: j, Key: func(who string) string { return keyed(u.d.key, "occupant", scope, who) }}
	r := u.rooms.of(q.To)
	as.here = r != nil
	if u.readsAll(r) {
		as.public = r.log
	}
	return as, nil
}

// stored returns what waits until an account that was made a moment ago has a
// number.
func (u *user) stored(a *account) func(context.Context) (int64, error) {
	d, who := u.d, u.jid
	return func(ctx context.Context) (int64, error) {
		err := d.written(ctx, who)
		return a.id.Load(), err
	}
}

// archiveForm answers by what messages can be picked (XEP-0313 §4.1.6).
func archiveForm(_ context.Context, q *Query) (*stanza.Element, error) {
	if _, err := q.user.asks(q); err != nil {
		return nil, err
	}
	e := mam.Form()
	return &e, nil
}

// archiveQuery answers with messages of the archive, and then with what page of
// it they are.
func archiveQuery(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	wanted, err := mam.Parse(q.Payload)
	if err != nil {
		return nil, err
	}
	as, err := u.asks(q)
	if err != nil {
		return nil, err
	}
	var lines []store.Line
	var page mam.Page
	return nil, u.lookUp(q, func(ctx context.Context) (err error) {
		lines, page, err = as.page(ctx, &wanted)
		return err
	}, func(u *user) { u.sendPage(q, as, &wanted, lines, page) })
}

// archiveMetadata answers where the archive begins and ends (XEP-0313 §5).
func archiveMetadata(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	as, err := u.asks(q)
	if err != nil {
		return nil, err
	}
	var first, last []store.Line
	return nil, u.lookUp(q, func(ctx context.Context) error {
		r := reading{account: as.owner, most: 1}
		if r.spans, err = as.spans(ctx); err != nil {
			return err
		}
		if first, err = as.ar.read(ctx, r); err == nil {
			r.backward = true
			last, err = as.ar.read(ctx, r)
		}
		return err
	}, func(u *user) {
		e := mam.Metadata("", time.Time{}, "", time.Time{})
		if len(first) > 0 && len(last) > 0 {
			e = mam.Metadata(stanzaID(first[0].ID), store.PlaceTime(first[0].ID), stanzaID(last[0].ID), store.PlaceTime(last[0].ID))
		}
		u.answer(q, &e, nil)
	})
}

// Bounds of what one user may have looked up. Counting the lines of a long
// archive takes a while: it is for one user at a time, so that others can read
// too.
const (
	lookUpsMost  = 100
	lookUpWithin = 10 * time.Second
)

// lookUp reads the archive outside of the user's turn, after what they asked
// before, and answers the query in it.
func (u *user) lookUp(q *Query, look func(context.Context) error, done func(*user)) error {
	if len(u.lookUps) >= lookUpsMost {
		return &transports.Error{Kind: transports.Busy}
	}
	u.lookUps = append(u.lookUps, func() {
		err := error(&transports.Error{Kind: transports.Unreachable})
		ok := u.work(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, lookUpWithin)
			defer cancel()
			err = timedOut(ctx, look(ctx))
		}, func(u *user) {
			u.lookUps = u.lookUps[1:]
			u.nextLookUp()
			if err != nil {
				u.fail(q.IQ, err)
				return
			}
			done(u)
		})
		if !ok {
			u.fail(q.IQ, &transports.Error{Kind: transports.Busy})
			u.lookUps = u.lookUps[1:]
			u.nextLookUp()
		}
	})
	if len(u.lookUps) == 1 {
		u.nextLookUp()
	}
	return errLater
}

// nextLookUp begins the one whose turn it is.
func (u *user) nextLookUp() {
	if len(u.lookUps) == 0 {
		u.lookUps = nil
		return
	}
	u.lookUps[0]()
}

// sendPage shows a page to who asked, at the pace of rooms, and then its end.
func (u *user) sendPage(q *Query, as *asking, wanted *mam.Query, lines []store.Line, page mam.Page) {
	s := &muc.Seat{JID: q.From}
	for _, r := range u.rooms {
		if at := r.view.Seat(q.From); at != nil {
			s = at
		}
	}
	u.expect(s, len(lines)+1)
	for _, l := range lines {
		p, err := past(l)
		if err != nil {
			u.log().Error("a line of the archive is passed over", "line", l.String(), "err", err)
			continue
		}
		m := mam.Message{ID: p.ID, Time: p.Time}
		m.From, m.Payload = as.nicks.Archived(p)
		u.sendSeat(s, wanted.Result(as.nicks.JID, q.From, m))
	}
	u.sendSeat(s, stanza.Result(q.IQ, page.Fin()))
	q.follow()
	u.closeWindow(q.From)
}
