package component

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// outbox is what waits to go to the network of one account, besides the store
// that keeps it. Each conversation has a lane, which keeps its order; lanes go
// side by side. It is the user's.
type outbox struct {
	lanes map[transports.Address]*lane
	turn  []*lane // in which order they are looked at
	rows  int
	bytes int
	sends int // on their way now
	timer *time.Timer
	when  time.Time // the timer's
	told  time.Time // when the user was last told that something waits
}

// lane is one conversation, its first part first.
type lane struct {
	chat     transports.Address
	rows     []*outgoing
	busy     bool  // the first is on its way
	fixed    int   // changes on their way to the store: nothing is begun meanwhile
	claiming int64 // the message whose part the store is to have as sending by then
	along    int   // how many behind the first may be on their way with it
	until    time.Time
}

// outgoing is one part of a message that waits.
type outgoing struct {
	store.Outgoing
	m transports.Message
	posted
	claimed bool // the store has it as sending, and nothing was done yet
}

const (
	sendsAtOnce  = 4                // of one account
	sendsInAll   = 64               // of a domain
	sendWithin   = 2 * time.Minute  // for one upstream request
	retryMostly  = 10 * time.Minute // between two tries
	foldsMost    = 8                // tries, and looks, of what may have been sent: not every program folds repeats
	remindEvery  = time.Hour
	defaultAge   = 24 * time.Hour
	storeRetry   = time.Second
	storeRetries = time.Minute
)

// maxAge is how long a message may wait to be sent.
func (d *Domain) maxAge() time.Duration {
	if age := d.Transport().About().MaxAge; age > 0 {
		return age
	}
	return defaultAge
}

// loadOutbox takes up what waits in the store for an account, in place of what
// is known.
func (u *user) loadOutbox(a *account) {
	id := a.id.Load()
	if id == 0 {
		return
	}
	rows, err := u.d.c.conf.Store.QueuedOutgoing(u.d.live, id, 0, outboxMost)
	if a.unread = err != nil; a.unread {
		u.log().Error("load the outbox; it is tried again", "scope", string(a.scope), "err", err)
		u.later(storeRetry, func(u *user) {
			if u.accounts.of(a.scope) == a && a.unread {
				u.loadOutbox(a)
			}
		})
		return
	}
	a.out = nil
	for _, o := range rows {
		u.queue(a, o)
	}
	if a.out != nil {
		a.wrote = true
		u.giveUpOld(a)
	}
	u.dispatch(a)
}

// outboxMost is more than an outbox ever has.
const outboxMost = 1 << 20

// queue puts a part that is in the store behind the others of its lane.
func (u *user) queue(a *account, p store.Outgoing) {
	row := decodeOutgoing(u, p)
	if row == nil || row.In != 0 {
		return
	}
	if a.out == nil {
		a.out = &outbox{lanes: map[transports.Address]*lane{}}
	}
	l := a.out.lanes[row.m.Chat]
	if l == nil {
		l = &lane{chat: row.m.Chat}
		a.out.lanes[row.m.Chat] = l
		a.out.turn = append(a.out.turn, l)
	}
	if l.find(p) >= 0 {
		return // it was read from the store before it was told of
	}
	if len(l.rows) == 0 {
		l.until = p.Due
	}
	a.out.insert(l, len(l.rows), row)
}

func decodeOutgoing(u *user, p store.Outgoing) *outgoing {
	m, posted, err := decodeMessage(p.Content)
	if err != nil {
		u.log().Error("a stored message cannot be read", "message", p.Message, "err", err)
		return nil
	}
	return &outgoing{Outgoing: p, m: m, posted: posted}
}

// take has a part be as the store has it by now.
func (o *outgoing) take(p store.Outgoing) {
	if !bytes.Equal(o.Content, p.Content) {
		if m, posted, err := decodeMessage(p.Content); err == nil {
			o.m, o.posted = m, posted
		}
	}
	o.Outgoing = p
}

// set is take for a part that is in a lane.
func (o *outbox) set(row *outgoing, p store.Outgoing) {
	o.bytes += len(p.Content) - len(row.Content)
	row.take(p)
}

// insert puts a part into a lane.
func (o *outbox) insert(l *lane, at int, row *outgoing) {
	l.rows = slices.Insert(l.rows, at, row)
	o.rows++
	o.bytes += len(row.Content)
}

// dispatch has all that can go to the network go there.
func (u *user) dispatch(a *account) {
	o := a.out
	if o == nil {
		return
	}
	now, quiet := time.Now(), a.quiet() // the same for all: a lane is either due or waited for
	if a.online() && !u.d.closing.Load() {
		for o.sends < sendsAtOnce {
			l := o.next(now, quiet)
			if l == nil {
				break
			}
			if !u.giveUp(a, l, now) {
				u.transmit(a, l)
			}
		}
	} else {
		u.unclaimAll(o)
	}
	if o.rows == 0 && o.sends == 0 {
		u.stopTimer(o)
		a.out = nil
		u.rest(a)
		return
	}
	u.arm(a, now)
}

// next returns a lane whose first part may go now, each in turn.
func (o *outbox) next(now time.Time, quiet time.Duration) *lane {
	for i, l := range o.turn {
		if l.busy || l.fixed > 0 || len(l.rows) == 0 || now.Before(l.due(quiet)) {
			continue
		}
		o.turn = append(slices.Delete(o.turn, i, i+1), l)
		return l
	}
	return nil
}

// remove takes a part out of its lane.
func (o *outbox) remove(l *lane, i int) {
	o.rows--
	o.bytes -= len(l.rows[i].Content)
	l.rows = slices.Delete(l.rows, i, i+1)
	o.tidy(l)
}

// tidy forgets a lane that is empty.
func (o *outbox) tidy(l *lane) {
	if len(l.rows) == 0 && !l.busy && l.fixed == 0 {
		delete(o.lanes, l.chat)
		o.turn = slices.DeleteFunc(o.turn, func(other *lane) bool { return other == l })
	}
}

// dropMessage takes all parts of a message out of its lane and returns where
// they stood.
func (o *outbox) dropMessage(l *lane, message int64) (at int) {
	for i := len(l.rows) - 1; i >= 0; i-- {
		if l.rows[i].Message == message {
			o.remove(l, i)
			at = i
		}
	}
	return at
}

// transmit sends the first part of a lane, beside the user.
func (u *user) transmit(a *account, l *lane) {
	row, next, along := *l.rows[0], u.claims(a, l), l.company(a)
	l.busy, l.along = true, len(along)
	a.out.sends++
	u.waits++
	u.d.busy.add()
	s := a.session
	go func() {
		done := s.transmit(row, next, along)
		u.box.post(func(u *user) {
			defer u.d.busy.done() // behind what follows from it
			u.waits--
			u.transmitted(a, l, row, done)
		})
	}()
}

// transmitted follows a try: the lane goes on, or waits.
func (u *user) transmitted(a *account, l *lane, row outgoing, done transmission) {
	o := a.out
	if u.accounts.of(a.scope) != a || o == nil || o.lanes[l.chat] != l {
		u.arrive(done.rows) // the account is not what it was
		if done.claimed != nil {
			u.unclaim(&outgoing{Outgoing: *done.claimed})
		}
		return
	}
	o.sends--
	l.busy, l.claiming, l.along = false, 0, 0
	for _, message := range done.with {
		o.dropMessage(l, message)
	}
	switch i := l.find(row.Outgoing); {
	case i < 0:
	case done.over:
		o.remove(l, i)
		if done.failed {
			o.dropMessage(l, row.Message)
		}
	default:
		done.row.Told = l.rows[i].Told
		o.set(l.rows[i], done.row)
		l.rows[i].claimed = false
		l.until = done.row.Due
	}
	if done.claimed != nil {
		if i := l.find(*done.claimed); i >= 0 {
			done.claimed.Told = l.rows[i].Told
			o.set(l.rows[i], *done.claimed)
			l.rows[i].claimed = true
		}
	}
	o.tidy(l)
	u.arrive(done.rows)
	if done.refused != nil && a.session != nil && a.session == done.session {
		u.sessionDown(a, done.refused)
	}
	u.dispatch(a)
}

// find returns where a part stands in its lane, or -1.
func (l *lane) find(o store.Outgoing) int {
	return slices.IndexFunc(l.rows, func(r *outgoing) bool { return r.Message == o.Message && r.Part == o.Part })
}

// record makes a transaction beside the user, and writes the rows that it made.
// after, where it is given, is called in any case.
func (u *user) record(f func(*store.Tx) ([]store.Incoming, error), after ...func(*user)) {
	var rows []store.Incoming
	u.waits++
	u.d.busy.add()
	u.d.c.conf.Store.UpdateAsync(func(t *store.Tx) (err error) {
		rows, err = f(t)
		return err
	}, func(err error) {
		u.box.post(func(u *user) {
			u.waits--
			for _, f := range after {
				f(u)
			}
			if err != nil {
				u.log().Error("store", "err", err)
				return
			}
			u.arrive(rows)
		})
		u.d.busy.done()
	})
}

// refuseQueued fails a message that was not taken.
func (u *user) refuseQueued(m *stanza.Message, err error) {
	u.log().Error("a message was not taken", "err", err)
	switch {
	case store.Full(err):
		err = &transports.Error{Kind: transports.Busy, Text: transports.T("The gateway cannot store anything right now. Please try again later.")}
	case errors.Is(err, store.ErrNotFound):
		err = u.unregistered(u.language(m.Lang))
	}
	u.fail(m, err)
}
