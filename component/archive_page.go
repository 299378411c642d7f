package component

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"wherry/component/jid"
	"wherry/component/mam"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// spans returns what may be read. Who was never in the room may read nothing.
func (as *asking) spans(ctx context.Context) ([]span, error) {
	if as.owner == 0 {
		var err error
		if as.owner, err = as.stored(ctx); err != nil {
			return nil, err
		}
	}
	if err := as.ar.flush(ctx); err != nil {
		return nil, err
	}
	var all []span
	if as.owner != 0 {
		var err error
		if all, err = as.ar.spansOf(ctx, as.owner, as.room.Name); err != nil {
			return nil, err
		}
	}
	if as.public != nil {
		if row := as.public.row(); row != 0 {
			all = slices.DeleteFunc(all, func(s span) bool { return s.log == row })
			all = append(all, span{log: row, to: math.MaxInt64, public: true})
		}
	}
	if len(all) == 0 && !as.here {
		return nil, &transports.Error{Kind: transports.Forbidden}
	}
	return all, nil
}

// page returns the lines that are asked for, in the order in which they are
// sent, and what page they are.
func (as *asking) page(ctx context.Context, q *mam.Query) ([]store.Line, mam.Page, error) {
	page := mam.Page{Index: -1, Count: -1}
	spans, err := as.spans(ctx)
	if err != nil {
		return nil, page, err
	}
	if q.IDs != nil {
		lines, err := as.these(ctx, spans, q.IDs)
		page.Complete = true
		lines = ended(q, lines, &page)
		return lines, page, err
	}
	r := reading{account: as.owner, backward: q.Backward, most: q.Max + 1}
	if r.nick, err = as.with(q.With); err != nil {
		return nil, page, err
	}
	if r.spans, err = filtered(spans, q); err != nil {
		return nil, page, err
	}
	if q.Max == 0 || q.Index >= 0 {
		if page.Count, err = as.ar.count(ctx, r); err != nil {
			return nil, page, err
		}
	}
	if q.Max == 0 {
		page.Complete = page.Count == 0
		return nil, page, nil
	}
	if q.Index >= 0 {
		page.Index, r.backward = q.Index, false
		r.spans, err = as.ar.behind(ctx, r, q.Index)
	} else {
		r.spans, err = neighbours(r.spans, q)
	}
	if err != nil {
		return nil, page, err
	}
	lines, err := as.ar.read(ctx, r)
	if err != nil {
		return nil, page, err
	}
	page.Complete = len(lines) <= q.Max
	lines = lines[:min(len(lines), q.Max)]
	if r.backward {
		slices.Reverse(lines)
	}
	lines = ended(q, lines, &page)
	return lines, page, nil
}

// ended notes how a page begins and ends, and returns it as it is sent.
func ended(q *mam.Query, lines []store.Line, page *mam.Page) []store.Line {
	if len(lines) > 0 {
		page.First, page.Last = stanzaID(lines[0].ID), stanzaID(lines[len(lines)-1].ID)
	}
	return mam.Order(q, lines)
}

// with returns the nick of an occupant's JID; empty for the room, which is
// everybody.
func (as *asking) with(who string) (string, error) {
	if who == "" {
		return "", nil
	}
	j, err := jid.Parse(who)
	if err != nil {
		return "", &stanza.Error{Type: stanza.Modify, Condition: stanza.JIDMalformed}
	}
	if j.Bare() != as.nicks.JID {
		return "\x00", nil // nobody's nick
	}
	return j.Resource, nil
}

// filtered returns of the spans what a query's filters leave.
func filtered(spans []span, q *mam.Query) ([]span, error) {
	from, to := int64(0), int64(math.MaxInt64)
	if !q.Start.IsZero() {
		from = store.Place(q.Start)
	}
	if !q.End.IsZero() {
		to = store.Place(q.End.Add(time.Microsecond)) - 1
	}
	return between(cut(spans, from, to), q.AfterID, q.BeforeID)
}

// neighbours returns of the spans what is behind and before the places of a
// page.
func neighbours(spans []span, q *mam.Query) ([]span, error) {
	return between(spans, q.After, q.Before)
}

// between returns of the spans what is behind one id and before another; each may
// be empty. An id of ours has its place even where no line has it; of others
// nothing is known.
func between(spans []span, after, before string) ([]span, error) {
	from, to := int64(0), int64(math.MaxInt64)
	if after != "" {
		place, ok := parseStanzaID(after)
		if !ok {
			return nil, &transports.Error{Kind: transports.NotFound}
		}
		from = place + 1
	}
	if before != "" {
		place, ok := parseStanzaID(before)
		if !ok {
			return nil, &transports.Error{Kind: transports.NotFound}
		}
		to = place - 1
	}
	return cut(spans, from, to), nil
}

// these returns the lines of ids, in order. Where one is missing, so is all
// (XEP-0313 §4.1.4).
func (as *asking) these(ctx context.Context, spans []span, ids []string) ([]store.Line, error) {
	var all []store.Line
	for _, id := range ids {
		place, ok := parseStanzaID(id)
		if !ok {
			return nil, &transports.Error{Kind: transports.NotFound}
		}
		lines, err := as.ar.read(ctx, reading{account: as.owner, spans: cut(spans, place, place), most: 1})
		if err != nil {
			return nil, err
		}
		if len(lines) == 0 {
			return nil, &transports.Error{Kind: transports.NotFound}
		}
		all = append(all, lines...)
	}
	slices.SortFunc(all, func(a, b store.Line) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(all, func(a, b store.Line) bool { return a.ID == b.ID }), nil
}
