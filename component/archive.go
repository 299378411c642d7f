package component

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"wherry/store"
)

// archive owns the logs of a domain's rooms while somebody is in them: what was
// said there lately, and what is on its way to the store.
//
// Users take lines to it in their turn, and get the ids by which these are
// shown. They never wait for the disk: lines are committed in groups, a moment
// later. Lines that were shown and not committed when the gateway is killed are
// lost, and their ids are not given out again.
type archive struct {
	store  *store.Store
	domain string
	log    *slog.Logger
	busy   *tally
	salt   int64         // tells ids of this process from those of others at the same time
	turn   chan struct{} // has the one who writes
	copies []record      // what they write; theirs

	mu      sync.Mutex // guards what follows, and all logs; held for no longer than it takes to look something up
	logs    map[logKey]*roomLog
	queue   []*roomLog // with something on its way to the store
	waiting int        // records on their way there, in all logs
	bytes   int        // of these
	spare   [][]record // memory for what waits
	room    int        // records that it is for
	armed   bool       // a flush is to come
	over    int        // lines beyond what an account may have recorded
	lost    int        // lines that the store did not take
}

// logKey names a log in memory. The number of an account may not be known yet.
type logKey struct {
	host, room string
	owner      *atomic.Int64 // nil: shared
}

// roomLog is the log of one room: as one account sees it, or as all see it who
// share it.
type roomLog struct {
	key     logKey
	row     int64 // its number in the store; 0: it has none yet
	last    int64 // the greatest id that was given out
	taps    int   // connections that bring lines
	public  bool  // they were told that everybody can find and enter the room
	repeats repeats
	pending []record // what is on its way to the store, as it came
	due     int      // of these the first, which a flush is about to write
	queued  bool     // it is in the archive's queue
	settled int      // how often some of them arrived there

	gone map[int64][]byte // what became of lines of the store, on its way there
}

// record is one thing on its way to the store: a line, or another change of a
// log. One that is neither was a line, and withdrawn.
type record struct {
	line   store.Line    // its ID is 0 where there is none
	only   *atomic.Int64 // the account to whom it was said; nil: to all
	change *change
	tries  int32
	size   int32 // bytes that it keeps waiting, about
}

// change is what may be made of a log more than once.
type change struct {
	do   func(t *store.Tx, log int64) error
	gone int64 // the id of the line that it takes back: its text is to be gone from the store's files
}

func newArchive(d *Domain) *archive {
	return &archive{
		store: d.c.conf.Store, domain: d.Name(), log: d.log, busy: &d.busy,
		salt: rand.Int64N(1 << 10), turn: make(chan struct{}, 1), logs: map[logKey]*roomLog{},
	}
}

// open returns a log, which stays until it is closed as often. It reads the
// store where the log is not in memory.
func (ar *archive) open(ctx context.Context, key logKey) *roomLog {
	ar.mu.Lock()
	l := ar.logs[key]
	if l != nil {
		l.taps++
	}
	ar.mu.Unlock()
	if l != nil {
		return l
	}
	var row, last int64
	if name := key.name(ar.domain); key.owner == nil || name.Account != 0 {
		var err error
		if row, last, err = ar.store.FindLog(ctx, name); err != nil && !errors.Is(err, store.ErrNotFound) {
			ar.log.Error("read the archive", "err", err)
		}
	}
	ar.mu.Lock()
	defer ar.mu.Unlock()
	if l = ar.logs[key]; l == nil {
		l = &roomLog{key: key, row: row, last: last}
		ar.logs[key] = l
	}
	l.taps++
	return l
}

func (k logKey) name(domain string) store.Log {
	name := store.Log{Domain: domain, Host: k.host, Room: k.room}
	if k.owner != nil {
		name.Account = k.owner.Load()
	}
	return name
}

// close gives a log up. It is called with mu held.
func (ar *archive) close(l *roomLog) {
	l.taps--
	l.public = l.public && l.taps > 0 // else nobody follows it
	ar.drop(l)
}

// drop forgets a log that nobody needs. It is called with mu held.
func (ar *archive) drop(l *roomLog) {
	if l.taps == 0 && len(l.pending) == 0 && ar.logs[l.key] == l {
		delete(ar.logs, l.key)
	}
}

// next returns the id of a line that is said now. It is called with mu held.
func (ar *archive) next(l *roomLog, now time.Time) int64 {
	l.last = max(l.last+1, store.Place(now)+ar.salt)
	return l.last
}
