package email

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wherry/transports"
)

// pace is how fast the outgoing side goes on by itself.
type pace struct {
	idle   time.Duration   // an unused connection to the server that takes mails is kept
	settle time.Duration   // before the copy of a mail is made: its Save is safe by then
	probe  []time.Duration // before each look whether the provider made the copy itself
	again  []time.Duration // before each further try at a copy that was refused
	accept time.Duration   // for the connection of Run, to be asked something
}

var usualPace = pace{
	idle:   15 * time.Second,
	settle: 2 * time.Second,
	probe:  []time.Duration{5 * time.Second, 15 * time.Second, 40 * time.Second},
	again:  []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour},
	accept: 10 * time.Second,
}

// sending is what the outgoing side of a session remembers. It is safe for
// concurrent use.
type sending struct {
	line line

	// due holds something when filePending is to be called: there is something to tell,
	// or the time of a copy has come.
	due  chan struct{}
	wake func() // ends Run's wait

	spools atomic.Int32 // files that are open

	gone []transports.Save // what filePending deleted last; only that has it

	mu     sync.Mutex // guards what follows
	told   []transports.Event
	jobs   []*job // oldest first
	files  filing
	folder string // where copies go, as it was found
	timer  *time.Timer
}

// toldMost bounds what waits to be told.
const toldMost = 50

// newSending takes up what earlier sessions left.
func newSending(a *account, saved transports.Saved, wake func()) *sending {
	out := &sending{due: make(chan struct{}, 1), wake: wake, files: readFiling(saved[saveFiles], a.receive.Name), jobs: readJobs(saved)}
	out.line.turn = make(chan struct{}, 1)
	return out
}

// tell has an event emitted by Run.
func (s *Session) tell(ev transports.Event) {
	s.out.mu.Lock()
	if len(s.out.told) < toldMost {
		s.out.told = append(s.out.told, ev)
	}
	s.out.mu.Unlock()
	s.out.ring()
}

// sayTold emits what waits to be told.
func (s *Session) sayTold(ctx context.Context, emit emitter) error {
	s.out.mu.Lock()
	told := slices.Clone(s.out.told)
	s.out.mu.Unlock()
	if len(told) == 0 {
		return nil
	}
	if err := emit(ctx, transports.Batch{Events: told}); err != nil {
		return err
	}
	s.out.mu.Lock()
	s.out.told = slices.Delete(s.out.told, 0, len(told))
	s.out.mu.Unlock()
	return nil
}

// ring has filePending called.
func (out *sending) ring() {
	select {
	case out.due <- struct{}{}:
		out.wake()
	default:
	}
}

// arm has filePending called when the next copy is due. The caller holds mu.
func (out *sending) arm() {
	if out.timer != nil {
		out.timer.Stop()
		out.timer = nil
	}
	if len(out.jobs) == 0 {
		return
	}
	next := slices.MinFunc(out.jobs, func(a, b *job) int { return a.due.Compare(b.due) }).due
	out.timer = time.AfterFunc(time.Until(next), out.ring)
}

// disarm ends that.
func (out *sending) disarm() {
	out.mu.Lock()
	defer out.mu.Unlock()
	if out.timer != nil {
		out.timer.Stop()
		out.timer = nil
	}
}
