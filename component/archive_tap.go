package component

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"wherry/store"
	"wherry/transports"
)

// tap is one connection's place in a log, while it is in the room. It belongs to
// the connection's user; the log behind it does not.
type tap struct {
	ar    *archive
	log   *roomLog
	conn  int
	owner *atomic.Int64 // the number of the user's account
	since int64         // what was said from here on is for the user
	at    int64         // the same, as it was when the connection came into the room
	mine  []store.Membership
	share *rate.Limiter // bytes that it may bring, with the account's other connections; nil: any

	played    map[int64]playing // lines of the past that the connection brought
	pass      int               // how often it began anew with these
	lastTime  time.Time         // of the last of these
	lastPlace int64
}

// playing is how a connection brought a line of the past.
type playing struct {
	at   time.Time // when it was said, by that
	pass int       // the last one that brought it
}

// playedBound is how many lines of the past are remembered as brought.
const playedBound = 5000

// speech is a line as a connection brings it.
type speech struct {
	nick, key, text string
	style           transports.Style
	netID           string
	at              time.Time
	delayed         bool   // at is in the past
	apart           bool   // said to this connection, and not to all
	own             bool   // the connection sends it, and nobody knows when it arrives
	replyTo         string // the stanza-id of the line that it answers
	replyBy         string // the nick of who said that

	reacts bool   // it is a reaction to replyTo, as spoken.Reacts has it
	signs  string // as spoken.Signs
}

// words are what tells a line from others, as spoken.words.
func (s *speech) words() string {
	return (&spoken{Text: s.text, ReplyTo: s.replyTo, Reacts: s.reacts}).words()
}

// tap has a connection of an account bring lines to a log, from now on.
func (ar *archive) tap(ctx context.Context, key logKey, owner *atomic.Int64) *tap {
	t := &tap{ar: ar, log: ar.open(ctx, key), owner: owner}
	if t.shared() && owner.Load() != 0 && t.row() != 0 {
		var err error
		if t.mine, err = ar.store.Memberships(ctx, t.row(), owner.Load()); err != nil {
			ar.log.Error("read the archive", "err", err)
		}
	}
	ar.mu.Lock()
	defer ar.mu.Unlock()
	l := t.log
	t.conn = l.repeats.join(time.Now().UnixNano(), owner)
	t.since = max(l.last+1, store.Place(time.Now()))
	t.at, l.last = t.since, t.since-1
	for i := range t.mine {
		if t.mine[i].Until == 0 { // its end is on its way to the store
			t.mine[i].Until = t.since - 1
		}
	}
	t.note((*store.Tx).BeginMembership, t.since)
	return t
}

// public tells whether it is known that everybody can find and enter the room.
func (t *tap) public() bool {
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	return t.log.public
}

// setPublic follows what the network says of that.
func (t *tap) setPublic(yes bool) {
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	t.log.public = yes
}

func (t *tap) shared() bool { return t.log.key.owner == nil }

// row returns the number of the log in the store, 0 while it has none.
func (t *tap) row() int64 {
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	return t.log.row
}

// note keeps a change of the account's membership in a shared log. It is called
// with mu held.
func (t *tap) note(change func(tx *store.Tx, log, account, place int64) error, place int64) {
	if !t.shared() {
		return
	}
	owner := t.owner
	t.change(func(tx *store.Tx, log int64) error {
		account := owner.Load()
		if account == 0 {
			return errNoAccount
		}
		return change(tx, log, account, place)
	})
}

// change has a change of the log made. It is called with mu held.
func (t *tap) change(do func(tx *store.Tx, log int64) error) {
	t.ar.put(t.log, record{change: &change{do: do}})
}

// close tells that the connection is out of the room.
func (t *tap) close() {
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	t.note((*store.Tx).EndMembership, t.log.last)
	t.log.repeats.leave(t.conn)
	t.ar.close(t.log)
}

// covers tells whether the account was in the room at a place of its log, by
// what it was told itself at the time.
func (t *tap) covers(place int64) bool {
	if !t.shared() || place >= t.at {
		return true
	}
	return slices.ContainsFunc(t.mine, func(m store.Membership) bool { return m.Since <= place && place <= m.Until })
}

// take takes a line, and returns its place: a new one, or that of the line which
// it repeats. again tells that the user was told of it before.
func (t *tap) take(ctx context.Context, s speech) (place int64, again bool) {
	now := time.Now()
	var apart int64
	if s.apart {
		apart = int64(t.conn) + 1
	}
	is, name := kindOf(s.nick, s.style, s.words(), apart), nameOf(s.netID, apart)
	if s.delayed && !s.at.IsZero() && s.at.Before(now) {
		return t.takePast(ctx, s, is, name, now)
	}
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	if old, called := t.log.repeats.find(t.conn, is, name, now.UnixNano()); old != 0 {
		if called {
			t.name(old, s.netID)
		}
		return old, false
	}
	place = t.ar.next(t.log, now)
	seen := sighting{place: place, came: now.UnixNano(), kind: is, name: name}
	if s.own {
		seen.by = t.conn + 1
	}
	if !s.at.IsZero() {
		seen.said = s.at.UnixNano()
	}
	t.add(s, seen, true, now)
	return place, false
}

// add keeps a new line, as far as the account may have so much recorded. It is
// called with mu held.
func (t *tap) add(s speech, seen sighting, counted bool, now time.Time) {
	t.log.repeats.add(t.conn, seen, counted)
	s.text = cutText(s.text, archiveText)
	if t.share != nil && !t.share.AllowN(now, len(s.text)+len(s.nick)+len(s.key)+len(s.netID)+len(s.signs)+recordCost) {
		t.ar.over++
		return
	}
	r := record{line: store.Line{
		ID: seen.place, Public: t.log.public && !s.apart && !s.delayed, Nick: s.nick, NetID: s.netID,
		Content: spoken{
			Style: s.style, Key: s.key, Text: s.text, ReplyTo: s.replyTo, ReplyBy: s.replyBy, Reacts: s.reacts, Signs: s.signs,
		}.encode(),
	}}
	if s.apart && t.shared() {
		r.only = t.owner
	}
	t.ar.put(t.log, r)
}

// name gives a line an id of the network's. It is called with mu held.
func (t *tap) name(place int64, netID string) {
	if r := t.log.find(place); r != nil {
		r.line.NetID = netID
	}
	t.change(func(tx *store.Tx, log int64) error { return tx.NameLine(log, place, netID) })
}

// withdraw takes out lines, by their stanza-ids, that were said by the user and
// that the network refused after all. What others were told by the network
// stays.
func (t *tap) withdraw(ids []string) {
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	for _, id := range ids {
		place, ok := parseStanzaID(id)
		if !ok || !t.log.repeats.withdraw(t.conn, place) {
			continue
		}
		if r := t.log.find(place); r != nil {
			r.line = store.Line{}
		}
		t.change(func(tx *store.Tx, log int64) error { return tx.DropLine(log, place) })
	}
}

// find returns the line of a place that is on its way to the store, or nil. It is
// called with mu held.
func (l *roomLog) find(place int64) *record {
	for i := range l.pending {
		if r := &l.pending[i]; r.line.ID == place {
			return r
		}
	}
	return nil
}

// to tells whether a line on its way to the store is for the owner of an account.
func (r *record) to(owner *atomic.Int64) bool {
	return r.line.ID != 0 && (r.only == nil || r.only == owner)
}
