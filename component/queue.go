package component

import "sync"

// fairQueue holds the stanzas that wait for one stream, by user, and hands
// them out in turn: one user's flood delays the others by at most one turn.
//
// What one user may have waiting is bounded; the windows on room traffic keep
// a well-behaved user far below that.
type fairQueue struct {
	mu     sync.Mutex // guards what follows, and every share that is in turn
	turn   []*share   // those with something waiting; next is turn[head]
	head   int
	closed bool
	ending bool
	wake   chan struct{} // one slot: there is something to take
	free   [][]byte      // for users that have something waiting next
}

// share is what waits for one user: whole stanzas, one after the other.
type share struct {
	bytes []byte
	marks []int // ends of stanzas, each about a turn's worth after the one before
}

const (
	turnSize   = 16 << 10 // bytes a user may write per turn, and one stanza over
	shareBound = 8 << 20  // bytes a user may have waiting
	writeMerge = 64 << 10 // bytes that are worth a write
	freeMost   = 32       // buffers that are kept
	freeSize   = 1 << 10  // bytes of a new one
)

func newFairQueue() *fairQueue {
	return &fairQueue{wake: make(chan struct{}, 1)}
}

// add has put append one stanza to what waits in s. It reports whether there
// was room for it; an error is put's.
func (q *fairQueue) add(s *share, put func([]byte) ([]byte, error)) (bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.ending || len(s.bytes) >= shareBound {
		return false, nil
	}
	before := len(s.bytes)
	if s.bytes == nil {
		s.bytes = q.buffer()
	}
	b, err := put(s.bytes)
	if err != nil {
		q.release(s)
		return false, err
	}
	s.bytes = b
	last := 0
	if n := len(s.marks); n > 0 {
		last = s.marks[n-1]
	}
	if len(b)-last >= turnSize {
		s.marks = append(s.marks, len(b))
	}
	if before == 0 && len(b) > 0 {
		q.enter(s)
	}
	return true, nil
}

// buffer returns one for a user who had nothing waiting.
func (q *fairQueue) buffer() []byte {
	n := len(q.free)
	if n == 0 {
		return make([]byte, 0, freeSize)
	}
	b := q.free[n-1]
	q.free = q.free[:n-1]
	return b
}

// release takes back the buffer of a user who has nothing waiting.
func (q *fairQueue) release(s *share) {
	if len(s.bytes) > 0 {
		return
	}
	if cap(s.bytes) >= freeSize && cap(s.bytes) <= turnSize && len(q.free) < freeMost {
		q.free = append(q.free, s.bytes[:0])
	}
	*s = share{}
}

func (q *fairQueue) enter(s *share) {
	q.turn = append(q.turn, s)
	q.signal()
}

// take appends to dst what is to be written next: whole stanzas, from each
// user in turn at most a turn's worth, until dst is worth a write.
func (q *fairQueue) take(dst []byte) []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.head < len(q.turn) && len(dst) < writeMerge {
		s := q.turn[q.head]
		q.turn[q.head] = nil
		q.head++
		if len(s.marks) == 0 {
			dst = append(dst, s.bytes...)
			s.bytes = s.bytes[:0]
			q.release(s)
			continue
		}
		end := s.marks[0]
		dst = append(dst, s.bytes[:end]...)
		s.advance(end)
		if len(s.bytes) > 0 {
			q.turn = append(q.turn, s)
		}
	}
	if q.head == len(q.turn) {
		q.turn, q.head = q.turn[:0], 0
	}
	return dst
}

// advance drops the first end bytes, which a mark stands for.
func (s *share) advance(end int) {
	s.bytes = s.bytes[end:]
	s.marks = s.marks[1:]
	for i := range s.marks {
		s.marks[i] -= end
	}
	if len(s.bytes) == 0 {
		*s = share{}
	}
}

// close refuses what is still added and forgets what waits.
func (q *fairQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, s := range q.turn[q.head:] {
		*s = share{}
	}
	q.turn, q.head = nil, 0
}

// end refuses what is still added, but keeps what waits.
func (q *fairQueue) end() {
	q.mu.Lock()
	q.ending = true
	q.mu.Unlock()
	q.signal()
}

// ended tells that end was called and nothing waits any more.
func (q *fairQueue) ended() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ending && q.head == len(q.turn)
}

func (q *fairQueue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
