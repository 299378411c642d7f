package irc

import (
	"context"
	"sync/atomic"
)

const (
	// readSize is how much is read at once.
	readSize = 8 << 10
	// idleHands is how many hands without work are kept.
	idleHands = 8
)

// crew is the goroutines that handle the input of all connections. One that
// waits for input keeps the stack that its deepest call once needed, for good;
// so connections wait on small stacks, and have the work done on those of the
// crew. There are as many hands as connections with input at this moment.
type crew struct {
	work chan job
	idle atomic.Int32 // hands without work
	hire func()       // is hand
}

// job is a connection with input.
type job struct {
	ctx  context.Context
	conn *conn
}

func newCrew() *crew {
	cr := &crew{work: make(chan job)}
	cr.hire = cr.hand
	return cr
}

// handle has the input of a connection handled. It makes nothing and calls little:
// it runs on the smallest of stacks.
func (cr *crew) handle(ctx context.Context, c *conn) error {
	c.handling.Add(1)
	select {
	case cr.work <- job{ctx, c}:
	default:
		go cr.hire()
		cr.work <- job{ctx, c}
	}
	c.handling.Wait()
	return c.handled
}

// hand does jobs until enough other hands wait for the next one.
func (cr *crew) hand() {
	buffer := make([]byte, readSize)
	j := <-cr.work
	for {
		j.conn.handled = j.conn.input(j.ctx, buffer)
		j.conn.handling.Done()
		j = job{}
		if cr.idle.Add(1) > idleHands {
			cr.idle.Add(-1)
			return
		}
		j = <-cr.work
		cr.idle.Add(-1)
	}
}
