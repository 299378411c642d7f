package component

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// tracker holds the iqs that we asked and that are not answered yet. An answer
// counts only with the id, from whom we asked, to whom of ours asked.
type tracker struct {
	prefix string // random: nobody guesses an id
	last   atomic.Uint64

	mu      sync.Mutex // guards what follows
	pending map[question]*answerer
	sweeper *time.Timer // armed while something is pending
}

type question struct {
	id           string
	ours, theirs jid.JID
}

// answerer is told the answer once: an iq, or nil when none came in time.
type answerer struct {
	until time.Time
	done  func(*stanza.IQ)
}

const sweepEvery = time.Second

func newTracker() *tracker {
	return &tracker{prefix: randomID(), pending: map[question]*answerer{}}
}

// ask registers a question before it is sent, and returns its id. done is
// called from another goroutine, exactly once.
func (t *tracker) ask(ours, theirs jid.JID, wait time.Duration, done func(*stanza.IQ)) string {
	id := t.prefix + strconv.FormatUint(t.last.Add(1), 36)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending[question{id, ours, theirs}] = &answerer{time.Now().Add(wait), done}
	if t.sweeper == nil {
		t.sweeper = time.AfterFunc(sweepEvery, t.sweep)
	}
	return id
}

// resolve hands an answer to who asked. It reports whether somebody did.
func (t *tracker) resolve(iq *stanza.IQ) bool {
	key := question{iq.ID, iq.To, iq.From}
	t.mu.Lock()
	a := t.pending[key]
	delete(t.pending, key)
	t.mu.Unlock()
	if a == nil {
		return false
	}
	a.done(iq)
	return true
}

// sweep ends what is overdue.
func (t *tracker) sweep() { t.expire(time.Now()) }

// expireAll ends everything: no answer will come on this stream.
func (t *tracker) expireAll() { t.expire(time.Time{}) }

func (t *tracker) expire(now time.Time) {
	var over []*answerer
	t.mu.Lock()
	for q, a := range t.pending {
		if now.IsZero() || now.After(a.until) {
			over = append(over, a)
			delete(t.pending, q)
		}
	}
	if t.sweeper != nil {
		t.sweeper.Stop()
		t.sweeper = nil
	}
	if len(t.pending) > 0 {
		t.sweeper = time.AfterFunc(sweepEvery, t.sweep)
	}
	t.mu.Unlock()
	for _, a := range over {
		a.done(nil)
	}
}
