package sms

import (
	"context"
	"fmt"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// How far back is looked.
const (
	overlap     = 20 * time.Minute   // behind what was looked at: messages show late
	settledAge  = 10 * time.Minute   // whose a message is, is certain by then
	backlogAge  = 7 * 24 * time.Hour // after a long time away
	backlogMost = 500                // messages of one line
	batchMost   = 100                // events committed at once
	idleSave    = 10 * time.Minute   // a position alone is saved no more often
	seenMost    = 2000               // what is remembered as committed, of a line
	callLate    = 2 * time.Minute    // of an older message the provider should have told
)

// lane is how far one line was looked at. It is Run's.
type lane struct {
	line     string
	position time.Time // up to when, by our clock
	saved    time.Time // the position that was saved
	followed time.Time // when what became of older messages was looked at
	seen     recent[struct{}]
}

func newLane(line string, saved transports.Saved) (*lane, error) {
	l := &lane{line: line, seen: newRecent[struct{}](seenMost)}
	value := saved[savePosition+line]
	if len(value) == 0 {
		return l, nil
	}
	var err error
	if l.position, err = time.Parse(time.RFC3339, string(value)); err != nil {
		return nil, fmt.Errorf("saved position: %w", err)
	}
	l.saved = l.position
	return l, nil
}

// window is a stretch of time that is looked at.
type window struct {
	from   time.Time // the provider is asked from here on
	since  time.Time // what came is news from here on
	gap    time.Time // from here to since nothing is looked at; zero: there is no gap
	follow bool      // what became of older messages is looked at too
}

// window returns what to look at. A line that was never looked at has no past.
func (l *lane) window(now time.Time, within time.Duration) window {
	if l.position.IsZero() {
		return window{from: now.Add(-overlap), since: now.Add(-overlap)}
	}
	w := window{since: l.position.Add(-overlap)}
	if now.Sub(w.since) > backlogAge {
		w.since, w.gap = now.Add(-backlogAge), l.position
	}
	w.from = w.since
	if within > 0 && now.Sub(l.followed) >= within {
		w.follow = true
		if early := now.Add(-within - overlap); early.Before(w.from) {
			w.from = early
		}
	}
	return w
}

// missed narrows the window to what was listed: not all was.
func (w *window) missed(first, position time.Time) {
	if known := latest(w.since, position); first.After(known) {
		if w.gap.IsZero() {
			w.gap = known
		}
		w.since = first
	}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// look looks for what came to each line, and returns when to look again.
func (s *Session) look(ctx context.Context, emit emitter) (time.Duration, error) {
	wait := s.t.cfg.ReconcileEvery
	for _, line := range s.lines {
		uncalled, err := s.poll(ctx, emit, s.lanes[line])
		if e := transports.AsError(err); e != nil && e.Kind == transports.Busy {
			return max(e.After, s.t.cfg.PollEvery), nil
		}
		if err != nil {
			return 0, err
		}
		if !s.calls() || s.unsure[line] || s.silent(uncalled) {
			wait = s.t.cfg.PollEvery
		}
	}
	return wait, nil
}

// silent tells whether the provider does not call, though it should. uncalled
// is when the last message came of which it should have told by now. Its clock
// is not ours.
func (s *Session) silent(uncalled time.Time) bool {
	called := s.memory.lastCall()
	if called.IsZero() && s.webhook == webhookManual {
		return true
	}
	return uncalled.After(s.t.started) && called.Before(uncalled.Add(-callLate))
}

// poll looks once at a line. Its position moves with what was found. It returns
// when the last message came of which the provider should have told.
func (s *Session) poll(ctx context.Context, emit emitter, l *lane) (uncalled time.Time, err error) {
	now := time.Now()
	w := l.window(now, s.t.about.FinalWithin)
	items, missed, err := s.t.provider.List(ctx, s.creds, l.line, w.from, backlogMost)
	if err != nil {
		return time.Time{}, err
	}
	if missed && len(items) > 0 {
		w.missed(items[0].Time, l.position)
	}
	found := gathering{s: s, l: l, w: w, now: now}
	if !w.gap.IsZero() {
		found.batch.Events = append(found.batch.Events, s.gap(l.line, w))
	}
	for _, item := range items {
		if item.Inbound && now.Sub(item.Time) > callLate {
			uncalled = latest(uncalled, item.Time)
		}
		if err := found.add(ctx, emit, item); err != nil {
			return time.Time{}, err
		}
	}
	return uncalled, found.end(ctx, emit)
}

// gap tells the user of a stretch of time that was not looked at.
func (s *Session) gap(line string, w window) transports.Told {
	return transports.Told{Text: transports.T(
		"Messages to and from %s between %s and %s are too many, or too old, to be fetched. They are still at %s.",
		line, stamp(w.gap), stamp(w.since), s.t.about.Name)}
}

// stamp returns a time as the user reads it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// gathering makes batches of what was found in a line.
type gathering struct {
	s     *Session
	l     *lane
	w     window
	now   time.Time
	batch transports.Batch
	marks []string // what is in batches
}

// add puts one item into a batch, if it is news.
func (g *gathering) add(ctx context.Context, emit emitter, item provider.Item) error {
	m := mapping{t: g.s.t, a: &g.s.account, memory: g.s.memory, now: g.now, polled: true}
	mark := fmt.Sprintf("%s/%d", item.ID, item.State)
	_, seen := g.l.seen.get(mark)
	old := item.Inbound && !item.Time.IsZero() && item.Time.Before(g.w.since)
	if !seen && !old {
		events, err := m.events(ctx, item)
		if err != nil {
			return err
		}
		g.batch.Events = append(g.batch.Events, events...)
	}
	if !item.Inbound && g.s.elsewhere {
		g.batch.Events = append(g.batch.Events, m.elsewhere(item, g.l.position)...)
	}
	g.marks = append(g.marks, mark)
	if len(g.batch.Events) < batchMost {
		return nil
	}
	err := g.s.commit(ctx, emit, g.batch)
	g.batch = transports.Batch{}
	return err
}

// end commits the last batch, and the position with it.
func (g *gathering) end(ctx context.Context, emit emitter) error {
	if len(g.batch.Events) > 0 || g.now.Sub(g.l.saved) >= idleSave {
		g.batch.Saves = append(g.batch.Saves, transports.Save{
			Name: savePosition + g.l.line, Value: []byte(g.now.UTC().Format(time.RFC3339)),
		})
		if err := g.s.commit(ctx, emit, g.batch); err != nil {
			return err
		}
		g.l.saved = g.now
	}
	for _, mark := range g.marks {
		g.l.seen.put(mark, struct{}{})
	}
	g.l.position = g.now
	if g.w.follow {
		g.l.followed = g.now
	}
	return nil
}
