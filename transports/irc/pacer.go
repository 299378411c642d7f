package irc

import (
	"context"
	"sync"
	"time"

	"wherry/transports"
)

// pacer keeps a connection within what servers take before they call it a
// flood: some lines at once, then one a second. What people wait for (joins and
// the like) goes before messages.
type pacer struct {
	burst int // lines at once; none is no limit

	mu     sync.Mutex // guards all below
	next   time.Time  // when the bucket was empty, had it been used all the time
	queues [2][]*turn
}

// turn is somebody's place in a queue.
type turn struct {
	first chan struct{} // has a value when the turn may be the next
}

// maxQueue is how many may wait; it is also about how long, in seconds.
const maxQueue = 60

// pacing is the time of one line beyond the burst.
const pacing = time.Second

// errPace tells that too many lines wait for their turn.
var errPace = &transports.Error{
	Kind:  transports.Busy,
	Text:  transports.T("Too many messages at once for this network. Try again in a moment."),
	After: pacing * maxQueue / 2,
}

func newPacer(burst int) *pacer { return &pacer{burst: max(burst, 0)} }

// wait returns when a line may be sent. Urgent ones go before the others, each
// kind in its order.
func (p *pacer) wait(ctx context.Context, urgent bool) error {
	if p.burst == 0 {
		return ctx.Err()
	}
	p.mu.Lock()
	if len(p.queues[0])+len(p.queues[1]) == 0 && p.take(time.Now()) == 0 {
		p.mu.Unlock()
		return nil
	}
	queue := 1
	if urgent {
		queue = 0
	}
	if len(p.queues[queue]) >= maxQueue {
		p.mu.Unlock()
		return errPace
	}
	t := &turn{first: make(chan struct{}, 1)}
	p.queues[queue] = append(p.queues[queue], t)
	p.wake()
	p.mu.Unlock()
	return p.queued(ctx, queue, t)
}

// now takes a line out of the bucket, if that can be had without waiting.
func (p *pacer) now() bool {
	if p.burst == 0 {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queues[0])+len(p.queues[1]) == 0 && p.take(time.Now()) == 0
}

// spare takes a line out of the bucket, if nothing waits and it is less than half
// empty. It never waits: what it is for may as well be left out.
func (p *pacer) spare() bool {
	if p.burst == 0 {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if len(p.queues[0])+len(p.queues[1]) > 0 || p.next.Sub(now) > time.Duration(p.burst/2)*pacing {
		return false
	}
	return p.take(now) == 0
}

// queued waits for a turn.
func (p *pacer) queued(ctx context.Context, queue int, t *turn) error {
	defer p.done(queue, t)
	for {
		select {
		case <-t.first:
		case <-ctx.Done():
			return ctx.Err()
		}
		p.mu.Lock()
		rest := time.Duration(0)
		if p.head() == t {
			if rest = p.take(time.Now()); rest == 0 {
				p.mu.Unlock()
				return nil
			}
		}
		p.mu.Unlock()
		if rest == 0 { // somebody urgent came before us
			continue
		}
		timer := time.AfterFunc(rest, t.signal)
		select {
		case <-t.first:
			timer.Stop()
			t.signal()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// take takes a line out of the bucket, or returns how long to wait for one. It
// is called with mu held.
func (p *pacer) take(now time.Time) time.Duration {
	if p.next.Before(now) {
		p.next = now
	}
	if rest := p.next.Sub(now) - time.Duration(p.burst-1)*pacing; rest > 0 {
		return rest
	}
	p.next = p.next.Add(pacing)
	return 0
}

// head returns the turn that is next, or nil. It is called with mu held.
func (p *pacer) head() *turn {
	for _, queue := range p.queues {
		if len(queue) > 0 {
			return queue[0]
		}
	}
	return nil
}

// wake tells the next turn that it is. It is called with mu held.
func (p *pacer) wake() {
	if t := p.head(); t != nil {
		t.signal()
	}
}

func (t *turn) signal() {
	select {
	case t.first <- struct{}{}:
	default:
	}
}

// done takes a turn out of its queue.
func (p *pacer) done(queue int, t *turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.queues[queue] {
		if other == t {
			p.queues[queue] = append(p.queues[queue][:i:i], p.queues[queue][i+1:]...)
			break
		}
	}
	p.wake()
}
