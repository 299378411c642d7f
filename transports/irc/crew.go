package irc

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"wherry/transports"
)

const (
	// readSize is how much is read at once.
	readSize = 8 << 10
	// idleHands is how many hands without work are kept.
	idleHands = 32
)

// buffers are what input is read through.
var buffers = sync.Pool{New: func() any { return new([readSize]byte) }}

// crew is the goroutines that connect, and handle the input of all connections. One
// that waits for input keeps the stack that its deepest call once needed, for good;
// so connections wait on small stacks, and have the work done on those of the
// crew. There are as many hands as connections with work at this moment.
type crew struct {
	work chan job
	idle atomic.Int32 // hands without work
	hire func()       // is hand
}

// job is work of a connection's.
type job interface{ do() }

func newCrew() *crew {
	cr := &crew{work: make(chan job)}
	cr.hire = cr.hand
	return cr
}

// give has a job done. It makes nothing and calls little: it runs on the smallest of
// stacks.
func (cr *crew) give(j job) {
	select {
	case cr.work <- j:
	default:
		go cr.hire()
		cr.work <- j
	}
}

// hand does jobs until enough other hands wait for the next one.
func (cr *crew) hand() {
	j := <-cr.work
	for {
		j.do()
		j = nil
		if cr.idle.Add(1) > idleHands {
			cr.idle.Add(-1)
			return
		}
		j = <-cr.work
		cr.idle.Add(-1)
	}
}

// rescue is deferred by each job: a panic in it is logged, and ends its connection
// with an error, not the process.
func (t *Transport) rescue(err *error) {
	if p := recover(); p != nil {
		t.log.Error("panic", "value", p, "stack", string(debug.Stack()))
		*err = &transports.Error{Kind: transports.Internal, Err: fmt.Errorf("panic: %v", p)}
	}
}
