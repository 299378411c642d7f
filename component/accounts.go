package component

import (
	"context"
	"errors"
	"slices"
	"time"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/subscription"
	"wherry/store"
	"wherry/transports"
)

// Accounts returns the accounts that a user has, registered or not, with their
// secrets.
func (d *Domain) Accounts(ctx context.Context, who jid.JID) ([]store.Account, error) {
	if err := d.written(ctx, who.Bare()); err != nil {
		return nil, err
	}
	return d.c.conf.Store.UserAccounts(ctx, d.Name(), who.Bare().String())
}

// Holdings returns what the sessions of all registered accounts left, by user.
func (d *Domain) Holdings(ctx context.Context) ([]transports.Holding, error) {
	all, err := d.c.conf.Store.Accounts(ctx, d.Name())
	if err != nil {
		return nil, err
	}
	var holdings []transports.Holding
	for _, a := range all {
		if !a.Registered {
			continue
		}
		saved, err := d.c.conf.Store.Saves(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		holdings = append(holdings, transports.Holding{User: a.User, Saved: saved})
	}
	return holdings, nil
}

// Account returns a user's account of a scope, or store.ErrNotFound.
func (d *Domain) Account(ctx context.Context, who jid.JID, scope transports.Scope) (store.Account, error) {
	if err := d.written(ctx, who.Bare()); err != nil {
		return store.Account{}, err
	}
	return d.c.conf.Store.Account(ctx, d.Name(), who.Bare().String(), string(scope))
}

// Online tells whether a user's account of a scope is logged in, and if not,
// the reason where there is one.
func (d *Domain) Online(ctx context.Context, who jid.JID, scope transports.Scope) (online bool, problem *transports.Error) {
	var state struct {
		online  bool
		problem *transports.Error
	}
	err := d.do(ctx, who.Bare(), func(u *user) {
		if a := u.accounts.of(scope); a != nil {
			state.online, state.problem = a.online(), a.problem
		}
	})
	if err != nil {
		return false, transports.AsError(err)
	}
	return state.online, state.problem
}

// Tell says something to a user from the gateway itself, in their language.
func (d *Domain) Tell(who jid.JID, t transports.Text) {
	d.post(who.Bare(), func(u *user) { u.tell(t) })
}

// Register stores an account, whose settings were verified, and brings it into
// force: its session, if there was one, ends and starts again with the new
// settings, and a suspended account resumes. The gateway asks for the user's
// presence if it has not yet. The error is ErrTaken where another user has what
// the account would take, and a *TwiceError where this user has it by another
// account.
func (d *Domain) Register(ctx context.Context, a store.Account) error {
	who, err := jid.Parse(a.User)
	if err != nil {
		return err
	}
	claimer, claims := d.Transport().(transports.Claimer)
	distinguisher, distinguishes := d.Transport().(transports.Distinguisher)
	if claims || distinguishes {
		d.claims.Lock() // until the account is stored
		defer d.claims.Unlock()
	}
	if claims {
		if err := d.claimed(ctx, claimer, a); err != nil {
			return err
		}
	}
	if distinguishes {
		if err := d.twice(ctx, distinguisher, a); err != nil {
			return err
		}
	}
	a.Domain, a.Registered, a.Suspended = d.Name(), true, time.Time{}
	old, err := d.Account(ctx, who, transports.Scope(a.Scope))
	switch {
	case err == nil:
		a.ID, a.Created = old.ID, old.Created
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	return d.write(ctx, who, nil,
		func(ctx context.Context, st *store.Store) error { return st.SaveAccount(ctx, &a) },
		func(u *user) { u.adopt(a) })
}

// ErrTaken tells that another user of the gateway has the account upstream.
var ErrTaken = errors.New("another user has this account")

// claimed returns ErrTaken where another user has something upstream that an
// account would take.
func (d *Domain) claimed(ctx context.Context, network transports.Claimer, a store.Account) error {
	wanted := network.Claims(allSettings(a))
	all, err := d.c.conf.Store.Accounts(ctx, d.Name())
	if err != nil {
		return err
	}
	for _, other := range all {
		if !other.Registered || other.User == a.User {
			continue
		}
		for _, taken := range network.Claims(allSettings(other)) {
			if slices.Contains(wanted, taken) {
				return ErrTaken
			}
		}
	}
	return nil
}

// Unregister removes a user's account of a scope with all it left: session,
// rooms, secrets. The default account takes all others with it, and the
// contacts: unsubscribed, and told unavailable.
// It returns what is to be done after the removal was confirmed to the user.
func (d *Domain) Unregister(ctx context.Context, who jid.JID, scope transports.Scope) (after func(), err error) {
	who = who.Bare()
	if scope != "" {
		return d.UnregisterOne(ctx, who, scope)
	}
	all, err := d.Accounts(ctx, who)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, store.ErrNotFound
	}
	var leaving func()
	var ids []int64
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	err = d.writeAbandoning(ctx, who, ids,
		func(u *user) { leaving = u.leave() },
		func(t *store.Tx) error { return t.RemoveUser(d.Name(), who.String()) })
	if err != nil {
		return nil, err
	}
	d.note(who, false)
	if f, ok := d.c.conf.Uploader.(Forgetful); ok {
		f.Forget(d.Name(), who)
	}
	return leaving, nil
}

// UnregisterOne is Unregister of one account, be it the default one: the others
// stay. Where further accounts are possible its contacts go, too, and with the last
// account the user.
func (d *Domain) UnregisterOne(ctx context.Context, who jid.JID, scope transports.Scope) (after func(), err error) {
	who = who.Bare()
	a, err := d.Account(ctx, who, scope)
	if err != nil {
		return nil, err
	}
	if !d.further() {
		err = d.writeAbandoning(ctx, who, []int64{a.ID},
			func(u *user) { u.dropAccount(scope) },
			func(t *store.Tx) error { return t.RemoveAccount(a.ID) })
		if err != nil {
			return nil, err
		}
		return func() { d.post(who, func(u *user) { u.showNetwork(scope) }) }, nil
	}
	return d.unregisterFurther(ctx, who, a)
}

// write has s done in the store: after all writes that the user had waiting,
// before all that follow. Before it, and after it where it succeeded, the user
// makes changes of its own, which may be nil.
func (d *Domain) write(ctx context.Context, who jid.JID, before func(*user), s save, after func(*user)) error {
	done := make(chan error, 1)
	d.post(who, func(u *user) {
		if before != nil {
			before(u)
		}
		u.persist(func(_ context.Context, st *store.Store) error {
			err := d.guard(func() error { return s(ctx, st) })
			if err != nil || after == nil {
				done <- err
				return nil // it is told to who asked
			}
			u.box.post(func(u *user) {
				defer func() { done <- nil }()
				after(u)
			})
			return nil
		})
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeAbandoning is write for the removal of accounts: who waits for a message
// to be sent there is told that it will not be.
func (d *Domain) writeAbandoning(ctx context.Context, who jid.JID, accounts []int64, before func(*user), remove func(*store.Tx) error) error {
	return d.write(ctx, who, before, func(ctx context.Context, _ *store.Store) error {
		forget := d.forgetting(ctx, accounts)
		err := d.abandon(ctx, who.String(), accounts, remove)
		if err == nil {
			forget()
		}
		return err
	}, func(u *user) {
		u.loadInbox() // without what went with the accounts, and with these rows
		u.deliver()
	})
}

// forgetting returns what puts back upstream what the sessions of accounts
// changed there. It is to be called once they are removed, and does not block.
func (d *Domain) forgetting(ctx context.Context, accounts []int64) func() {
	network, ok := d.Transport().(transports.Forgetter)
	if !ok {
		return func() {}
	}
	type gone struct {
		rec   store.Account
		saved map[string][]byte
		done  chan struct{}
	}
	var all []gone
	for _, id := range accounts {
		rec, err := d.c.conf.Store.AccountByID(ctx, id)
		if err != nil {
			continue
		}
		saved, err := d.c.conf.Store.Saves(ctx, id)
		if err != nil {
			d.log.Error("read saves", "err", err)
		}
		all = append(all, gone{rec, saved, make(chan struct{})})
	}
	return func() {
		for _, g := range all {
			d.busy.add()
			party := g.rec.User + " " + g.rec.Scope
			d.forgets.Store(party, g.done)
			go func() {
				defer d.busy.done()
				defer close(g.done)
				defer d.forgets.CompareAndDelete(party, g.done)
				ctx, cancel := context.WithTimeout(d.live, forgetWithin)
				defer cancel()
				if err := d.guard(func() error { return network.Forget(ctx, d.accountOf(g.rec), g.saved) }); err != nil {
					d.log.Warn("what an account had changed on its network may still be so", "err", err)
				}
			}()
		}
	}
}

const forgetWithin = 20 * time.Second

// written returns when the store has all that is on its way there of a user.
func (d *Domain) written(ctx context.Context, who jid.JID) error {
	d.mu.Lock()
	u := d.users[who]
	d.mu.Unlock()
	if u == nil {
		return nil
	}
	return d.write(ctx, who, nil, func(context.Context, *store.Store) error { return nil }, nil)
}

// adopt brings a stored account into force.
func (u *user) adopt(rec store.Account) {
	u.d.note(u.jid, true)
	u.stranger = false
	scope := transports.Scope(rec.Scope)
	a := u.accounts.of(scope)
	if a == nil {
		a = newAccount(u, rec)
		u.accounts.put(a)
	}
	a.rec, a.problem = rec, nil
	u.d.barred.Delete(u.party(scope))
	a.id.Store(rec.ID)
	if a.session != nil {
		u.stopSession(a)
	}
	if a.out == nil {
		u.loadOutbox(a)
	}
	if u.connects(a) {
		u.startSession(a)
	}
	u.bringAgain()
	u.deliver()
	if gateway, err := u.contact(transports.Address{}); err == nil {
		gateway.apply(subscription.Want)
	}
	if scope != "" && u.d.further() {
		u.introduceAccount(scope)
	}
	u.keepLanguage()
	u.showNetwork(scope)
}

// leave ends all that a user has: sessions, rooms and contacts. What it
// returns tells the user's server so.
func (u *user) leave() (after func()) {
	for _, a := range u.accounts {
		u.dropAccount(a.scope)
	}
	contacts := u.contacts
	u.contacts = map[string]*contact{}
	return func() {
		for _, c := range contacts {
			c.forget()
		}
	}
}

// dropAccount ends an account with its rooms, and forgets it. The store is the
// caller's.
func (u *user) dropAccount(scope transports.Scope) {
	a := u.accounts.of(scope)
	if a == nil {
		return
	}
	for _, r := range u.rooms {
		if r.addr.Scope != scope {
			continue
		}
		removed := transports.T("The account was removed.")
		u.refuseWaiting(r, &transports.Error{Kind: transports.Forbidden, Text: removed})
		for _, s := range append([]*muc.Seat(nil), r.view.Seats()...) {
			r.view.Depart(s, u.text(removed))
		}
		u.forgetRoom(r)
	}
	u.stopSession(a)
	if a.out != nil {
		u.unclaimAll(a.out)
		u.stopTimer(a.out)
		a.out = nil
	}
	u.accounts.remove(scope)
}

// suspend stops an account's life without forgetting it: the user took the
// gateway off the roster, or is gone from the server, and whoever is the JID's
// next owner must not inherit anything. Accounts without secrets are dropped at
// once.
func (u *user) suspend() {
	now := time.Now()
	u.forgetGuest()
	for _, a := range u.accounts {
		if !a.rec.Registered || len(a.rec.Secrets) == 0 {
			u.failWaiting(a)
			u.dropAccount(a.scope)
			u.persist(func(ctx context.Context, st *store.Store) error { return removeRow(ctx, st, a) })
			continue
		}
		if !a.rec.Suspended.IsZero() {
			continue
		}
		keep := a.rec
		u.dropAccount(a.scope)
		keep.Suspended = now
		u.accounts.put(newAccount(u, keep))
		u.persist(func(ctx context.Context, st *store.Store) error { return st.SaveAccount(ctx, &keep) })
	}
}

// forgetGuest drops what is in the inbox and belongs to no account that is kept:
// nobody else may read it.
func (u *user) forgetGuest() {
	name := u.jid.String()
	u.persist(func(ctx context.Context, st *store.Store) error {
		for after := int64(0); ; {
			rows, err := st.Incoming(ctx, u.d.Name(), name, after, pageSize)
			if err != nil || len(rows) == 0 {
				return err
			}
			after = rows[len(rows)-1].ID
			var ids []int64
			for _, row := range rows {
				if row.Account == 0 {
					ids = append(ids, row.ID)
				}
			}
			if err := st.Update(ctx, func(t *store.Tx) error { return t.RemoveIncoming(ids) }); err != nil {
				return err
			}
		}
	})
	if u.in == nil {
		return
	}
	for _, row := range slices.Clone(u.in.rows) {
		if row.Account == 0 {
			u.drop(row)
		}
	}
}

func newAccount(u *user, rec store.Account) *account {
	a := &account{user: u, scope: transports.Scope(rec.Scope), rec: rec}
	a.id.Store(rec.ID)
	return a
}

// removeRow removes what the store has of an account.
func removeRow(ctx context.Context, st *store.Store, a *account) error {
	id := a.id.Load()
	if id == 0 {
		return nil
	}
	return st.RemoveAccount(ctx, id)
}
