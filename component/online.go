package component

import (
	"context"
	"strings"
	"time"

	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// happened takes the events of one upstream step.
func (u *user) happened(a *account, events []transports.Event) {
	came := now()
	for _, ev := range events {
		switch ev := ev.(type) {
		case transports.Online:
			u.wentOnline(a)
		case transports.Able:
			u.enables(a, ev.Can)
			u.track(a)
			u.tellReadings(a)
		case transports.Received:
			u.received(a, ev.Message, came)
		case transports.Status:
			u.status(a, ev)
		case transports.Available:
			u.available(ev)
		case transports.Invited:
			u.invited(ev)
		default:
			u.roomEvent(a, ev)
		}
	}
}

// wentOnline follows a log-in: rooms are joined, what was held is sent, and
// whoever sees the network's presence is told.
func (u *user) wentOnline(a *account) {
	if !a.live {
		u.online.Add(1)
	}
	a.live = true
	a.problem, a.told = nil, ""
	u.d.barred.Delete(u.party(a.scope))
	a.session.seen = true
	for _, r := range u.rooms {
		if r.addr.Scope == a.scope {
			u.enter(a, r)
		}
	}
	held := a.held
	a.held = nil
	for _, l := range held {
		u.mail(a, l)
	}
	u.dispatch(a)
	u.tellAway(a, "")
	u.settlePending(a, nil, all)
	u.watch(a.scope)
	u.showNetwork(a.scope)
}

// sessionDown follows the end of a connection that is tried again.
func (u *user) sessionDown(a *account, e *transports.Error) {
	u.log().Info("session down", "scope", string(a.scope), "err", e)
	wasOnline := a.live
	bar := u.d.barredFor(e)
	if !e.Temporary() || bar > 0 {
		a.problem = withText(e)
	}
	if bar > 0 {
		u.bar(a.scope, a.problem, bar)
	}
	u.wentOffline(a, e)
	if bar > 0 || !a.session.seen && e.Temporary() && e.Kind != transports.Busy {
		a.session.failed = e
		u.refuseAll(a, e) // it never worked, or will not for long: nobody should wait to hear that
		u.turnAway(a, e, u.d.c.started)
	}
	if e.Kind == transports.Credentials {
		u.sessionOver(a)
	}
	if wasOnline || a.problem != nil {
		u.showNetwork(a.scope)
	}
	if reason := e.Kind.String() + " " + e.Text.Format; a.problem != nil && a.told != reason {
		a.told = reason
		u.tellProblem(a)
	}
}

// sessionOver takes away a session that ended for good.
func (u *user) sessionOver(a *account) {
	a.session.end(nil)
	a.session = nil
	u.sessions.Add(-1)
}

// withText makes sure that there is something to tell the user.
func withText(e *transports.Error) *transports.Error {
	if !e.Text.IsZero() {
		return e
	}
	c := *e
	for _, row := range conditions {
		if row.kind == e.Kind {
			c.Text = row.text
		}
	}
	return &c
}

// tellProblem tells the user once that the network does not want them (XEP-0100
// §4.4.2), by presence and in plain words.
func (u *user) tellProblem(a *account) {
	where := transports.Address{}
	if a.scope != "" {
		where = transports.Address{Kind: transports.Network, Scope: a.scope}
	}
	from, err := address(u.d.Name(), where)
	if err != nil {
		return
	}
	e := StanzaError(a.problem, u.lang)
	p := &stanza.Presence{Header: stanza.Header{From: from, To: u.jid, Type: stanza.TypeError}}
	p.Payload = append(p.Payload, e.Element())
	u.send(p)
	u.tell(transports.T("%s: %s", u.networkName(a.scope), e.Text))
}

// tell says something to the user from the gateway itself.
func (u *user) tell(t transports.Text) {
	u.send(&stanza.Message{
		Header:  stanza.Header{From: u.d.JID(), To: u.jid, ID: randomID(), Type: "chat"},
		Payload: []stanza.Element{stanza.T("", "body", u.text(t))},
	})
}

// wentOffline follows the end of a connection: rooms are down, and what needs
// the network at once fails.
func (u *user) wentOffline(a *account, e *transports.Error) {
	if a.live {
		u.online.Add(-1)
	}
	a.live = false
	u.enables(a, 0)
	u.unechoed(a)
	reason := u.text(transports.T("The connection to %s was lost.", u.networkName(a.scope)))
	for _, r := range u.rooms {
		if r.addr.Scope != a.scope {
			continue
		}
		r.joining = false
		u.closeLog(r)
		r.view.Down(reason, muc.StatusFailed)
	}
	for _, c := range u.contacts {
		if c.addr.Scope == a.scope {
			c.seen = nil // what the network said last is not so for ever
		}
	}
	if !e.Temporary() {
		u.refuseAll(a, e)
		u.turnAway(a, e, time.Time{})
	}
}

// refuseAll fails what waits for the account to be online.
func (u *user) refuseAll(a *account, e *transports.Error) {
	for _, r := range u.rooms {
		if r.addr.Scope == a.scope {
			u.refuseWaiting(r, e)
		}
	}
	held := a.held
	a.held = nil
	for _, l := range held {
		l.done(u, transports.Sent{}, e)
	}
	u.settlePending(a, e, all)
}

func (u *user) networkName(scope transports.Scope) string {
	switch {
	case scope == "":
		return u.d.Transport().About().Title
	case u.d.further():
		return u.d.accountName(scope)
	}
	return string(scope)
}

// reach returns the account of a scope with a session that runs, made if need
// be. On networks that want no registration, using an address makes an account;
// nick is the name to have there, where nothing else says one.
func (u *user) reach(scope transports.Scope, nick string, lang string) (*account, error) {
	if e := u.mayUse(scope, lang); e != nil {
		return nil, e
	}
	if e := u.barredFrom(scope); e != nil {
		return nil, e
	}
	a := u.accounts.of(scope)
	if a == nil {
		scope = kept(transports.Address{Scope: scope}).Scope
		a = newAccount(u, store.Account{User: u.jid.String(), Domain: u.d.Name(), Scope: string(scope), Created: now()})
	}
	switch {
	case a.problem != nil && a.problem.After > 0 && a.session != nil && u.d.Transport().About().Attended:
		a.problem = nil // the user wants to see whether it is so still
		a.session.hurry()
		return a, nil
	case a.problem != nil && (a.session != nil || a.rec.Registered):
		return nil, a.problem // trying once more would end as the last time
	case a.session != nil:
		return a, nil
	}
	if u.sessions.Load() >= int32(u.d.Limits().Networks) {
		return nil, &transports.Error{Kind: transports.Busy, Text: transports.T("You are on too many networks at once.")}
	}
	if !a.rec.Registered && nick != "" {
		a.rec.Settings = map[string]string{"nick": strings.Clone(nick)}
	}
	u.accounts.put(a)
	u.startSession(a)
	if a.session == nil {
		return nil, a.problem
	}
	return a, nil
}

// saveAccount keeps an account that was made by using it.
func (u *user) saveAccount(a *account) {
	if a.id.Load() != 0 || a.rec.Registered {
		return
	}
	u.keepAccount(a, func(error) {})
}

// keepAccount has an account stored, where it is not, and done called behind
// that, outside of the user's turn.
func (u *user) keepAccount(a *account, done func(error)) {
	rec := a.rec
	a.storing = true
	u.d.note(u.jid, true)
	u.persist(func(ctx context.Context, st *store.Store) (err error) {
		if a.id.Load() == 0 {
			if err = st.SaveAccount(ctx, &rec); err == nil {
				a.id.Store(rec.ID)
			}
		}
		done(err)
		return err
	})
	u.keepLanguage()
}

// enroll has f run, in the user's turn, when the store has the account, or does
// not take it; after all that were to run before it.
func (u *user) enroll(a *account, f func(*user, error)) {
	a.entering = append(a.entering, f)
	if len(a.entering) > 1 {
		return
	}
	u.keepAccount(a, func(err error) {
		u.box.post(func(u *user) {
			all := a.entering
			a.entering = nil
			for _, f := range all {
				f(u, err)
			}
		})
	})
}

// rest has an unregistered account quit the network after a while with nothing
// to do there.
func (u *user) rest(a *account) {
	if a.rec.Registered || a.session == nil {
		return
	}
	if a.idle != nil && a.idle.Stop() {
		u.waits--
	}
	a.idle = u.later(u.d.c.patience.idle, func(u *user) {
		a.idle = nil
		switch {
		case u.accounts.of(a.scope) != a || a.rec.Registered || u.hasRooms(a.scope) || len(a.held) > 0:
		case a.sending():
			u.rest(a)
		default:
			u.retire(a)
		}
	})
}

// sending tells whether something is to be sent from an account.
func (a *account) sending() bool { return a.out != nil || a.taking > 0 || len(a.entering) > 0 }

// retire takes an account that was made by using it off the network. Where what
// was said in its rooms is kept, so is the account, without a session, until all
// of that is too old; and where something is chosen for a room, or was written of
// late.
func (u *user) retire(a *account) {
	u.stopSession(a)
	if len(a.chosen) > 0 || a.wrote || u.d.conf.Load().RecordHistory && (a.storing || a.id.Load() != 0) {
		return
	}
	u.accounts.remove(a.scope)
	u.persist(func(ctx context.Context, st *store.Store) error { return removeRow(ctx, st, a) })
}

// lapse forgets an account that was retired.
func (u *user) lapse(id int64) {
	for _, a := range u.accounts {
		if a.id.Load() == id && a.retired() && !u.hasRooms(a.scope) {
			u.accounts.remove(a.scope)
			u.persist(func(ctx context.Context, st *store.Store) error { return removeRow(ctx, st, a) })
		}
	}
}

// retired tells whether an account is kept for its past only.
func (a *account) retired() bool {
	return !a.rec.Registered && a.rec.Suspended.IsZero() && a.session == nil && len(a.held) == 0 && !a.sending()
}

// mail puts a message on its way to the network of an account, or holds it
// until the account is online. One too many is refused.
func (u *user) mail(a *account, l letter) {
	switch {
	case a.session == nil:
		l.done(u, transports.Sent{}, &transports.Error{Kind: transports.Unreachable})
	case !a.online():
		if len(a.held) >= heldBound {
			l.done(u, transports.Sent{}, &transports.Error{Kind: transports.Busy})
			return
		}
		a.held = append(a.held, l)
		u.later(time.Until(l.until), func(u *user) { u.giveUpHeld(a) })
	case !a.session.mail(l):
		l.done(u, transports.Sent{}, &transports.Error{Kind: transports.Busy,
			Text: transports.T("Too many messages are waiting for this network already.")})
	}
}

// heldBound is how many messages may wait for one account to be online.
const heldBound = 100

// giveUpHeld fails what was held for too long.
func (u *user) giveUpHeld(a *account) {
	var keep []letter
	for _, l := range a.held {
		if time.Now().Before(l.until) {
			keep = append(keep, l)
			continue
		}
		l.done(u, transports.Sent{}, &transports.Error{Kind: transports.Unreachable})
	}
	a.held = keep
	u.rest(a)
}
