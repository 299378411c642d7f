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
	small  [][]byte      // for users that have something waiting next
	large  [][]byte      // for those that have more
}

// share is what waits for one user: whole stanzas, one after the other, in
// pieces that are each at most about a turn's worth. Of a flood nothing is copied
// to make place for more.
type share struct {
	pieces [][]byte
	size   int       // bytes in all
	one    [1][]byte // is pieces while there is one
}

const (
	turnSize   = 4 << 10  // bytes a user may write per turn, and one stanza over
	shareBound = 8 << 20  // bytes a user may have waiting
	writeMerge = 64 << 10 // bytes that are worth a write
	smallSize  = 1 << 10  // bytes of a first piece
	keepSmall  = 256      // of them that are kept
	keepLarge  = 256      // of the others
	usualSize  = 1 << 10  // bytes of a stanza, mostly less
)

func newFairQueue() *fairQueue {
	return &fairQueue{wake: make(chan struct{}, 1)}
}

// add has put append one stanza to what waits in s. It reports whether there
// was room for it; an error is put's.
func (q *fairQueue) add(s *share, put func([]byte) ([]byte, error)) (bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.ending || s.size >= shareBound {
		return false, nil
	}
	last := len(s.pieces) - 1
	fresh := last < 0 || len(s.pieces[last])+usualSize > cap(s.pieces[last]) && len(s.pieces[last]) > 0
	var piece []byte
	if fresh {
		piece = q.piece(last >= 0)
	} else {
		piece = s.pieces[last]
	}
	b, err := put(piece)
	switch {
	case err != nil:
		if fresh {
			q.release(piece)
		}
		return false, err
	case fresh && len(b) == 0:
		q.release(piece)
		return true, nil
	case fresh:
		s.size += len(b)
		if last < 0 {
			s.pieces = s.one[:0]
		}
		s.pieces = append(s.pieces, b)
	default:
		s.size += len(b) - len(piece)
		s.pieces[last] = b
	}
	if last < 0 {
		q.enter(s)
	}
	return true, nil
}

// piece returns an empty one.
func (q *fairQueue) piece(large bool) []byte {
	free, size := &q.small, smallSize
	if large {
		free, size = &q.large, turnSize
	}
	n := len(*free)
	if n == 0 {
		return make([]byte, 0, size)
	}
	b := (*free)[n-1]
	*free = (*free)[:n-1]
	return b
}

// release takes back a piece.
func (q *fairQueue) release(b []byte) {
	switch n := cap(b); {
	case n >= turnSize && n <= 2*turnSize && len(q.large) < keepLarge:
		q.large = append(q.large, b[:0])
	case n >= smallSize && n < turnSize && len(q.small) < keepSmall:
		q.small = append(q.small, b[:0])
	}
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
		piece := s.pieces[0]
		dst = append(dst, piece...)
		s.advance()
		q.release(piece)
		if s.size > 0 {
			q.turn = append(q.turn, s)
		}
	}
	if q.head == len(q.turn) {
		q.turn, q.head = q.turn[:0], 0
	}
	return dst
}

// advance drops the first piece.
func (s *share) advance() {
	s.size -= len(s.pieces[0])
	if s.size == 0 {
		*s = share{}
		return
	}
	s.pieces[0] = nil
	s.pieces = s.pieces[1:]
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
