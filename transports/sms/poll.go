package sms

import (
	"context"
	"fmt"
	"slices"
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
	followEvery = time.Hour          // what became of older messages, where nothing calls
	seenMost    = 2000               // what is remembered as committed, of a line
	callLate    = 2 * time.Minute    // of an older message the provider should have told
)

// lane is how far one line was looked at. It is Run's.
type lane struct {
	line     string
	position time.Time // up to when, by the provider's clock
	saved    time.Time // the position that was saved
	followed time.Time // when what became of older messages was looked at
	uncalled bool      // nothing calls for it
	hooked   time.Time // the last message for whose missing call the hook was looked at
	held     bool      // the last look stopped before its end
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
	if l.position.After(now) {
		w.since = now.Add(-overlap)
	}
	if now.Sub(w.since) > backlogAge {
		w.since, w.gap = now.Add(-backlogAge), l.position
	}
	w.from = w.since
	every := within
	if l.uncalled {
		every = min(within, followEvery)
	}
	if within > 0 && now.Sub(l.followed) >= every {
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
		l := s.lanes[line]
		err := s.poll(ctx, emit, l)
		if e := transports.AsError(err); e != nil && e.Kind == transports.Busy {
			return max(e.After, s.t.cfg.PollEvery), nil
		}
		if err != nil {
			return 0, err
		}
		if l.uncalled || l.held {
			wait = s.t.cfg.PollEvery
		}
	}
	groups, err := s.lookGroups(ctx, emit)
	return min(wait, groups), err
}

// silent tells whether the provider does not call for a line, though it should.
// last is when the last message came of which it should have told by now.
func (s *Session) silent(line string, last time.Time) bool {
	called := s.memory.lastCall(line)
	if called.IsZero() && s.webhook == webhookManual {
		return true
	}
	return last.After(s.t.theirs(s.t.started)) && s.t.theirs(called).Before(last.Add(-callLate))
}

// missing draws the conclusions of when the last message came to a line of which
// the provider should have told by now. Where it did not, somebody may have
// changed where it calls.
func (s *Session) missing(ctx context.Context, emit emitter, l *lane, last time.Time) error {
	silent := s.silent(l.line, last)
	if silent && s.calls() && s.webhook == webhookAuto && last.After(l.hooked) {
		if err := s.install(ctx, emit, l.line); err != nil {
			return err
		}
		l.hooked = last
	}
	l.uncalled = !s.calls() || s.unsure[l.line] || silent
	return nil
}

// poll looks once at a line. Its position moves with what was found. The files
// of one message that are not given out end it early.
func (s *Session) poll(ctx context.Context, emit emitter, l *lane) error {
	now := s.t.provider.Now()
	w := l.window(now, s.t.about.FinalWithin)
	items, missed, err := s.t.provider.List(ctx, s.creds, l.line, w.from, backlogMost)
	if err != nil {
		return err
	}
	first := slices.IndexFunc(items, func(i provider.Item) bool { return i.Inbound })
	if missed && first >= 0 {
		w.missed(items[first].Time, l.position)
	}
	found := gathering{s: s, l: l, w: w, now: now}
	l.held = false
	if !w.gap.IsZero() {
		found.batch.Events = append(found.batch.Events, s.gap(l.line, w))
	}
	var last time.Time
	for _, item := range items {
		if item.Inbound && now.Sub(item.Time) > callLate {
			last = latest(last, item.Time)
		}
		if l.held {
			continue
		}
		if err := found.add(ctx, emit, item); err != nil {
			return err
		}
	}
	if err := found.end(ctx, emit); err != nil {
		return err
	}
	return s.missing(ctx, emit, l, last)
}

// gap tells the user of a stretch of time that was not looked at.
func (s *Session) gap(line string, w window) transports.Told {
	return transports.Told{ID: "gap/" + line + "/" + w.gap.UTC().Format(time.RFC3339), Text: transports.T(
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

// news tells whether an item is news, and how it is marked as told.
func (g *gathering) news(item provider.Item) (mark string, is bool) {
	mark = fmt.Sprintf("%s/%d", item.ID, item.State)
	if quiet(item, g.now) {
		mark += "/quiet" // which it was not at first
	}
	_, seen := g.l.seen.get(mark)
	old := item.Inbound && !item.Time.IsZero() && item.Time.Before(g.w.since)
	return mark, !seen && !old
}

// add puts one item into a batch, if it is news. Where its files are not given
// out now, the look ends before it: it is to come before those after it.
func (g *gathering) add(ctx context.Context, emit emitter, item provider.Item) error {
	m := mapping{t: g.s.t, a: &g.s.account, memory: g.s.memory, now: g.now, polled: true}
	var events []transports.Event
	mark, news := g.news(item)
	if news {
		var err error
		events, err = m.events(ctx, item)
		switch e := transports.AsError(err); {
		case e == nil:
		case e.Kind == transports.Credentials:
			return err
		default:
			g.s.t.log.Warn("files of a message", "message", item.ID, "err", err)
			g.l.held = true
			return nil
		}
	}
	if !item.Inbound && g.s.elsewhere {
		events = append(events, m.elsewhere(item, g.l.position)...)
	}
	return g.put(ctx, emit, mark, events...)
}

// put adds the events of an item, and commits what has become a batch.
func (g *gathering) put(ctx context.Context, emit emitter, mark string, events ...transports.Event) error {
	g.batch.Events = append(g.batch.Events, events...)
	g.marks = append(g.marks, mark)
	if len(g.batch.Events) < batchMost {
		return nil
	}
	return g.commit(ctx, emit)
}

// commit commits what there is, without a position.
func (g *gathering) commit(ctx context.Context, emit emitter) error {
	batch := g.batch
	g.batch = transports.Batch{}
	if len(batch.Events) == 0 && len(batch.Saves) == 0 {
		return nil
	}
	return g.s.commit(ctx, emit, batch)
}

// end commits the last batch, and the position with it, if the look came to its
// end.
func (g *gathering) end(ctx context.Context, emit emitter) error {
	if g.l.held {
		if err := g.commit(ctx, emit); err != nil {
			return err
		}
		g.mark()
		return nil
	}
	if len(g.batch.Events) > 0 || len(g.batch.Saves) > 0 || g.now.Sub(g.l.saved) >= idleSave {
		g.batch.Saves = append(g.batch.Saves, transports.Save{
			Name: savePosition + g.l.line, Value: []byte(g.now.UTC().Format(time.RFC3339)),
		})
		if err := g.s.commit(ctx, emit, g.batch); err != nil {
			return err
		}
		g.l.saved = g.now
	}
	g.mark()
	g.l.position = g.now
	if g.w.follow {
		g.l.followed = g.now
	}
	return nil
}

// mark remembers what was committed.
func (g *gathering) mark() {
	for _, mark := range g.marks {
		g.l.seen.put(mark, struct{}{})
	}
}
