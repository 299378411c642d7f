package component

import (
	"sync/atomic"
	"time"

	"wherry/store"
)

// Delivery counts what became of the messages of one domain since the start.
// Messages in rooms, and lines to a network itself, are not among them.
type Delivery struct {
	// Of the inbox: what users are to be told.
	Written   int64 // to the stream, each time
	Settled   int64 // shown to have arrived
	Rewritten int64 // taken back to be written again: the stream had ended
	Bounced   int64 // sent back by the user's server, each time
	Dropped   int64 // given up

	// Of the outbox, in parts of messages: what the network is to be told.
	Sent    int64
	Failed  int64
	Lost    int64 // given up while nobody knew whether they were sent
	Unsure  int64 // tries of which nobody knew whether they had sent anything
	Retried int64 // tries that sent nothing, and were not the last
}

// stats holds the counters of a domain.
type stats struct {
	written, settled, rewritten, bounced, dropped atomic.Int64
	sent, failed, lost, unsure, retried           atomic.Int64
	observe                                       func(time.Duration) // of a barrier's round trip; nil: nobody wants to know
}

func (s *stats) delivery() Delivery {
	return Delivery{
		Written: s.written.Load(), Settled: s.settled.Load(), Rewritten: s.rewritten.Load(),
		Bounced: s.bounced.Load(), Dropped: s.dropped.Load(),
		Sent: s.sent.Load(), Failed: s.failed.Load(), Lost: s.lost.Load(),
		Unsure: s.unsure.Load(), Retried: s.retried.Load(),
	}
}

// tried counts the outcome of a try to send a part, which stands in a state
// since. One that the network refuses when it has taken it counts twice.
func (s *stats) tried(to, since store.OutState) {
	if to == store.Sent {
		s.sent.Add(1)
		if since == store.Failed {
			s.failed.Add(1)
		}
		return
	}
	if to != since {
		return // it had got further by other ways
	}
	switch to {
	case store.Queued:
		s.retried.Add(1)
	case store.Unsure:
		s.unsure.Add(1)
	case store.Failed:
		s.failed.Add(1)
	case store.Lost:
		s.lost.Add(1)
	}
}

func (s *stats) barrier(took time.Duration) {
	if s.observe != nil {
		s.observe(took)
	}
}

// Observe has f told how long each question took that was asked to see whether
// what was written before it has arrived: to a client of a user's, or their
// server. It must be called before Run; f is called in many goroutines, and
// must not block.
func (c *Component) Observe(f func(domain string, took time.Duration)) {
	for name, d := range c.domains {
		d.stats.observe = func(took time.Duration) { f(name, took) }
	}
}
