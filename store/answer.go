package store

import "sync"

// answers calls back those who do not wait for their writes: in the order the
// writes were made, in a goroutine of its own, so that no caller's code holds
// the writer up.
type answers struct {
	wake  chan struct{} // has room for one
	ended chan struct{}

	mu     sync.Mutex // guards what follows
	queue  []answer
	closed bool
}

type answer struct {
	done func(error)
	err  error
}

func newAnswers() *answers {
	a := &answers{wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go a.run()
	return a
}

func (a *answers) add(done func(error), err error) {
	a.mu.Lock()
	a.queue = append(a.queue, answer{done, err})
	a.mu.Unlock()
	rouse(a.wake)
}

// close returns when all that was added has been called.
func (a *answers) close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	rouse(a.wake)
	<-a.ended
}

func (a *answers) run() {
	defer close(a.ended)
	for {
		due, more := a.take()
		for _, answer := range due {
			answer.done(answer.err)
		}
		if len(due) > 0 {
			continue
		}
		if !more {
			return
		}
		<-a.wake
	}
}

func (a *answers) take() (due []answer, more bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	due, a.queue = a.queue, nil
	return due, !a.closed
}

// rouse wakes the one who waits at a channel that has room for one.
func rouse(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
