package mailtest

import (
	"slices"
	"sync"
	"time"
)

// Fault is what goes wrong with one step of a dialogue. What is set happens in the
// order of the fields. The zero Fault is none.
type Fault struct {
	// Work tells that what was asked is done all the same, without its answer.
	Work bool
	// Hold keeps everything back until it is closed or the client has gone.
	Hold <-chan struct{}
	// Slow is the time between every two bytes of this connection from now on.
	Slow time.Duration
	// Before is written as it stands ahead of the answer, which comes rightly where
	// nothing below is set.
	Before string
	// Reply is the answer instead of the right one: "NO [LIMIT] too many" (the tag
	// is put before it), "451 4.3.0 later".
	Reply string
	// Endless is an answer that begins and has no end, nor an end of line.
	Endless bool
	// Freeze is that nothing more is ever said, nor done, while the connection stays.
	Freeze bool
	// Cut closes the connection, without an answer where there is no Reply.
	Cut bool
}

// wrong tells that there is no right answer.
func (f Fault) wrong() bool { return f.Reply != "" || f.Endless || f.Freeze || f.Cut }

// fault is a Fault that is still to come n times; n < 0: for ever.
type fault struct {
	Fault
	step  string
	after int // steps that pass before
	n     int
}

// Faults are those that are still to come. It is safe for concurrent use.
type Faults struct {
	mu   sync.Mutex // guards what follows
	list []*fault
}

// Any stands for every step but the connection itself.
const Any = ""

// Connect is the step before anything is read or written, the handshake of TLS too.
const Connect = "CONNECT"

// Fail makes the next n steps of a kind end in a fault; n < 0: all, until Heal. A
// kind is the name of a command in capitals, or what else a server says it is.
func (f *Faults) Fail(step string, n int, what Fault) { f.FailAfter(step, 0, n, what) }

// FailAfter is Fail after a number of steps of the kind that go well.
func (f *Faults) FailAfter(step string, pass, n int, what Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &fault{what, step, pass, n})
}

// Heal forgets all faults that are still to come.
func (f *Faults) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// Take takes the next fault for a step, or the zero one.
func (f *Faults) Take(step string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, next := range f.list {
		if next.step != step && (next.step != Any || step == Connect) {
			continue
		}
		if next.after > 0 {
			next.after--
			return Fault{}
		}
		if next.n > 0 {
			next.n--
		}
		if next.n == 0 {
			f.list = slices.Delete(f.list, i, i+1)
		}
		return next.Fault
	}
	return Fault{}
}
