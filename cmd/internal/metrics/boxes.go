package metrics

import (
	"context"
	"time"

	"wherry/store"
)

// queueEvery is how often the store is asked what waits, at most: it counts all
// rows for that.
const queueEvery = 10 * time.Second

// boxes is what is in the inbox and the outbox of a domain.
type boxes struct {
	in        int
	oldestIn  time.Time
	out       [store.Lost + 1]int // by state
	oldestOut time.Time           // of what is not sent
}

func lookAtBoxes(ctx context.Context, s Source) (map[string]boxes, error) {
	all := map[string]boxes{}
	for domain := range s.Transports {
		lines, err := s.Store.Queue(ctx, domain)
		if err != nil {
			return nil, err
		}
		var b boxes
		for _, l := range lines {
			b.add(l)
		}
		all[domain] = b
	}
	return all, nil
}

func (b *boxes) add(l store.QueueLine) {
	switch {
	case l.Box == "in":
		b.in += l.Rows
		b.oldestIn = older(b.oldestIn, l.Oldest)
	case l.State <= store.Lost:
		b.out[l.State] += l.Rows
		if l.State < store.Sent {
			b.oldestOut = older(b.oldestOut, l.Oldest)
		}
	}
}

// older returns the earlier time; the zero time is none.
func older(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// age returns the age of something in seconds.
func age(since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(time.Since(since).Seconds(), 0)
}
