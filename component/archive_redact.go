package component

import (
	"context"
	"time"

	"wherry/store"
)

// NetID returns the network's id of the line of a stanza-id, and the nick of who
// said it. Of a line that the network gave none, or of none, there is nothing.
func (t *tap) NetID(ctx context.Context, id string) (netID, nick string, ok bool) {
	l, ok := t.line(ctx, id)
	return l.NetID, l.Nick, ok && l.NetID != ""
}

// line returns the line of a stanza-id, as far as it is for the tap's user.
func (t *tap) line(ctx context.Context, id string) (store.Line, bool) {
	place, ok := parseStanzaID(id)
	if t == nil || !ok {
		return store.Line{}, false
	}
	t.ar.mu.Lock()
	if r := t.log.find(place); r != nil && r.to(t.owner) {
		defer t.ar.mu.Unlock()
		return r.line, true
	}
	row := t.log.row
	t.ar.mu.Unlock()
	if row == 0 {
		return store.Line{}, false
	}
	l, err := t.ar.store.Line(ctx, row, place)
	if err != nil || l.Account != 0 && l.Account != t.owner.Load() {
		t.ar.failed(err)
		return store.Line{}, false
	}
	return l, true
}

// ByNetID returns the stanza-id of the line that has an id of the network's.
func (t *tap) ByNetID(ctx context.Context, netID string) (id string, ok bool) {
	if t == nil || netID == "" {
		return "", false
	}
	place, ok := t.byNetID(ctx, netID)
	return stanzaID(place), ok
}

func (t *tap) byNetID(ctx context.Context, netID string) (place int64, ok bool) {
	t.ar.mu.Lock()
	for _, apart := range []int64{0, int64(t.conn) + 1} {
		if s, ok := t.log.repeats.names[nameOf(netID, apart)]; ok {
			t.ar.mu.Unlock()
			return s.place, true
		}
	}
	row := t.log.row
	t.ar.mu.Unlock()
	if row == 0 {
		return 0, false
	}
	l, err := t.ar.store.NamedLine(ctx, row, netID, t.owner.Load())
	t.ar.failed(err)
	return l.ID, err == nil
}

// Redact takes a line back, by its stanza-id: its text is forgotten, and a
// tombstone stays that says by whose nick it was done, unless that is its
// sender's, and why. It reports whether there was one that was not taken back
// before.
func (t *tap) Redact(ctx context.Context, id, by, reason string) bool {
	place, ok := parseStanzaID(id)
	if t == nil || !ok {
		return false
	}
	t.ar.mu.Lock()
	var kept store.Line
	if r := t.log.find(place); r != nil {
		kept = r.line
	}
	row := t.log.row
	t.ar.mu.Unlock()
	if kept.ID == 0 && row != 0 {
		var err error
		kept, err = t.ar.store.Line(ctx, row, place)
		t.ar.failed(err)
	}
	said, err := decodeSpoken(kept.Content)
	if err != nil || said.Gone || said.Reacts {
		return false
	}
	gone := spoken{Style: said.Style, Key: said.Key, Gone: true, Reason: reason, At: time.Now().UnixMilli()}
	if by != kept.Nick {
		gone.By = by
	}
	content := gone.encode()
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	if r := t.log.find(place); r != nil {
		r.line.Content = content
	}
	if t.log.gone == nil {
		t.log.gone = map[int64][]byte{}
	}
	t.log.gone[place] = content
	t.ar.put(t.log, record{change: &change{gone: place, do: func(tx *store.Tx, log int64) error {
		return tx.SetLine(log, place, content)
	}}})
	return true
}
