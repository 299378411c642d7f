package irc

import (
	"context"
	"sync"
	"time"
)

const (
	// readSize is how much is read at once.
	readSize = 8 << 10
	// lull is how long a hand without work is kept.
	lull = time.Second
)

// crew is the goroutines that handle the input of all connections. One that
// waits for input keeps the stack that its deepest call once needed, for good;
// so connections wait on small stacks, and have the work done on those of the
// crew. There are as many hands as connections with input at this moment.
type crew struct {
	work chan job
}

// job is a connection with input.
type job struct {
	ctx  context.Context
	conn *conn
	done chan error
}

// outcomes are the channels of jobs that were done.
var outcomes = sync.Pool{New: func() any { return make(chan error, 1) }}

func newCrew() *crew { return &crew{work: make(chan job)} }

// handle has the input of a connection handled.
func (cr *crew) handle(ctx context.Context, c *conn) error {
	done := outcomes.Get().(chan error)
	defer outcomes.Put(done)
	j := job{ctx, c, done}
	select {
	case cr.work <- j:
	default:
		go cr.hand(j)
	}
	return <-done
}

// hand does jobs until there are none for a while.
func (cr *crew) hand(j job) {
	buffer := make([]byte, readSize)
	rest := time.NewTimer(lull)
	defer rest.Stop()
	for {
		j.done <- j.conn.input(j.ctx, buffer)
		j = job{}
		rest.Reset(lull)
		select {
		case j = <-cr.work:
		case <-rest.C:
			return
		}
	}
}
