package component

import (
	"sync/atomic"
	"time"
)

// stats counts what passes a domain's inbox.
type stats struct {
	written, settled, bounced, dropped atomic.Int64
	observe                            func(time.Duration) // of a barrier's round trip; nil: nobody wants to know
}

func (s *stats) barrier(took time.Duration) {
	if s.observe != nil {
		s.observe(took)
	}
}
