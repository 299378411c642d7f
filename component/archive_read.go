package component

import (
	"cmp"
	"context"
	"math"
	"slices"

	"wherry/store"
)

// span is a part of a log that somebody may read.
type span struct {
	log, from, to int64 // ids, both included
	public        bool  // only what was said while everybody could come in, or the account was there
}

// reading is what of some spans is wanted.
type reading struct {
	account  int64
	spans    []span
	nick     string // only this one's lines; empty: all
	backward bool   // the last ones, the last first
	most     int
	lines    bool // no reactions
}

// cut returns what of the spans lies between two ids, both included.
func cut(spans []span, from, to int64) []span {
	var all []span
	for _, s := range spans {
		s.from, s.to = max(s.from, from), min(s.to, to)
		if s.from <= s.to {
			all = append(all, s)
		}
	}
	return all
}

func (s *span) query(r *reading) store.LineQuery {
	q := store.LineQuery{
		Log: s.log, Account: r.account, From: s.from, To: s.to, Nick: r.nick, Backward: r.backward, Limit: r.most, Public: s.public,
	}
	if r.lines {
		q.Without = []byte{spokenReaction}
	}
	return q
}

// read returns lines of the store, in the order in which they are wanted.
func (ar *archive) read(ctx context.Context, r reading) ([]store.Line, error) {
	order := func(a, b store.Line) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Log, b.Log)) }
	spans := slices.Clone(r.spans)
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	beyond := func(s span, last int64) bool { return s.from > last }
	if r.backward {
		forward := order
		order = func(a, b store.Line) int { return forward(b, a) }
		slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(b.to, a.to) })
		beyond = func(s span, last int64) bool { return s.to < last }
	}
	var all []store.Line
	for _, s := range spans {
		if len(all) == r.most && beyond(s, all[r.most-1].ID) {
			break
		}
		lines, err := ar.store.Lines(ctx, s.query(&r))
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
		slices.SortFunc(all, order)
		all = slices.CompactFunc(all, func(a, b store.Line) bool { return order(a, b) == 0 })
		all = all[:min(len(all), r.most)]
	}
	return all, nil
}

// count returns how many lines spans have.
func (ar *archive) count(ctx context.Context, r reading) (n int, err error) {
	for i := range r.spans {
		m, err := ar.store.CountLines(ctx, r.spans[i].query(&r))
		if err != nil {
			return 0, err
		}
		n += m
	}
	return n, nil
}

// behind returns the spans without their first n lines.
func (ar *archive) behind(ctx context.Context, r reading, n int) ([]span, error) {
	slices.SortFunc(r.spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	if slices.ContainsFunc(r.spans, func(s span) bool { return s.log != r.spans[0].log }) {
		return ar.walk(ctx, r, n)
	}
	for i := range r.spans {
		q := r.spans[i].query(&r)
		q.Skip, q.Limit = n, 1
		lines, err := ar.store.Lines(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(lines) > 0 {
			rest := slices.Clone(r.spans[i:])
			rest[0].from = lines[0].ID
			return rest, nil
		}
		m, err := ar.store.CountLines(ctx, q)
		if err != nil {
			return nil, err
		}
		n -= m
	}
	return nil, nil
}

// walk is behind for spans of several logs, whose lines lie between each other.
func (ar *archive) walk(ctx context.Context, r reading, n int) ([]span, error) {
	for n > 0 {
		r.most = min(n, 1000)
		lines, err := ar.read(ctx, r)
		if err != nil || len(lines) == 0 {
			return nil, err
		}
		n -= len(lines)
		r.spans = cut(r.spans, lines[len(lines)-1].ID+1, math.MaxInt64)
	}
	return r.spans, nil
}

// spansOf returns what an account may read of a room, besides what is public.
func (ar *archive) spansOf(ctx context.Context, account int64, room string) ([]span, error) {
	own, shared, err := ar.store.LogsOf(ctx, account, room)
	if err != nil {
		return nil, err
	}
	var all []span
	for _, log := range own {
		all = append(all, span{log: log, to: math.MaxInt64})
	}
	for _, log := range shared {
		times, err := ar.store.Memberships(ctx, log, account)
		if err != nil {
			return nil, err
		}
		for _, m := range times {
			s := span{log: log, from: m.Since, to: m.Until}
			if m.Until == 0 {
				s.to = math.MaxInt64
			}
			all = append(all, s)
		}
	}
	return merged(all), nil
}

// merged joins spans of one log that overlap, as those do of somebody who was in
// a room by two connections.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.log, b.log), cmp.Compare(a.from, b.from)) })
	var all []span
	for _, s := range spans {
		if n := len(all); n > 0 && all[n-1].log == s.log && s.from <= all[n-1].to && all[n-1].public == s.public {
			all[n-1].to = max(all[n-1].to, s.to)
			continue
		}
		all = append(all, s)
	}
	return all
}

// retract takes back what was taken back and is not so in the store yet.
func (t *tap) retract(lines []store.Line) {
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	for i := range lines {
		if content, ok := t.log.gone[lines[i].ID]; ok {
			lines[i].Content = content
		}
	}
}

// spans returns what the user may read of the tap's log.
func (t *tap) spans(row int64, public bool) []span {
	switch {
	case !t.shared():
		return []span{{log: row, to: math.MaxInt64}}
	case public:
		return []span{{log: row, to: math.MaxInt64, public: true}}
	}
	all := []span{{log: row, from: t.since, to: math.MaxInt64}}
	for _, m := range t.mine {
		all = append(all, span{log: row, from: m.Since, to: m.Until})
	}
	return all
}

// recent returns the lines, and the reactions, that are on their way to the store,
// and for the user. It is called before the store is read: what arrives there
// meanwhile comes twice, but nothing is missed.
func (t *tap) recent(from int64, public bool) []store.Line {
	t.ar.mu.Lock()
	defer t.ar.mu.Unlock()
	var lines []store.Line
	for i := range t.log.pending {
		r := &t.log.pending[i]
		mine := t.covers(r.line.ID) || r.line.ID >= t.since || public && r.line.Public
		if r.line.ID >= from && mine && r.to(t.owner) {
			lines = append(lines, r.line)
		}
	}
	return lines
}
