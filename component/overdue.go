package component

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"wherry/store"
	"wherry/transports"
)

// giveUpOld fails what waited too long to be sent.
func (u *user) giveUpOld(a *account) {
	now := time.Now()
	for _, l := range slices.Clone(a.out.turn) {
		for len(l.rows) > 0 && !l.busy && l.fixed == 0 && u.giveUp(a, l, now) {
		}
	}
}

// giveUp fails the first message of a lane where it waited too long.
func (u *user) giveUp(a *account, l *lane, now time.Time) bool {
	row := *l.rows[0]
	if now.Before(u.d.until(row.Outgoing)) {
		return false
	}
	a.out.dropMessage(l, row.Message)
	u.end(a, row.Outgoing, expired(row))
	return true
}

// until is how long a message may wait to be sent.
func (d *Domain) until(o store.Outgoing) time.Time { return o.Created.Add(d.maxAge()) }

// expired is the end of a part that is too old: those before it were sent.
func expired(row outgoing) outcome {
	switch {
	case row.State != store.Queued && !row.claimed:
		return outcome{to: store.Lost, err: unknown()}
	case row.Part > 0:
		return outcome{to: store.Failed, err: onlyBegun(tooLate())}
	}
	return outcome{to: store.Failed, err: tooLate()}
}

// turnAway fails what waits to be sent to a network that people attend, where
// that cannot be reached, and was written after a time: nobody should wait to
// hear that.
func (u *user) turnAway(a *account, e *transports.Error, after time.Time) {
	if a.out == nil || !u.d.Transport().About().Attended {
		return
	}
	for _, l := range slices.Clone(a.out.turn) {
		for len(l.rows) > 0 && !l.busy && l.fixed == 0 {
			row := *l.rows[0]
			if row.State != store.Queued && !row.claimed || !row.Created.After(after) {
				break
			}
			a.out.dropMessage(l, row.Message)
			u.end(a, row.Outgoing, outcome{to: store.Failed, err: e})
		}
	}
	u.dispatch(a)
}

func tooLate() *transports.Error {
	return &transports.Error{Kind: transports.Unreachable, Text: transports.T("The message could not be sent in time.")}
}

// turnAwayNew is turnAway for what was just written, where it is known that the
// network cannot be reached.
func (u *user) turnAwayNew(a *account) {
	switch s := a.session; {
	case a.problem != nil:
		u.turnAway(a, a.problem, time.Time{})
	case s != nil && !s.seen && s.failed != nil:
		u.turnAway(a, s.failed, u.d.c.started)
	}
}

// failWaiting tells the senders of what waits that it will not be sent, of an
// account of which nothing shall stay in the store.
func (u *user) failWaiting(a *account) {
	if a.out == nil {
		return
	}
	for _, l := range a.out.turn {
		var rows []store.Outgoing
		for _, r := range l.rows {
			rows = append(rows, r.Outgoing)
		}
		if l.busy && len(rows) > 0 {
			rows[0].State = store.Sending
		}
		for _, it := range u.d.abandoned(rows) {
			from, err := address(u.d.Name(), it.Chat)
			if err == nil {
				u.send(it.stanza(telling{from: from, user: u.jid}))
			}
		}
	}
}

// end keeps that a part has ended, and tells its sender.
func (u *user) end(a *account, o store.Outgoing, out outcome) {
	u.waits++
	u.d.busy.add()
	name := u.jid.String()
	go func() {
		defer u.d.busy.done()
		rows := u.d.ended(u.d.live, name, o, out)
		u.box.post(func(u *user) {
			u.waits--
			u.arrive(rows)
		})
	}()
}

// ended is conclude for what has ended, however long the store takes.
func (d *Domain) ended(ctx context.Context, user string, o store.Outgoing, out outcome) (rows []store.Incoming) {
	for try := 0; ; try++ {
		_, rows, err := d.conclude(ctx, user, o, out, nil)
		if err == nil || !d.storeAgain(ctx, try, err) {
			return rows
		}
	}
}

// remind tells the user, once and for all that wait so long by then, that
// messages wait.
func (u *user) remind(a *account) {
	o := a.out
	now := time.Now()
	var late []store.Outgoing
	for _, l := range o.turn {
		for _, r := range l.rows {
			if !r.Told && now.Sub(r.Created) >= u.d.c.patience.waiting {
				late = append(late, r.Outgoing)
			}
		}
	}
	if len(late) == 0 || now.Sub(o.told) < remindEvery {
		return
	}
	o.told = now
	for _, l := range o.turn {
		for _, r := range l.rows {
			r.Told = r.Told || now.Sub(r.Created) >= u.d.c.patience.waiting
		}
	}
	slices.SortFunc(late, func(a, b store.Outgoing) int { return cmp.Compare(a.Message, b.Message) })
	it := &item{Kind: itemNotice, ID: randomID(), Text: transports.T("%s: %s of your messages wait to be sent since %s.",
		u.networkName(a.scope), strconv.Itoa(len(late)), late[0].Created.UTC().Format("15:04 MST"))}
	u.record(func(t *store.Tx) ([]store.Incoming, error) {
		for _, o := range late {
			parts, err := t.Outgoing(o.Message)
			if err != nil {
				return nil, err
			}
			for _, p := range parts {
				p.Told = true
				if err := t.SetOutgoing(p); err != nil {
					return nil, err
				}
			}
		}
		return u.d.putItem(t, u.jid.String(), 0, it)
	})
}

// arm sees to it that the account's outbox is looked at again in time.
func (u *user) arm(a *account, now time.Time) {
	o := a.out
	next, quiet := now.Add(min(u.d.c.patience.waiting, u.d.maxAge())/4), a.quiet()
	for _, l := range o.turn {
		if len(l.rows) == 0 || l.busy || l.fixed > 0 {
			continue // it is looked at when that is over
		}
		next = earlier(next, u.d.until(l.rows[0].Outgoing))
		if due := l.due(quiet); due.After(now) {
			next = earlier(next, due)
		}
	}
	if o.timer != nil && !next.Before(o.when) {
		return
	}
	u.stopTimer(o)
	o.when = next
	o.timer = u.later(max(time.Until(next), time.Millisecond), func(u *user) {
		o.timer = nil
		if u.accounts.of(a.scope) == a && a.out == o {
			u.giveUpOld(a)
			u.remind(a)
			u.dispatch(a)
		}
	})
}

func (u *user) stopTimer(o *outbox) {
	if o.timer != nil && o.timer.Stop() {
		u.waits--
	}
	o.timer = nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
