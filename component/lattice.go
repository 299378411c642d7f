package component

import "wherry/store"

// How far a message came is a lattice: what is told late and says less changes
// nothing, and of a message in several parts the least that is true of all is
// true of it.

// verdict is what a change means for who sent the message.
type verdict uint8

const (
	noNews  verdict = iota
	arrived         // all of it reached the other side
	seen            // and was read there
	failed          // it will not arrive, or nobody knows whether it did
)

// advance brings one part of a message to a state, where that says more than
// is known, and tells what the whole meant and means. A part that failed takes
// those with it that were not sent yet. changed are the indexes of the parts
// that differ now.
func advance(parts []store.Outgoing, part int, to store.OutState) (changed []int, before, after verdict) {
	before = summary(parts)
	i := indexOfPart(parts, part)
	if i < 0 || !says(parts[i].State, to) {
		return nil, before, before
	}
	parts[i].State = to
	changed = append(changed, i)
	after = summary(parts)
	if after == failed {
		for j := range parts {
			if parts[j].State == store.Queued {
				parts[j].State = store.Failed
				changed = append(changed, j)
			}
		}
	}
	return changed, before, after
}

// says tells whether a state says more than another. What has arrived did not
// fail, and what failed or is lost has been told.
func says(known, now store.OutState) bool {
	switch {
	case known == store.Failed || known == store.Lost:
		return false
	case now == store.Failed || now == store.Lost:
		return known != store.Delivered && known != store.Read
	}
	return now > known
}

// summary is the verdict over all parts.
func summary(parts []store.Outgoing) verdict {
	all := seen
	for i := range parts {
		switch parts[i].State {
		case store.Failed, store.Lost:
			return failed
		case store.Read:
		case store.Delivered:
			all = min(all, arrived)
		default:
			all = noNews
		}
	}
	return all
}

func indexOfPart(parts []store.Outgoing, part int) int {
	for i := range parts {
		if parts[i].Part == part {
			return i
		}
	}
	return -1
}
