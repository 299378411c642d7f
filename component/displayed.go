package component

import (
	"context"
	"errors"
	"time"

	"wherry/component/mds"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// displays is up to where the user has read rooms, as their clients tell each other
// (XEP-0490) and as a network does. Both only move forward.
type displays struct {
	upTo    map[transports.Address]int64 // by room, as a place in its log: what the clients' node has, or is about to have
	due     []display                    // to be published, one of a room
	busy    bool                         // the first of these is under way, or waits for its time
	listens int32                        // the stream on which we are told of the node, counted from one
	deaf    time.Time                    // it is not asked again to be told before: there was none
	until   time.Time                    // nothing is published before: the server refused
}

// displays returns the user's, made if need be.
func (u *user) displays() *displays {
	if u.read == nil {
		u.read = new(displays)
	}
	return u.read
}

// display is a room that was read up to a line.
type display struct {
	room  transports.Address
	id    string // the line's stanza-id
	place int64
}

const (
	displaysMost  = 1000      // rooms of one user that this is remembered of
	displaysAfter = time.Hour // before a server that refused is asked again
)

// track has the rooms of an account remember when lines were said, where their
// network tells by that how far they were read.
func (u *user) track(a *account) {
	for _, r := range u.rooms {
		if r.addr.Scope == a.scope {
			r.view.Track(a.can&transports.CanRead != 0)
		}
	}
}

// readUpTo follows that a network tells how far the user has read a room, wherever
// they did: their clients are told, where the user's server lets us.
func (u *user) readUpTo(r *room, ev transports.ReadUpTo) {
	id, ok := r.view.LastBy(ev.Time)
	if !ok {
		id, ok = r.log.lastBy(u.d.live, ev.Time)
	}
	place, isPlace := parseStanzaID(id)
	if !ok || !isPlace || r.log == nil || !u.mayPublish() {
		return
	}
	d := u.displays()
	if seen, known := d.upTo[r.addr]; known && place <= seen {
		return
	}
	for i := range d.due {
		if d.due[i].room == r.addr {
			if (i > 0 || !d.busy) && place > d.due[i].place {
				d.due[i].id, d.due[i].place = id, place
				return
			}
			if place <= d.due[i].place {
				return
			}
		}
	}
	if len(d.due) < displaysMost {
		d.due = append(d.due, display{r.addr, id, place})
	}
	u.publishNext()
}

// mayPublish tells whether the user's server lets us publish in the user's name,
// and did when it was last asked to.
func (u *user) mayPublish() bool {
	may := u.d.grants.of(u.jid).Requests(mds.NSPubSub)
	return may.Get && may.Set && !time.Now().Before(u.displays().until)
}

// publishNext publishes how far the next room was read, unless the node has more:
// what a client published while it was not here stands there, and nowhere else.
func (u *user) publishNext() {
	d := u.displays()
	if d.busy || len(d.due) == 0 {
		return
	}
	if !u.mayPublish() {
		d.due = nil
		return
	}
	d.busy = true
	next := d.due[0]
	chat, err := address(u.d.Name(), next.room)
	seen, known := d.upTo[next.room]
	switch {
	case err != nil || known && seen >= next.place:
		u.published(0)
	case known:
		u.sawUpTo(next.room, next.place)
		u.askAs(stanza.TypeSet, mds.Publish(mds.Item{Chat: chat, ID: next.id}), func(u *user, _ *stanza.Element, err error) {
			if err != nil {
				delete(u.displays().upTo, next.room)
				u.unpublished(err)
				return
			}
			u.listen(true)
			u.published(u.d.c.patience.publish)
		})
	default:
		u.askAs(stanza.TypeGet, mds.Get(chat), func(u *user, answer *stanza.Element, err error) {
			place := int64(0)
			var refused *stanza.Error
			switch {
			case err == nil:
				for _, item := range mds.Result(answer) {
					if at, ok := parseStanzaID(item.ID); ok && item.Chat == chat {
						place = at
					}
				}
			case !errors.As(err, &refused) || refused.Condition == stanza.Forbidden:
				u.unpublished(err)
				return
			} // else there is no node yet: Prosody says so by internal-server-error
			u.sawUpTo(next.room, max(place, u.displays().upTo[next.room]))
			u.displays().busy = false
			u.publishNext()
		})
	}
}

// unpublished ends what was to be published, for a while: it is no use.
func (u *user) unpublished(err error) {
	u.log().Info("the user's server does not take how far rooms were read", "err", err)
	d := u.displays()
	d.due, d.busy, d.until = nil, false, time.Now().Add(displaysAfter)
}

// published goes on with the next room, after a while.
func (u *user) published(wait time.Duration) {
	u.displays().due = u.displays().due[1:]
	if wait == 0 {
		u.displays().busy = false
		u.publishNext()
		return
	}
	u.later(wait, func(u *user) {
		u.displays().busy = false
		u.publishNext()
	})
}

// sawUpTo notes how far a room was read.
func (u *user) sawUpTo(room transports.Address, place int64) {
	d := u.displays()
	if d.upTo == nil || len(d.upTo) >= displaysMost {
		d.upTo = map[transports.Address]int64{}
	}
	d.upTo[room] = place
}

// listen has the user's server tell us of what their clients publish, once on each
// stream. The node is theirs alone: without leave to let us in, nothing is asked.
// There may be no node yet: once we have published, there is.
func (u *user) listen(published bool) {
	d := u.displays()
	if d.listens == u.stream+1 || !published && time.Now().Before(d.deaf) || !u.d.grants.of(u.jid).Requests(mds.NSOwner).Set {
		return
	}
	d.listens = u.stream + 1
	us := u.d.JID()
	u.askAs(stanza.TypeSet, mds.Admit(us), func(u *user, _ *stanza.Element, err error) {
		switch {
		case err == nil:
			u.query(stanza.TypeSet, us, u.jid, mds.Subscribe(us), askWithin, func(*user, *stanza.IQ) {})
		case !published:
			u.displays().listens, u.displays().deaf = 0, time.Now().Add(displaysAfter)
		}
	})
}

// readElsewhere follows a message of the user's own server that tells what their
// clients published of rooms of ours: their networks are told. It tells whether the
// message is one.
func (u *user) readElsewhere(m *stanza.Message) bool {
	items := mds.Event(m)
	for _, item := range items {
		to, err := route(u.d.Transport(), item.Chat, u.routing())
		if err != nil || item.Chat.Domain != u.d.Name() || to.addr.Kind != transports.Room {
			continue
		}
		r, a := u.rooms.of(to.addr), u.accounts.of(to.addr.Scope)
		place, ok := parseStanzaID(item.ID)
		if seen, known := u.displays().upTo[to.addr]; !ok || r == nil || a == nil || known && place <= seen {
			continue
		}
		u.sawUpTo(r.addr, place)
		u.tellRead(a, r, item.ID)
	}
	return len(items) > 0
}

// tellRead tells a room's network that the user has read up to a line.
func (u *user) tellRead(a *account, r *room, id string) {
	if a.can&transports.CanRead == 0 {
		return
	}
	at, ok := r.view.Said(id)
	if !ok {
		var line muc.Pointed
		line, ok = u.point(r, id)
		at = line.Time
	}
	if !ok {
		line, kept := r.log.line(u.d.live, id)
		if !kept {
			return
		}
		at = store.PlaceTime(line.ID)
	}
	with(u, a, transports.CanRead, func(ctx context.Context, ts transports.Reader) error {
		return ts.Read(ctx, r.addr, at)
	}, func(*user, error) {})
}

// lastBy returns the stanza-id of the last line that was said to the tap's user up
// to a time.
func (t *tap) lastBy(ctx context.Context, at time.Time) (id string, ok bool) {
	if t == nil {
		return "", false
	}
	last := store.Place(at.Add(time.Millisecond)) - 1
	var place int64
	for _, l := range t.recent(0, false) {
		if l.ID <= last {
			place = max(place, l.ID)
		}
	}
	if row := t.row(); row != 0 {
		lines, err := t.ar.read(ctx, reading{account: t.owner.Load(), spans: cut(t.spans(row, false), 0, last), backward: true, most: 1, lines: true})
		t.ar.failed(err)
		for _, l := range lines {
			place = max(place, l.ID)
		}
	}
	return stanzaID(place), place != 0
}
