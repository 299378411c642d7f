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
	before := time.Now().Add(-u.d.maxAge())
	for _, l := range slices.Clone(a.out.turn) {
		for len(l.rows) > 0 && !l.busy && l.fixed == 0 && l.rows[0].Created.Before(before) {
			row := *l.rows[0]
			a.out.dropMessage(l, row.Message)
			u.end(a, row.Outgoing, outcome{to: expired(row.State), err: tooLate()})
		}
	}
}

// expired is the end of a part that is too old.
func expired(s store.OutState) store.OutState {
	if s == store.Queued {
		return store.Failed
	}
	return store.Lost
}

func tooLate() *transports.Error {
	return &transports.Error{Kind: transports.Unreachable, Text: transports.T("The message could not be sent in time.")}
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
	next := now.Add(min(u.d.c.patience.waiting, u.d.maxAge()) / 4)
	for _, l := range o.turn {
		if len(l.rows) > 0 && !l.busy && l.until.After(now) {
			next = earlier(next, l.until)
		}
	}
	if o.timer != nil && !next.Before(o.when) {
		return
	}
	u.stopTimer(o)
	o.when = next
	o.timer = u.later(max(time.Until(next), time.Millisecond), func(u *user) {
		o.timer = nil
		if u.accounts[a.scope] == a && a.out == o {
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
