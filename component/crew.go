package component

import "sync"

// crew lends goroutines to mailboxes. Those that come back wait, a few of them,
// for the next work: their stacks have grown to what the work needs, which a
// new one's would have to do again.
type crew struct {
	mu   sync.Mutex     // guards what follows
	idle []chan drainer // of those that wait; the last one came back last
	over bool           // nobody is to wait any more
}

// drainer is work that ends by itself. It returns what the goroutine is to do
// next, or nil.
type drainer interface{ drain() drainer }

// spare is how many goroutines wait for work.
const spare = 256

func newCrew() *crew { return &crew{} }

// dismiss ends the goroutines that wait. Work can still be given to new ones.
func (c *crew) dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, next := range c.idle {
		close(next)
	}
	c.idle, c.over = nil, true
}

// run has the work done by another goroutine.
func (c *crew) run(d drainer) {
	if c == nil {
		go drainAll(d)
		return
	}
	c.mu.Lock()
	last := len(c.idle) - 1
	if last < 0 {
		c.mu.Unlock()
		go c.work(d)
		return
	}
	next := c.idle[last]
	c.idle = c.idle[:last]
	c.mu.Unlock()
	next <- d
}

func (c *crew) work(d drainer) {
	next := make(chan drainer, 1)
	for d != nil {
		drainAll(d)
		if !c.wait(next) {
			return
		}
		d = <-next
	}
}

// wait has a goroutine be found for the next work, unless enough are.
func (c *crew) wait(next chan drainer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || len(c.idle) >= spare {
		return false
	}
	c.idle = append(c.idle, next)
	return true
}

func drainAll(d drainer) {
	for d != nil {
		d = d.drain()
	}
}
