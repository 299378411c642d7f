package soak

import (
	"fmt"
	"slices"
	"time"
)

// Rules is what may be.
type Rules struct {
	Blind   bool // the network can neither be searched nor fold: unknown outcomes are told as errors
	Forgets bool // the server's store loses what is new when it is killed
}

// Direction is a way of messages.
type Direction string

// The directions.
const (
	ToNetwork Direction = "XMPP → network"
	ToXMPP    Direction = "network → XMPP"
)

// Verdict is what became of the messages of one direction.
type Verdict struct {
	Direction Direction
	Messages  int
	Arrived   int
	Refused   int // the sender was told an error; not arrived
	Repeated  int // shown again with the same id, or folded by the network

	// What cannot be saved.
	InFlight int // in the hands of a gateway or server that was killed; nothing was said of them
	ByServer int // never handed to the gateway by the server, without a word
	ByStore  int // lost by the server's store
	Untold   int // refused, when the client of its sender was gone: its server drops such an error
	Late     int // out of order by the server's doing, or by that of a network that tells once

	// What must not be.
	Lost       int
	Pending    int // still not taken by the gateway
	Doubled    int // sent twice, or shown with two ids
	Reordered  int
	FalseTicks int // told as arrived, which the network does not know
	FalseNoes  int // told as failed, which arrived
	Strange    int // what nobody said

	Examples []string // of what must not be
}

// Guilty tells whether something was that must not be.
func (v *Verdict) Guilty() bool {
	return v.Lost+v.Pending+v.Doubled+v.Reordered+v.FalseTicks+v.FalseNoes+v.Strange > 0
}

const mostExamples = 20

func (v *Verdict) blame(count *int, format string, args ...any) {
	*count++
	if len(v.Examples) < mostExamples {
		v.Examples = append(v.Examples, fmt.Sprintf(format, args...))
	}
}

// Judge counts, for each direction, what became of the messages.
func Judge(l *Logs, r Rules) (toNetwork, toXMPP Verdict) {
	return judgeToNetwork(l, r), judgeToXMPP(l, r)
}

// line is a message by what it says and where.
type line struct {
	Chat
	body string
}

func judgeToNetwork(l *Logs, r Rules) Verdict {
	v := Verdict{Direction: ToNetwork, Messages: len(l.Said)}
	taken := make(map[line][]Taken)
	for _, t := range l.Taken {
		at := line{t.Chat, t.Body}
		taken[at] = append(taken[at], t)
	}
	ticks, noes := byID(l.Ticks), byID(l.Noes)
	said := make(map[line]Said)
	for _, s := range l.Said {
		at := line{s.Chat, s.Body}
		said[at] = s
		v.sent(l, r, s, taken[at], ticks[s.ID], noes[s.ID])
	}
	var order []step
	for _, t := range l.Taken {
		s, ok := said[line{t.Chat, t.Body}]
		if !ok {
			v.blame(&v.Strange, "the network took %q from %v, which nobody said", t.Body, t.Chat)
			continue
		}
		order = append(order, step{t.Chat, s.Seq, t.Body, t.At})
	}
	v.inOrder(order, func(s, before step) bool {
		return l.Passed[said[line{s.Chat, s.body}].ID] > l.Passed[said[line{before.Chat, before.body}].ID]
	})
	return v
}

func byID(answers []Answer) map[string][]Answer {
	all := make(map[string][]Answer)
	for _, a := range answers {
		all[a.ID] = append(all[a.ID], a)
	}
	return all
}

// sent counts one message towards the network.
func (v *Verdict) sent(l *Logs, r Rules, s Said, taken []Taken, ticks, noes []Answer) {
	times := 0
	delivered, failed := false, false
	for _, t := range taken {
		if t.Folded {
			v.Repeated++
			continue
		}
		if times++; times > 1 {
			v.blame(&v.Doubled, "%q of %s was sent twice, at %s too", s.Body, clock(s.At), clock(t.At))
		}
		delivered, failed = delivered || t.Delivered, failed || t.Failed
	}
	if len(ticks) > 0 && !delivered {
		v.blame(&v.FalseTicks, "%q of %s has a tick of %s; taken %d times, not delivered", s.Body, clock(s.At), clock(ticks[0].At), times)
	}
	switch {
	case times > 0:
		v.Arrived++
		if len(noes) > 0 && !failed && !r.Blind && !l.inFlight(s.At) {
			v.blame(&v.FalseNoes, "%q of %s arrived, and its sender was told %q", s.Body, clock(s.At), noes[0].Text)
		}
	case len(noes) > 0:
		v.Refused++
	case len(ticks) > 0: // blamed already
	case l.inFlight(s.At):
		v.InFlight++
	case l.Passed != nil && l.Passed[s.ID] == 0:
		v.ByServer++
	case l.Returned[s.ID] && l.leaves(s.User, s.At):
		v.Untold++
	default:
		v.blame(&v.Lost, "%q of %s is lost", s.Body, clock(s.At))
	}
}

func judgeToXMPP(l *Logs, r Rules) Verdict {
	v := Verdict{Direction: ToXMPP, Messages: len(l.Pushed)}
	shown, archived := byLine(l.Shown), byLine(l.Archived)
	pushed := make(map[line]int)
	for _, p := range l.Pushed {
		at := line{p.Chat, p.Body}
		pushed[at] = p.Seq
		v.pushed(l, r, p, shown[at], archived[at])
	}
	var order []step
	for _, s := range l.Shown {
		seq, ok := pushed[line{s.Chat, s.Body}]
		if !ok {
			v.blame(&v.Strange, "%v was shown %q, which nobody said", s.Chat, s.Body)
			continue
		}
		order = append(order, step{s.Chat, seq, s.Body, s.At})
	}
	v.inOrder(order, func(s, before step) bool { return l.late(r, s, before) || l.unheard(s, before) })
	return v
}

func byLine(all []Shown) map[line][]Shown {
	lines := make(map[line][]Shown)
	for _, s := range all {
		at := line{s.Chat, s.Body}
		lines[at] = append(lines[at], s)
	}
	return lines
}

// pushed counts one message towards a user. Live, from the offline store or
// from the archive are all one.
func (v *Verdict) pushed(l *Logs, r Rules, p Pushed, shown, archived []Shown) {
	var ids []string
	for _, s := range slices.Concat(shown, archived) {
		if !slices.Contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) > 1 {
		v.blame(&v.Doubled, "%q of %s was shown with the ids %q", p.Body, clock(p.At), ids)
	}
	v.Repeated += max(0, len(shown)-1)
	switch {
	case len(ids) > 0:
		v.Arrived++
	case p.Acked.IsZero():
		v.blame(&v.Pending, "%q of %s was not taken by the gateway", p.Body, clock(p.At))
	case r.Forgets && l.forgotten(p):
		v.ByStore++
	default:
		v.blame(&v.Lost, "%q of %s, taken by the gateway at %s, is lost", p.Body, clock(p.At), clock(p.Acked))
	}
}

// step is a message in the order of arrival.
type step struct {
	Chat
	seq  int
	body string
	at   time.Time
}

// inOrder counts what appears for the first time after what was said later.
// excused tells whether the network or the server is to blame.
func (v *Verdict) inOrder(order []step, excused func(s, before step) bool) {
	newest := make(map[Chat]step)
	seen := make(map[line]bool)
	for _, s := range order {
		at := line{s.Chat, s.body}
		if seen[at] {
			continue
		}
		seen[at] = true
		switch before, ok := newest[s.Chat]; {
		case !ok || before.seq <= s.seq: // those that came at once have no order
			newest[s.Chat] = s
		case excused(s, before):
			v.Late++
		default:
			v.blame(&v.Reordered, "%q came to %s at %s, after %q", s.body, s.User, clock(s.at), before.body)
		}
	}
}

func clock(t time.Time) string { return t.Format("15:04:05.000") }
