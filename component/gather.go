package component

import (
	"strings"
	"time"

	"wherry/store"
	"wherry/transports"
)

// Where a message upstream is much (a mail), several of a user's to one contact may
// leave as one (see transports.Gatherer). Until then each is a message as any other: by
// itself in the outbox, corrected and taken back by itself. They are put together
// where the first is noted as sending, in that transaction; that again takes them
// apart if the first certainly was not sent. In between the first has what is sent,
// and of all others, that they are in it: what becomes of it becomes of them.

const (
	quietMost    = 5 * time.Minute // that a message waits for others
	gatheredMost = 50              // messages that go as one
)

// quiet is how long messages of an account wait for others; zero: they go by
// themselves.
func (a *account) quiet() time.Duration {
	if a.session == nil {
		return 0
	}
	return a.session.quiet()
}

func (s *session) quiet() time.Duration {
	if j, ok := s.ts.(transports.Gatherer); ok && s.user.d.trails() {
		return min(j.Quiet(), quietMost)
	}
	return 0
}

// due is when the first part of a lane is to go: when it may, and when nothing was
// added or changed for a while, of what may go with it.
func (l *lane) due(quiet time.Duration) time.Time {
	if quiet <= 0 || len(l.rows) == 0 || !l.rows[0].single() {
		return l.until
	}
	first := l.rows[0]
	last := first.Changed
	for _, r := range l.rows[1:] {
		last = latest(last, r.Changed)
	}
	return latest(l.until, earlier(last.Add(quiet), first.Created.Add(quietMost)))
}

// single tells whether a part is all of a message that waits, and may be put
// together with others.
func (o *outgoing) single() bool {
	byClient := strings.Contains(o.Sender, "/") // what a command wrote stands for itself
	return byClient && o.m.Gesture == nil && o.Parts == 1 && o.State == store.Queued && !o.claimed && len(o.With) == 0
}

// company returns the messages of a lane that go with its first, as far as is known
// by now.
func (l *lane) company(a *account) (along []int64) {
	if a.quiet() == 0 || !l.rows[0].single() {
		return nil
	}
	var some []*outgoing
	for _, r := range l.rows[:min(len(l.rows), gatheredMost)] {
		if !r.single() {
			break
		}
		some = append(some, r)
	}
	_, n := a.session.together(some)
	for _, r := range some[1:n] {
		along = append(along, r.Message)
	}
	return along
}

// together puts the first of some messages together, as many as belong together, and
// returns how many these are.
func (s *session) together(some []*outgoing) (transports.Message, int) {
	var ms []transports.Message
	for i, r := range some {
		if i > 0 && r.Answers != "" && r.Answers != some[0].Answers || r.To != some[0].To {
			break
		}
		ms = append(ms, r.m)
	}
	if len(ms) > 1 {
		if all, n := s.ts.(transports.Gatherer).Gather(ms); n > 1 {
			return all, n
		}
	}
	return ms[0], 1
}

// gather puts a message together with those that go along, as far as they still wait.
// It changes the row, which is to be kept.
func (s *session) gather(t *store.Tx, o *store.Outgoing, along []int64) error {
	if len(along) == 0 {
		return nil
	}
	some, err := waitingOf(t, append([]int64{o.Message}, along...))
	if err != nil || len(some) < 2 || some[0].Message != o.Message {
		return err
	}
	m, n := s.together(some)
	if n < 2 {
		return nil
	}
	names := []string{"together"}
	p := some[0].posted
	p.Before = o.Content
	for i, r := range some[:n] {
		names = append(names, r.m.ID)
		if i == 0 {
			continue
		}
		p.With = append(p.With, r.Message)
		r.In = o.Message
		r.State, r.Changed = store.Sending, now()
		r.Content = encodeMessage(r.m, r.posted)
		if err := t.SetOutgoing(r.Outgoing); err != nil {
			return err
		}
	}
	m.Gathered, m.ID = true, keyed(s.user.d.key, names...) // other words, another message
	o.Content = encodeMessage(m, p)
	return nil
}

// waitingOf returns the messages of some numbers, up to the first that does not wait
// any more to be put together with others.
func waitingOf(t *store.Tx, numbers []int64) (some []*outgoing, err error) {
	for _, number := range numbers {
		parts, err := t.Outgoing(number)
		if err != nil {
			return nil, err
		}
		if len(parts) == 0 {
			continue // it was taken back
		}
		m, posted, err := decodeMessage(parts[0].Content)
		r := &outgoing{Outgoing: parts[0], m: m, posted: posted}
		if err != nil || !r.single() {
			break
		}
		some = append(some, r)
	}
	return some, nil
}

// parts tells whether a message is taken apart again: it certainly was not sent.
func (p posted) parts(out outcome) bool { return out.unsent && len(p.Before) > 0 }

// part takes a message apart again, where it was put together and nothing of that was
// sent. Where that is not known it stays what it is. It changes the row, which is to
// be kept.
func (d *Domain) part(t *store.Tx, o *store.Outgoing, out outcome) error {
	m, p, err := decodeMessage(o.Content)
	if err != nil || len(p.Before) == 0 {
		return nil
	}
	if !p.parts(out) {
		p.Before = nil
		o.Content = encodeMessage(m, p)
		return nil
	}
	o.Content = p.Before
	return d.eachWith(t, p, func(r *outgoing) error {
		r.In = 0
		r.State = store.Queued
		r.Content = encodeMessage(r.m, r.posted)
		return t.SetOutgoing(r.Outgoing)
	})
}

// eachWith calls f for each message that went as one with the one of p, the last
// first.
func (d *Domain) eachWith(t *store.Tx, p posted, f func(*outgoing) error) error {
	for i := len(p.With) - 1; i >= 0; i-- {
		parts, err := t.Outgoing(p.With[i])
		if err != nil {
			return err
		}
		if len(parts) == 0 {
			continue
		}
		m, posted, err := decodeMessage(parts[0].Content)
		if err != nil {
			continue // it has ended
		}
		if err := f(&outgoing{Outgoing: parts[0], m: m, posted: posted}); err != nil {
			return err
		}
	}
	return nil
}

// leftAll keeps the trails of a message that was sent, and of those that went in it.
// An answer is to the last of them: its trail is the first that is found.
func (d *Domain) leftAll(t *store.Tx, o *store.Outgoing, m transports.Message, p posted, sent transports.Sent) error {
	err := d.eachWith(t, p, func(r *outgoing) error {
		if d.trails() {
			if err := d.left(t, &r.Outgoing, m, r.posted, sent); err != nil {
				return err
			}
		}
		r.Content = d.remembered(r.m, r.posted)
		return t.SetOutgoing(r.Outgoing)
	})
	if err == nil && d.trails() {
		err = d.left(t, o, m, p, sent)
	}
	return err
}

// kept is what is kept of a message that has ended: nothing, but which ones went in
// it.
func (p posted) kept() []byte {
	if len(p.With) == 0 {
		return nil
	}
	return encodeMessage(transports.Message{}, posted{With: p.With})
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
