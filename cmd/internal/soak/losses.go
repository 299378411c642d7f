package soak

import (
	"slices"
	"time"
)

// A message counts as in the hands of a process that is killed when it was sent
// this long before, or after: until all know that the process is gone.
const (
	handsBefore = 5 * time.Second
	handsAfter  = 2 * time.Second
)

// inFlight tells whether a message that was sent at a time may have been in the
// hands of the gateway or the server when that was killed. What is sent to a
// process that is frozen waits, and is lost with it.
func (l *Logs) inFlight(at time.Time) bool {
	for _, f := range l.Faults {
		if f.Kind != Kill {
			continue
		}
		begin := f.Begin.Add(-handsBefore)
		for _, ice := range l.Faults {
			if ice.Kind == Freeze && ice.End.After(begin) && ice.Begin.Before(f.Begin) {
				begin = earlier(begin, ice.Begin.Add(-handsBefore))
			}
		}
		if at.After(begin) && at.Before(f.Begin.Add(handsAfter)) {
			return true
		}
	}
	return false
}

// storeLag is how long a server's store may need until what it took survives
// SIGKILL; measured with Mnesia: some are lost at once, none after 5 s.
//
// The gateway trusts a store no sooner than after storeTrust: what was given to
// it later must be given again.
const (
	storeTrust = 4500 * time.Millisecond
	storeLag   = 15 * time.Second
)

// forgotten tells whether a message may have been in a store that lost it: its
// user was away when the server was killed, or had just come back and was still
// being given what it kept; and the server had not had it for long. It has what
// the gateway took as soon as nothing hinders that, which may be a moment before
// the network heard so.
func (l *Logs) forgotten(p Pushed) bool {
	for _, f := range l.Faults {
		if f.To != Server || f.Kind != Kill || f.Begin.Before(p.Acked.Add(-time.Second)) || !l.absent(p.User, f.Begin) {
			continue
		}
		if f.Begin.Sub(p.Acked) < storeTrust && !l.came(p.User, p.Acked, f.Begin) {
			continue
		}
		taken := p.Acked
		for _, other := range l.Faults {
			if other.End.After(taken) && other.Begin.Before(f.Begin) {
				taken = other.End
			}
		}
		if f.Begin.Sub(taken) < storeLag {
			return true
		}
	}
	return false
}

// came tells whether a user logged in between two times. Their client's answer
// is trusted, though the store may not have given it all.
func (l *Logs) came(user string, begin, end time.Time) bool {
	return slices.ContainsFunc(l.Absences, func(a Absence) bool {
		return a.User == user && a.End.After(begin.Add(-time.Second)) && a.End.Before(end)
	})
}

// late tells whether a message came after another by the server's doing: it went
// into a connection that was dying, or waited in the offline store while the
// other was shown to the user who had just come back. The user was away between,
// and the archive, from which clients take what they missed, has the two in
// their order; or has lost the one.
func (l *Logs) late(r Rules, s, before step) bool {
	i := slices.IndexFunc(l.Pushed, func(p Pushed) bool { return p.Chat == s.Chat && p.Body == s.body })
	if !slices.ContainsFunc(l.Absences, func(a Absence) bool {
		return a.User == s.User && a.Begin.Before(s.at) && (a.End.IsZero() || a.End.After(l.Pushed[i].At))
	}) {
		return false
	}
	first := slices.IndexFunc(l.Archived, func(a Shown) bool { return a.Chat == s.Chat && a.Body == s.body })
	second := slices.IndexFunc(l.Archived, func(a Shown) bool { return a.Chat == s.Chat && a.Body == before.body })
	return first >= 0 && first < second || first < 0 && r.Forgets
}

// unheard tells whether a message came after another because the network had
// told the gateway in vain of the one, and then not in vain of the other. The
// first has the time at which it was sent.
func (l *Logs) unheard(s, before step) bool {
	return l.wasUnheard(s) && !l.wasUnheard(before)
}

func (l *Logs) wasUnheard(s step) bool {
	return slices.ContainsFunc(l.Pushed, func(p Pushed) bool { return p.Chat == s.Chat && p.Body == s.body && p.Unheard })
}

// leaves tells whether a user's client went soon after a time.
func (l *Logs) leaves(user string, at time.Time) bool {
	return slices.ContainsFunc(l.Absences, func(a Absence) bool {
		return a.User == user && a.Begin.After(at) && a.Begin.Before(at.Add(handsBefore))
	})
}

// returning is how long a server may take to give a user what it kept.
const returning = 5 * time.Second

// absent tells whether a user was not logged in at a time, or shortly before.
func (l *Logs) absent(user string, at time.Time) bool {
	for _, a := range l.Absences {
		if a.User == user && a.Begin.Before(at) && (a.End.IsZero() || a.End.After(at.Add(-returning))) {
			return true
		}
	}
	return false
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
