package component

import (
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// room is one room that the user is in, or wants to be in. It is the user's.
type room struct {
	addr       transports.Address
	view       *muc.Room
	password   string
	joining    bool                 // the network was asked, and has not said no, nor shown us in
	blind      bool                 // somebody who joins could not know what the network can do
	attempt    int                  // which time that was
	tries      int                  // how often in vain since we were last in
	subject    *stanza.Message      // the user's last one that asks for another subject
	persistent bool                 // stays joined without seats
	waiting    []*joiner            // seats whose join has no answer yet
	log        *tap                 // where its lines are kept, while we are in; nil: nowhere
	reacting   map[string]*reacting // lines that the network is told reactions of, by stanza-id
}

// joiner is a join of a resource that has no answer yet.
type joiner struct {
	presence *stanza.Presence
	timeout  *time.Timer
	asked    []*stanza.IQ // requests that wait for the join
}

// askedBound is how many requests may wait for one join.
const askedBound = 20

// historyLines is how many lines a room keeps for those who join.
const historyLines = 20

// hasRooms tells whether the user has rooms of a scope.
func (u *user) hasRooms(scope transports.Scope) bool {
	for _, r := range u.rooms {
		if r.addr.Scope == scope {
			return true
		}
	}
	return false
}

// seats tells whether a client that sent something sits in the room. One that
// speaks is there: a doubt about it is over, and it is shown what it missed.
func (r *room) seats(full jid.JID) bool {
	if r == nil {
		return false
	}
	s := r.view.Seat(full)
	if s == nil {
		return false
	}
	r.view.Sure(s)
	return true
}

// newRoom makes the room of an address, with nobody in it.
func (u *user) newRoom(addr transports.Address) (*room, error) {
	j, err := address(u.d.Name(), addr)
	if err != nil {
		return nil, &transports.Error{Kind: transports.Malformed, Err: err}
	}
	addr = kept(addr)
	scope := string(addr.Scope)
	r := &room{addr: addr, persistent: u.stays(addr, false)}
	r.view = muc.NewRoom(muc.Config{
		JID: j, History: max(historyLines, u.shows(addr)),
		Send: u.sendSeat, Show: u.showSeat, Expect: u.expect, Text: u.text,
		Key:  func(who string) string { return keyed(u.d.key, "occupant", scope, who) },
		Past: func(want muc.History) ([]muc.Past, bool) { return u.pastOf(r, want) },
	})
	return r, nil
}

// roomPresence takes presence to a room: joins, leaves, and changes of those
// who sit in it.
func (u *user) roomPresence(p *stanza.Presence, to target) {
	r := u.rooms.of(to.addr)
	if p.Type == "unavailable" {
		if r != nil {
			u.leaveRoom(r, p.From, p)
		}
		return
	}
	if p.Type != "" {
		return
	}
	if x := p.Child(muc.NS, "x"); x != nil {
		u.join(p, x, to)
		return
	}
	if !r.seats(p.From) {
		// Never an implicit join: a client that only tells its status to a room
		// that lost it must learn so.
		u.fail(p, &transports.Error{Kind: transports.Absent})
		return
	}
	if to.nick != "" && to.nick != r.view.Nick() && r.view.Live() {
		u.rename(r, p, to.nick)
	}
	u.showAway(r, p)
}

// join takes a seat in a room (XEP-0045 §7.2). It is answered within 30 s:
// with the room, or with an error.
func (u *user) join(p *stanza.Presence, x *stanza.Element, to target) {
	lang := u.language(p.Lang)
	if to.nick == "" {
		u.failJoin(p, &stanza.Error{Type: stanza.Modify, Condition: stanza.JIDMalformed}) // XEP-0045 §7.2.1
		return
	}
	if u.joins == nil {
		n := u.d.Limits().Joins
		u.joins = rate.NewLimiter(rate.Limit(float64(n)/60), n)
	}
	if !u.joins.Allow() {
		u.failJoin(p, &transports.Error{Kind: transports.Busy})
		return
	}
	r := u.rooms.of(to.addr)
	if r == nil && len(u.rooms) >= u.d.Limits().Rooms {
		u.failJoin(p, &transports.Error{Kind: transports.Busy, Text: transports.T("You are in too many rooms.")})
		return
	}
	err := u.canonical(p.To, to.addr, lang)
	var a *account
	if err == nil {
		a, err = u.reach(to.addr.Scope, to.nick, lang)
	}
	if err == nil && r == nil {
		r, err = u.newRoom(to.addr)
	}
	if err != nil {
		u.failJoin(p, err)
		return
	}
	password, wish := muc.ParseJoin(x, time.Now())
	wish = u.wishes(to.addr, wish)
	if password != "" && !r.view.Live() { // else nobody has tried it
		r.password = password
	}
	u.rooms.put(r)
	u.saveAccount(a)
	if r.view.Live() {
		u.seated(r, r.view.Sit(p.From, to.nick, wish))
		u.showAway(r, p)
		return
	}
	r.view.Sit(p.From, to.nick, wish)
	u.showAway(r, p)
	u.expectAnswer(r, p)
	if a.online() {
		u.enter(a, r)
	} else {
		r.blind = true
	}
}

// expectAnswer remembers that a join wants an answer.
func (u *user) expectAnswer(r *room, p *stanza.Presence) {
	u.answered(r, p.From)
	j := &joiner{presence: p}
	j.timeout = u.later(u.d.c.patience.answer, func(u *user) {
		if !r.forget(j) {
			return
		}
		u.refuseJoin(r, j.presence, &transports.Error{Kind: transports.Unreachable})
		u.askAgain(r, j)
	})
	r.waiting = append(r.waiting, j)
}

// answered forgets that a join of a resource waits, and returns its presence; nil where
// none does.
func (u *user) answered(r *room, full jid.JID) *stanza.Presence {
	j := r.joiner(full)
	if j == nil {
		return nil
	}
	r.forget(j)
	if j.timeout.Stop() {
		u.waits--
	}
	u.askAgain(r, j)
	p := j.presence
	j.presence = nil // the timer keeps the rest for as long as it would have run
	return p
}

// joiner returns the join of a resource that waits, or nil.
func (r *room) joiner(full jid.JID) *joiner {
	for _, j := range r.waiting {
		if j.presence.From == full {
			return j
		}
	}
	return nil
}

// forget takes a join out of those that wait, and tells whether it did.
func (r *room) forget(j *joiner) bool {
	i := slices.Index(r.waiting, j)
	if i >= 0 {
		r.waiting = slices.Delete(r.waiting, i, i+1)
	}
	return i >= 0
}

// askAgain has the requests answered that waited for a join, now that it is known
// what became of it.
func (u *user) askAgain(r *room, j *joiner) {
	at := target{addr: r.addr}
	for _, iq := range j.asked {
		u.box.post(func(u *user) { u.receiveIQ(iq, at, nil) })
	}
	j.asked = nil
}

// refuseJoin answers a join with an error and takes its seat away.
func (u *user) refuseJoin(r *room, p *stanza.Presence, err error) {
	r.view.Rise(p.From)
	u.failJoin(p, err)
	u.unseated(r, p.From)
}

// failJoin answers a join with an error, which says that it is one about a
// room (XEP-0045 §7.2).
func (u *user) failJoin(p *stanza.Presence, err error) {
	e := StanzaError(err, u.language(p.Lang)).Element()
	u.send(&stanza.Presence{
		Header:  stanza.Header{From: p.To, To: p.From, ID: p.ID, Type: stanza.TypeError},
		Payload: []stanza.Element{stanza.E(muc.NS, "x"), e},
	})
}

// refuseWaiting answers all joins that wait with an error.
func (u *user) refuseWaiting(r *room, err error) {
	for len(r.waiting) > 0 {
		u.refuseJoin(r, u.answered(r, r.waiting[0].presence.From), err)
	}
}

// seated keeps a seat that was shown the room.
func (u *user) seated(r *room, s *muc.Seat) {
	u.answered(r, s.JID)
	resource := s.JID.Resource
	u.persistRoom(r, func(ctx context.Context, st *store.Store, id int64) error {
		return st.AddResource(ctx, id, r.addr.Name, resource)
	})
}

// unseated forgets a seat; with the last one the room is left, unless it is to
// be kept.
func (u *user) unseated(r *room, full jid.JID) {
	u.answered(r, full)
	if u.rooms.of(r.addr) != r {
		return
	}
	u.closeWindow(full)
	u.persistRoom(r, func(ctx context.Context, st *store.Store, id int64) error {
		return st.RemoveResource(ctx, id, r.addr.Name, full.Resource)
	})
	if len(r.view.Seats()) == 0 && !(r.persistent && r.view.Live()) {
		u.partRoom(r, "")
	}
	if a := u.accounts.of(r.addr.Scope); a != nil {
		u.tellAway(a, "")
	}
}

// leaveRoom takes a resource out of a room (XEP-0045 §7.14).
func (u *user) leaveRoom(r *room, full jid.JID, p *stanza.Presence) {
	s := r.view.Seat(full)
	if s == nil {
		return
	}
	reason := ""
	if e := p.Child("", "status"); e != nil {
		reason = e.Text
	}
	r.view.Depart(s, "")
	if len(r.view.Seats()) == 0 && !r.persistent {
		u.partRoom(r, reason)
		u.closeWindow(full)
		return
	}
	u.unseated(r, full)
}

// partRoom leaves a room on the network, and forgets it.
func (u *user) partRoom(r *room, reason string) {
	a := u.accounts.of(r.addr.Scope)
	if a.online() && (r.view.Live() || r.joining) {
		u.request(a, func(ctx context.Context, rs transports.Rooms) error { return rs.Leave(ctx, r.addr, reason) }, nil)
	}
	u.forgetRoom(r)
	if a != nil {
		u.rest(a)
	}
}

// forgetRoom drops a room, here and in the store.
func (u *user) forgetRoom(r *room) {
	if u.rooms.of(r.addr) != r {
		return
	}
	u.rooms.remove(r)
	u.closeLog(r)
	for len(r.waiting) > 0 {
		u.answered(r, r.waiting[0].presence.From)
	}
	u.persistRoom(r, func(ctx context.Context, st *store.Store, id int64) error {
		return st.RemoveRoom(ctx, id, r.addr.Name)
	})
}

// ghost takes a resource that is no more out of all rooms (XEP-0045 §18.1.2).
func (u *user) ghost(full jid.JID) {
	u.dropWindow(full.Resource) // nobody reads what is held
	for _, r := range u.rooms {
		if r.view.Rise(full) {
			u.unseated(r, full)
		}
	}
}

// enter asks the network to let us into a room.
func (u *user) enter(a *account, r *room) {
	if r.joining || r.view.Live() {
		return
	}
	r.joining = true
	r.attempt++
	attempt := r.attempt
	j := transports.Join{Room: r.addr, Nick: u.wantedNick(r), Password: r.password, Chosen: maps.Clone(u.chosen(r.addr))}
	ok := u.request(a, func(ctx context.Context, rs transports.Rooms) error { return rs.Join(ctx, j) }, func(u *user, err error) {
		if r.attempt != attempt || !r.joining {
			return
		}
		if err == nil {
			return // the room is on its way: it is not asked for again
		}
		r.joining = false
		u.refused(a, r, err)
	})
	if !ok {
		r.joining = false
		u.refused(a, r, &transports.Error{Kind: transports.Unsupported})
	}
}

// wantedNick is what the first seat asked for.
func (u *user) wantedNick(r *room) string {
	for _, s := range r.view.Seats() {
		return s.Nick()
	}
	return ""
}

// refused follows a join that the network did not grant. Those who wait are
// told; others who were in before, only where trying again is no use.
func (u *user) refused(a *account, r *room, err error) {
	u.refuseWaiting(r, err)
	if u.rooms.of(r.addr) != r {
		return
	}
	if transports.AsError(err).Temporary() {
		r.tries++
		u.rejoin(a, r)
		return
	}
	for _, s := range append([]*muc.Seat(nil), r.view.Seats()...) {
		u.failJoin(&stanza.Presence{Header: stanza.Header{From: s.JID, To: r.view.Occupant(s.Nick())}}, err)
		r.view.Rise(s.JID)
		u.unseated(r, s.JID)
	}
	u.forgetRoom(r)
}

// rejoin has a room joined again after a while, where it is still wanted: the
// longer, the more often that was tried in vain.
func (u *user) rejoin(a *account, r *room) {
	u.later(backoff(r.tries, u.d.c.patience.rejoin, reconnectMost), func(u *user) {
		if u.rooms.of(r.addr) == r && u.accounts.of(r.addr.Scope) == a && a.online() {
			u.enter(a, r)
		}
	})
}

// rename asks the network for another nick.
func (u *user) rename(r *room, p *stanza.Presence, nick string) {
	a := u.accounts.of(r.addr.Scope)
	ok := u.request(a, func(ctx context.Context, rs transports.Rooms) error { return rs.Rename(ctx, r.addr, nick) }, func(u *user, err error) {
		if err != nil {
			u.fail(p, err)
			return
		}
		for _, r := range u.rooms { // the account's nick is one everywhere
			if r.addr.Scope == a.scope {
				r.view.Want(nick)
			}
		}
	})
	if !ok {
		u.fail(p, &transports.Error{Kind: transports.Unreachable})
	}
}

// persistRoom has a write about a room done once its account has a row.
func (u *user) persistRoom(r *room, f func(context.Context, *store.Store, int64) error) {
	a := u.accounts.of(r.addr.Scope)
	if a == nil {
		return
	}
	u.persist(func(ctx context.Context, st *store.Store) error {
		id := a.id.Load()
		if id == 0 {
			return nil
		}
		return f(ctx, st, id)
	})
}
