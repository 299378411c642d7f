package component

import "sync/atomic"

// crew lends goroutines to mailboxes. Those that come back wait, a few of them,
// for the next work: their stacks have grown to what the work needs, which a
// new one's would have to do again.
type crew struct {
	next chan drainer
	over chan struct{} // closed when nobody is to wait any more
	free atomic.Int32
}

// drainer is work that ends by itself.
type drainer interface{ drain() }

// spare is how many goroutines wait for work.
const spare = 64

func newCrew() *crew { return &crew{next: make(chan drainer), over: make(chan struct{})} }

// dismiss ends the goroutines that wait. Work can still be given to new ones.
func (c *crew) dismiss() { close(c.over) }

// run has the work done by another goroutine.
func (c *crew) run(d drainer) {
	if c == nil {
		go d.drain()
		return
	}
	select {
	case c.next <- d:
	default:
		go c.work(d)
	}
}

func (c *crew) work(d drainer) {
	for {
		d.drain()
		if c.free.Add(1) > spare {
			c.free.Add(-1)
			return
		}
		select {
		case d = <-c.next:
			c.free.Add(-1)
		case <-c.over:
			return
		}
	}
}
