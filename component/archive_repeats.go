package component

import (
	"hash/maphash"
	"slices"
	"sync/atomic"
	"time"

	"wherry/transports"
)

// repeats tells, in one log, whether a line is one that another connection
// brought before: by the network's id, else by counting. All connections to a
// network are told the lines of one sender in the same order, so that the n-th
// of its kind on one is the n-th on the others, whatever their lag, and however
// the lines of others lie between.
//
// Lines are of a kind that have the same nick, style and text. Who was called
// that is left out, though it is known mostly: connections with different
// abilities know it by different names, and a nick has one owner at a time, so
// that it adds nothing. Marks of emphasis and blanks do not count either: what
// a user wrote and what others are told of it may differ in these.
type repeats struct {
	kinds map[uint64]*kind
	names map[uint64]*sighting // by the network's id
	fresh []*sighting          // of kinds, by when they came
	known []*sighting          // of names, by when they came
	conns int                  // numbers of connections that were given out
	free  []int                // of these, those that are free
}

// sighting is one line.
type sighting struct {
	place int64
	came  int64         // Unix nanoseconds
	said  int64         // by the network's clock, Unix nanoseconds; 0: it does not tell
	by    *atomic.Int64 // whose connection sent it, and does not know when it arrives; nil: it came from the network
	kind  uint64
	name  uint64 // 0: none
}

// kind is what was said of one kind lately.
type kind struct {
	first int32 // number of the first of lines
	lines []*sighting
	seen  []int32 // by connection: how many it has brought
}

const (
	repeatWithin = time.Minute
	nameWithin   = 10 * time.Minute
	repeatBound  = 20000            // lines that are remembered, of either sort
	repeatAlone  = 500              // where there is one connection, which tells of none twice but by the past
	inFlight     = 10 * time.Second // how long a line may take to the network
)

var repeatSeed = maphash.MakeSeed()

// kindOf sums up what lines of a kind have in common.
func kindOf(nick string, style transports.Style, text string, apart int64) uint64 {
	var h maphash.Hash
	h.SetSeed(repeatSeed)
	h.WriteString(nick)
	h.WriteByte(0)
	h.WriteByte(byte(style))
	writeNumber(&h, apart)
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '*', '_', '`', '~', ' ':
			h.WriteString(text[start:i])
			start = i + 1
		}
	}
	h.WriteString(text[start:])
	return h.Sum64()
}

// nameOf sums up an id of the network's; it is 0 for none.
func nameOf(id string, apart int64) uint64 {
	if id == "" {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(repeatSeed)
	h.WriteString(id)
	writeNumber(&h, apart)
	return h.Sum64() | 1
}

func writeNumber(h *maphash.Hash, n int64) {
	for ; n != 0; n >>= 8 {
		h.WriteByte(byte(n))
	}
}

// join gives a connection its number. What was said before is not for it; what
// somebody else sent to the network just now may be.
func (r *repeats) join(now int64, owner *atomic.Int64) (conn int) {
	if n := len(r.free); n > 0 {
		conn, r.free = r.free[n-1], r.free[:n-1]
	} else {
		conn = r.conns
		r.conns++
	}
	for _, k := range r.kinds {
		k.saw(conn, k.arrived(now, owner))
	}
	return conn
}

// arrived returns the index of the first line that may still be on its way to the
// network: one that its sender alone, who is another, has brought, by sending it.
func (k *kind) arrived(now int64, owner *atomic.Int64) int {
	i := len(k.lines)
	for ; i > 0; i-- {
		if s := k.lines[i-1]; s.by == nil || s.by == owner || now-s.came > int64(inFlight) || k.brought(i-1) > 1 {
			break
		}
	}
	return i
}

// brought returns how many connections have brought the line of an index.
func (k *kind) brought(i int) (n int) {
	for _, seen := range k.seen {
		if int(seen-k.first) > i {
			n++
		}
	}
	return n
}

func (r *repeats) leave(conn int) { r.free = append(r.free, conn) }

// saw notes that a connection has brought all lines before index i.
func (k *kind) saw(conn, i int) {
	for len(k.seen) <= conn {
		k.seen = append(k.seen, 0)
	}
	k.seen[conn] = max(k.seen[conn], k.first+int32(i))
}

// next returns the index of the first line that a connection has not brought.
func (k *kind) next(conn int) int {
	if conn >= len(k.seen) {
		return 0
	}
	return int(max(k.seen[conn]-k.first, 0))
}

// find returns the line that is the same as one that a connection brings, or nil
// where it is new. named tells that the line got its name by that.
func (r *repeats) find(conn int, is, name uint64, now int64) (s *sighting, named bool) {
	r.forget(now)
	k := r.kinds[is]
	if s := r.names[name]; s != nil && name != 0 {
		if k != nil && s.kind == is {
			for i := k.next(conn); i < len(k.lines); i++ {
				if k.lines[i] == s {
					k.saw(conn, i+1)
					break
				}
			}
		}
		return s, false
	}
	if k == nil {
		return nil, false
	}
	for i := k.next(conn); i < len(k.lines); i++ {
		s := k.lines[i]
		if name != 0 && s.name != 0 {
			continue // another line, which this connection was not told of
		}
		k.saw(conn, i+1)
		if name != 0 {
			r.name(s, name)
			return s, true
		}
		return s, false
	}
	return nil, false
}

// add remembers a new line that a connection brings. One that is not counted
// was said too long ago to be told of by others.
func (r *repeats) add(conn int, s sighting, counted bool) {
	if r.kinds == nil {
		r.kinds, r.names = map[uint64]*kind{}, map[uint64]*sighting{}
	}
	one, name := &s, s.name
	if name != 0 {
		one.name = 0
		r.name(one, name)
	}
	if !counted {
		return
	}
	k := r.kinds[s.kind]
	if k == nil {
		k = &kind{seen: make([]int32, r.conns)}
		r.kinds[s.kind] = k
	}
	k.lines = append(k.lines, one)
	k.saw(conn, len(k.lines))
	r.fresh = append(r.fresh, one)
}

// behind returns the greatest place among the lines that were said before a time,
// in Unix nanoseconds, and came after it; 0 where there are none. The lines of
// the last minute are looked at.
func (r *repeats) behind(at int64) (place int64) {
	for _, s := range slices.Backward(r.fresh) {
		if s.came < at {
			break
		}
		if s.said != 0 && s.said <= at {
			place = max(place, s.place)
		}
	}
	return place
}

// withdraw forgets a line that a connection alone has brought, and tells whether
// there is one.
func (r *repeats) withdraw(conn int, place int64) bool {
	for i, s := range slices.Backward(r.fresh) {
		if s.place != place {
			continue
		}
		k := r.kinds[s.kind]
		at := slices.Index(k.lines, s)
		for other, n := range k.seen {
			if other != conn && int(n-k.first) > at {
				return false
			}
		}
		k.lines = slices.Delete(k.lines, at, at+1)
		if int(k.seen[conn]-k.first) > at {
			k.seen[conn]--
		}
		if len(k.lines) == 0 {
			delete(r.kinds, s.kind)
		}
		r.fresh = slices.Delete(r.fresh, i, i+1)
		return true
	}
	return false
}

// name gives a line an id of the network's.
func (r *repeats) name(s *sighting, name uint64) {
	if s.name == 0 && r.names[name] == nil {
		s.name = name
		r.names[name] = s
		r.known = append(r.known, s)
	}
}

// forget forgets what is too old, or too much.
func (r *repeats) forget(now int64) {
	bound := repeatBound
	if r.conns-len(r.free) <= 1 {
		bound = repeatAlone
	}
	for len(r.fresh) > 0 && (len(r.fresh) > bound || now-r.fresh[0].came > int64(repeatWithin)) {
		s := r.fresh[0]
		r.fresh[0] = nil
		r.fresh = r.fresh[1:]
		k := r.kinds[s.kind]
		k.lines[0] = nil
		k.lines = k.lines[1:]
		k.first++
		if len(k.lines) == 0 {
			delete(r.kinds, s.kind)
		}
	}
	for len(r.known) > 0 && (len(r.known) > bound || now-r.known[0].came > int64(nameWithin)) {
		s := r.known[0]
		r.known[0] = nil
		r.known = r.known[1:]
		delete(r.names, s.name)
	}
}
