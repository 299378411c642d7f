package component

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"wherry/store"
)

// nearby is how far the times may lie apart of a line as it was kept and as a
// network or a bouncer tells it again.
const nearby = 30 * time.Second

// nearbyMost is how many lines around a time are looked through.
const nearbyMost = 2000

// takePast is take for a line that was said before it came: of the network's
// history, or of what a bouncer kept. It reads the store.
func (t *tap) takePast(ctx context.Context, s speech, is, name uint64, now time.Time) (place int64, again bool) {
	for range 3 { // else something arrives in the store all the time
		t.ar.mu.Lock()
		settled, row := t.log.settled, t.log.row
		t.ar.mu.Unlock()
		kept := t.kept(ctx, row, s)
		t.ar.mu.Lock()
		if t.log.settled == settled {
			defer t.ar.mu.Unlock()
			return t.matchPast(s, kept, is, name, now)
		}
		t.ar.mu.Unlock()
	}
	kept := t.kept(ctx, t.row(), s)
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	return t.matchPast(s, kept, is, name, now)
}

// kept returns what the store has of a line's name, or of its time.
func (t *tap) kept(ctx context.Context, row int64, s speech) []store.Line {
	if row == 0 {
		return nil
	}
	account := t.owner.Load()
	if s.netID != "" {
		l, err := t.ar.store.NamedLine(ctx, row, s.netID, account)
		if err == nil {
			return []store.Line{l}
		}
		t.ar.failed(err)
	}
	lines, err := t.ar.store.Lines(ctx, store.LineQuery{
		Log: row, Account: account, Limit: nearbyMost,
		From: store.Place(s.at.Add(-nearby)), To: store.Place(s.at.Add(nearby)),
	})
	t.ar.failed(err)
	return lines
}

// failed logs why the store could not be read.
func (ar *archive) failed(err error) {
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		ar.log.Error("read the archive", "err", err)
	}
}

// matchPast finds the line that one of the past repeats, among those in the
// store and those on their way there, or adds it. It is called with mu held.
func (t *tap) matchPast(s speech, kept []store.Line, is, name uint64, now time.Time) (place int64, again bool) {
	if s.at.Before(t.lastTime) {
		t.pass++
	}
	if old, ok := t.log.repeats.names[name]; ok && name != 0 {
		return old.place, t.playBack(old.place, s)
	}
	for i := range t.log.pending {
		if r := &t.log.pending[i]; r.to(t.owner) {
			kept = append(kept, r.line)
		}
	}
	slices.SortStableFunc(kept, func(a, b store.Line) int { return cmp.Compare(a.ID, b.ID) })
	from, to := store.Place(s.at.Add(-nearby)), store.Place(s.at.Add(nearby))
	for _, l := range kept {
		if s.netID != "" && l.NetID == s.netID {
			return l.ID, t.playBack(l.ID, s)
		}
		if s.netID != "" && l.NetID != "" || l.ID < from || l.ID > to || l.Nick != s.nick {
			continue
		}
		if p, ok := t.played[l.ID]; ok && (p.pass == t.pass || !p.at.Equal(s.at)) {
			continue // that was another one
		}
		if said, err := decodeSpoken(l.Content); err != nil || kindOf(l.Nick, said.Style, said.words(), 0) != kindOf(s.nick, s.style, s.words(), 0) {
			continue
		}
		if s.netID != "" {
			t.name(l.ID, s.netID)
		}
		return l.ID, t.playBack(l.ID, s)
	}
	place = t.placePast(s, kept)
	t.add(s, sighting{place: place, came: now.UnixNano(), said: s.at.UnixNano(), kind: is, name: name}, now.Sub(s.at) < repeatWithin, now)
	t.log.last = max(t.log.last, place)
	t.playBack(place, s)
	return place, false
}

// playBack notes that the connection brought a line of the past: what was said
// since is for its user, too, as the network told them of it. It tells whether
// the user was told before.
func (t *tap) playBack(place int64, s speech) (again bool) {
	_, again = t.played[place]
	again = again || t.covers(place)
	if t.played == nil || len(t.played) >= playedBound {
		t.played = map[int64]playing{}
	}
	t.played[place] = playing{s.at, t.pass}
	t.lastTime, t.lastPlace = s.at, place
	if place < t.since && !again && !s.apart {
		t.since = place
		t.note((*store.Tx).ExtendMembership, place)
	}
	return again
}

// placePast returns the id of a line of the past: its time, and behind those that
// were said before it and came late: the last one that the connection brought of
// the past, and what others brought. The same lines get the same ids, also from
// another process, where nothing came late.
func (t *tap) placePast(s speech, kept []store.Line) int64 {
	var sum uint64
	for i := 0; i < len(s.text); i++ {
		sum = sum*31 + uint64(s.text[i])
	}
	place := max(store.Place(s.at), firstPlace)
	late := t.log.repeats.behind(s.at.UnixNano())
	if !s.at.Before(t.lastTime) {
		late = max(late, t.lastPlace)
	}
	if late >= place {
		place = (late>>10 + 1) << 10
	}
	place += int64(sum & 1023)
	taken := func(l store.Line) bool { return l.ID == place }
	for slices.ContainsFunc(kept, taken) {
		place++
	}
	return place
}
