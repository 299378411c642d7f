package component

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"wherry/component/disco"
	"wherry/component/rsm"
	"wherry/component/stanza"
	"wherry/transports"
)

// How many rooms of a network's list go into one answer.
const (
	listUsual = 100
	listMost  = 500
)

// listsAtOnce is how many lists one account may wait for: each is all rooms of a
// network for a while.
const listsAtOnce = 4

// listWithin is how long is waited for the network, and for its list.
const listWithin = 25 * time.Second

// networkItems lists the rooms of a network, in pages (XEP-0045 §6.3, XEP-0059).
// A network that the user is not on is joined for it, and left when it idles.
// Where it has no list, the rooms are those that the user is in.
func (u *user) networkItems(q *Query) error {
	a, err := u.reach(q.To.Scope, q.From.Local, q.Lang)
	if err != nil {
		return err
	}
	if _, ok := a.session.ts.(transports.Lister); !ok {
		e := disco.Items("", u.items(q.To))
		u.answer(q, &e, nil)
		return errLater
	}
	until := time.Now().Add(listWithin)
	u.whenOnline(a, listWithin, func(u *user, err error) {
		if err != nil {
			u.answer(q, nil, err)
			return
		}
		u.list(a, q, until)
	})
	return errLater
}

// list asks for a network's list, and answers.
func (u *user) list(a *account, q *Query, until time.Time) {
	ts := a.session.ts.(transports.Lister)
	u.listPage(a, q, until, func(ctx context.Context) (rooms []transports.Listed, whole bool, err error) {
		whole, err = ts.List(ctx, "", func(l transports.Listed) bool {
			rooms = append(rooms, l)
			return true
		})
		slices.SortFunc(rooms, byName)
		return rooms, whole, err
	}, func(rooms []transports.Listed, set stanza.Element) stanza.Element {
		e := disco.Items("", u.listItems(rooms))
		e.Children = append(e.Children, set)
		return e
	})
}

// listPage has rooms looked for on a network, and answers with the page of them
// that is asked for; set tells which that is.
func (u *user) listPage(a *account, q *Query, until time.Time,
	look func(context.Context) (rooms []transports.Listed, whole bool, err error),
	show func(rooms []transports.Listed, set stanza.Element) stanza.Element,
) {
	if a.lists == listsAtOnce {
		u.answer(q, nil, &transports.Error{Kind: transports.Busy})
		return
	}
	var rooms []transports.Listed
	var page rsm.Page
	found, whole := false, false
	wanted := rsm.Parse(q.Payload.Child(rsm.NS, "set"))
	a.lists++
	u.await(a.session, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithDeadline(ctx, until)
		defer cancel()
		rooms, whole, err = look(ctx)
		page, found = wanted.Of(len(rooms), listUsual, listMost, func(i int) string { return rooms[i].Room.Name })
		return err
	}, func(u *user, err error) {
		defer u.rest(a)
		a.lists--
		switch {
		case err != nil:
			u.answer(q, nil, err)
		case !found:
			u.answer(q, nil, &transports.Error{Kind: transports.NotFound})
		default:
			e := show(rsm.Slice(page, rooms), page.Element(whole))
			u.answer(q, &e, nil)
		}
	})
}

// listItems returns rooms as items, with how many are there and what about.
func (u *user) listItems(rooms []transports.Listed) (items []disco.Item) {
	const longest = 200
	for _, l := range rooms {
		j, err := address(u.d.Name(), l.Room)
		if err != nil {
			continue
		}
		name := l.Room.Name + " (" + strconv.Itoa(l.Occupants) + ")"
		if subject := strings.Join(strings.Fields(l.Subject), " "); subject != "" {
			name += ": " + cutText(subject, longest)
		}
		items = append(items, disco.Item{JID: j.String(), Name: name})
	}
	return items
}

// pending is something that waits for an account to be online.
type pending struct {
	until time.Time
	do    func(*user, error)
}

// pendingBound is how much may wait for one account.
const pendingBound = 20

// whenOnline calls do once the account is online, or with the error that keeps
// it from that.
func (u *user) whenOnline(a *account, within time.Duration, do func(*user, error)) {
	switch {
	case a.online():
		do(u, nil)
		return
	case len(a.pending) >= pendingBound:
		do(u, &transports.Error{Kind: transports.Busy})
		return
	}
	a.pending = append(a.pending, pending{time.Now().Add(within), do})
	u.later(within, func(u *user) {
		u.settlePending(a, &transports.Error{Kind: transports.Unreachable}, func(p pending) bool { return !time.Now().Before(p.until) })
		u.rest(a)
	})
}

// settlePending ends the wait of those that fit.
func (u *user) settlePending(a *account, err error, fits func(pending) bool) {
	var over []pending
	a.pending = slices.DeleteFunc(a.pending, func(p pending) bool {
		if fits(p) {
			over = append(over, p)
			return true
		}
		return false
	})
	for _, p := range over {
		p.do(u, err)
	}
}

func all(pending) bool { return true }
