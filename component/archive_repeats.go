package component

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
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
//
// One connection alone tells of no line twice but by the past: while there is no
// other, lines are only noted, and counted when one comes.
type repeats struct {
	kinds map[uint64]*kind // nil: nothing is counted
	names map[uint64]named // by the network's id
	fresh ring[sighting]   // by when they came
	known ring[known]      // by when they got their names
	conns []*atomic.Int64  // whose the connections are, or were, by the numbers that were given out
	free  []int            // of these numbers, those that are free
	alone int              // the number of the one that brought what is not counted
}

// sighting is one line.
type sighting struct {
	place int64 // 0: it was withdrawn
	came  int64 // Unix nanoseconds
	said  int64 // by the network's clock, Unix nanoseconds; 0: it does not tell
	kind  uint64
	name  uint64 // 0: none
	by    int    // 1 and the number of the connection that sent it, and does not know when it arrives; 0: it came from the network
}

// named is a line that has an id of the network's.
type named struct {
	place int64
	kind  uint64
}

// known is such an id, and when its line came.
type known struct {
	name uint64
	came int64
}

// kind is what was said of one kind lately.
type kind struct {
	first int32   // number of the first of lines
	lines []int   // by their numbers in fresh
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

// unmarked has a 1 for every byte that counts in a text.
var unmarked = func() (all [256]uint8) {
	for c := range all {
		if strings.IndexByte("*_`~ ", byte(c)) < 0 {
			all[c] = 1
		}
	}
	return all
}()

// kindOf sums up what lines of a kind have in common.
func kindOf(nick string, style transports.Style, text string, apart int64) uint64 {
	var short [600]byte // no line of IRC is longer
	b := short[:]
	if most := len(nick) + 10 + len(text); most > len(b) {
		b = make([]byte, most)
	}
	n := copy(b, nick)
	b[n], b[n+1] = 0, byte(style)
	binary.LittleEndian.PutUint64(b[n+2:], uint64(apart))
	n += 10
	for i := range len(text) {
		b[n] = text[i]
		n += int(unmarked[text[i]])
	}
	return maphash.Bytes(repeatSeed, b[:n])
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
	if r.kinds == nil && (r.present() > 0 || r.underWay(now, owner)) {
		r.count()
	}
	if n := len(r.free); n > 0 {
		conn, r.free = r.free[n-1], r.free[:n-1]
		r.conns[conn] = owner
	} else {
		conn = len(r.conns)
		r.conns = append(r.conns, owner)
	}
	for _, k := range r.kinds {
		k.saw(conn, r.arrived(k, now, owner))
	}
	return conn
}

// present returns how many connections there are.
func (r *repeats) present() int { return len(r.conns) - len(r.free) }

// count counts what was only noted.
func (r *repeats) count() {
	r.kinds = map[uint64]*kind{}
	for n := r.fresh.first; n < r.fresh.end; n++ {
		if s := r.fresh.at(n); s.place != 0 {
			r.tally(r.alone, n, s.kind)
		}
	}
}

// tally counts a line that a connection brought, by its number in fresh.
func (r *repeats) tally(conn, n int, is uint64) {
	k := r.kinds[is]
	if k == nil {
		k = &kind{seen: make([]int32, len(r.conns))}
		r.kinds[is] = k
	}
	k.lines = append(k.lines, n)
	k.saw(conn, len(k.lines))
}

// arrived returns the index of the first line of a kind that may still be on its
// way to the network: one that its sender alone, who is another, has brought, by
// sending it.
func (r *repeats) arrived(k *kind, now int64, owner *atomic.Int64) int {
	i := len(k.lines)
	for ; i > 0; i-- {
		if !r.flies(r.fresh.at(k.lines[i-1]), now, owner) || k.brought(i-1) > 1 {
			break
		}
	}
	return i
}

// underWay tells whether arrived may say so of any line.
func (r *repeats) underWay(now int64, owner *atomic.Int64) bool {
	for n := r.fresh.first; n < r.fresh.end; n++ {
		if r.flies(r.fresh.at(n), now, owner) {
			return true
		}
	}
	return false
}

// flies tells whether a line was sent to the network just now, by another one's
// connection.
func (r *repeats) flies(s *sighting, now int64, owner *atomic.Int64) bool {
	return s.by != 0 && r.conns[s.by-1] != owner && now-s.came <= int64(inFlight)
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

// find returns the place of the line that is the same as one that a connection
// brings, or 0 where it is new. called tells that the line got its name by that.
func (r *repeats) find(conn int, is, name uint64, now int64) (place int64, called bool) {
	r.forget(now)
	k := r.kinds[is]
	if s, ok := r.names[name]; ok && name != 0 {
		if k != nil && s.kind == is {
			for i := k.next(conn); i < len(k.lines); i++ {
				if r.fresh.at(k.lines[i]).place == s.place {
					k.saw(conn, i+1)
					break
				}
			}
		}
		return s.place, false
	}
	if k == nil {
		return 0, false
	}
	for i := k.next(conn); i < len(k.lines); i++ {
		s := r.fresh.at(k.lines[i])
		if name != 0 && s.name != 0 {
			continue // another line, which this connection was not told of
		}
		k.saw(conn, i+1)
		r.name(s, name)
		return s.place, name != 0
	}
	return 0, false
}

// add remembers a new line that a connection brings. One that is not counted
// was said too long ago to be told of by others.
func (r *repeats) add(conn int, s sighting, counted bool) {
	if r.kinds == nil && r.present() > 1 {
		r.count()
	}
	name := s.name
	s.name = 0
	r.name(&s, name)
	if !counted {
		return
	}
	r.fresh.push(s)
	if r.kinds == nil {
		r.alone = conn
		return
	}
	r.tally(conn, r.fresh.end-1, s.kind)
}

// behind returns the greatest place among the lines that were said before a time,
// in Unix nanoseconds, and came after it; 0 where there are none. The lines of
// the last minute are looked at.
func (r *repeats) behind(at int64) (place int64) {
	for n := r.fresh.end - 1; n >= r.fresh.first; n-- {
		s := r.fresh.at(n)
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
	for n := r.fresh.end - 1; n >= r.fresh.first; n-- {
		s := r.fresh.at(n)
		if s.place != place {
			continue
		}
		if r.kinds != nil && !r.uncount(conn, n, s.kind) {
			return false
		}
		s.place = 0
		return true
	}
	return false
}

// uncount takes back a line that a connection alone has brought, and tells whether
// it has.
func (r *repeats) uncount(conn, n int, is uint64) bool {
	k := r.kinds[is]
	at := slices.Index(k.lines, n)
	for other, seen := range k.seen {
		if other != conn && int(seen-k.first) > at {
			return false
		}
	}
	k.lines = slices.Delete(k.lines, at, at+1)
	if int(k.seen[conn]-k.first) > at {
		k.seen[conn]--
	}
	if len(k.lines) == 0 {
		delete(r.kinds, is)
	}
	return true
}

// name gives a line an id of the network's, if it has none.
func (r *repeats) name(s *sighting, name uint64) {
	if _, taken := r.names[name]; taken || name == 0 || s.name != 0 {
		return
	}
	if r.names == nil {
		r.names = map[uint64]named{}
	}
	s.name = name
	r.names[name] = named{s.place, s.kind}
	r.known.push(known{name, s.came})
}

// forget forgets what is too old, or too much.
func (r *repeats) forget(now int64) {
	bound := repeatBound
	if r.present() <= 1 {
		bound = repeatAlone
	}
	for r.fresh.len() > 0 {
		s := r.fresh.at(r.fresh.first)
		if r.fresh.len() <= bound && now-s.came <= int64(repeatWithin) {
			break
		}
		if k := r.kinds[s.kind]; k != nil && s.place != 0 {
			k.lines = k.lines[1:]
			k.first++
			if len(k.lines) == 0 {
				delete(r.kinds, s.kind)
			}
		}
		r.fresh.pop()
	}
	if r.fresh.len() == 0 && r.present() <= 1 {
		r.kinds = nil
	}
	for r.known.len() > 0 {
		s := r.known.at(r.known.first)
		if r.known.len() <= bound && now-s.came <= int64(nameWithin) {
			break
		}
		delete(r.names, s.name)
		r.known.pop()
	}
}
