package component

import (
	"context"
	"errors"
	"slices"
	"time"

	"wherry/store"
)

const (
	flushAfter   = 100 * time.Millisecond
	flushGroup   = 1000  // records in one write
	flushAtOnce  = 500   // records that are not made to wait
	archiveBound = 50000 // records that may wait; beyond it lines are not kept
	archiveSlow  = 20000 // records that may wait before those who bring more must
	archiveTries = 100   // of a record whose account has no number yet
	archiveSpare = 8000  // records for which memory is kept, a megabyte
)

// What a network may have us keep: no server fills the disk, or memory.
const (
	archiveText  = 16 << 10 // bytes of a line
	archiveBytes = 64 << 20 // bytes that may wait
	archiveBurst = 16 << 20 // bytes of one account at once: what was said meanwhile in all its channels
	archiveRate  = 4 << 10  // bytes of one account a second, in the long run
	recordCost   = 64       // bytes that a line takes besides its texts
)

// put has something of a log kept. It is called with mu held.
func (ar *archive) put(l *roomLog, r record) {
	if ar.waiting >= archiveBound || ar.bytes >= archiveBytes {
		ar.lost++
		return
	}
	r.size = int32(recordCost + len(r.line.Nick) + len(r.line.NetID) + len(r.line.Content))
	ar.bytes += int(r.size)
	if n := len(ar.spare); l.pending == nil && n > 0 {
		l.pending, ar.spare = ar.spare[n-1], ar.spare[:n-1]
		ar.room -= cap(l.pending)
	}
	l.pending = append(l.pending, r)
	ar.waiting++
	ar.enqueue(l)
	switch {
	case !ar.armed:
		ar.armed = true
		ar.busy.add()
		time.AfterFunc(flushAfter, ar.flushDue)
	case ar.waiting == flushAtOnce:
		ar.busy.add()
		go func() {
			defer ar.busy.done()
			_ = ar.flush(context.Background())
		}()
	}
}

// enqueue has the next flush write what waits of a log. It is called with mu held.
func (ar *archive) enqueue(l *roomLog) {
	if !l.queued {
		l.queued = true
		ar.queue = append(ar.queue, l)
	}
}

// flushDue writes what waits, and again a moment later what could not be.
func (ar *archive) flushDue() {
	err := ar.flush(context.Background())
	if errors.Is(err, store.ErrClosed) {
		ar.busy.done()
		return
	}
	ar.mu.Lock()
	again := ar.waiting > 0
	ar.armed = again
	lost, over := ar.lost, ar.over
	ar.lost, ar.over = 0, 0
	ar.mu.Unlock()
	if lost > 0 {
		ar.log.Error("lines of rooms are missing in the archive: the store did not keep up", "lines", lost)
	}
	if over > 0 {
		ar.log.Warn("lines of rooms are missing in the archive: a network says too much", "lines", over)
	}
	if !again {
		ar.busy.done()
		return
	}
	wait := flushAfter
	if err != nil {
		ar.log.Error("keep what was said in rooms; it is tried again", "err", err)
		wait = storeRetry
	}
	time.AfterFunc(wait, ar.flushDue)
}

// flush returns when all is in the store that waits now.
func (ar *archive) flush(ctx context.Context) error {
	select {
	case ar.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-ar.turn }()
	logs := ar.due()
	for len(logs) > 0 {
		group := ar.group(logs)
		if err := ar.write(ctx, group); err != nil {
			ar.back(logs)
			return err
		}
		ar.settle(group)
		logs = slices.DeleteFunc(logs, func(l *roomLog) bool { return l.due == 0 })
	}
	return nil
}

// due returns the logs of which something waits, and notes how much: what comes
// from now on is for the next flush.
func (ar *archive) due() []*roomLog {
	ar.mu.Lock()
	defer ar.mu.Unlock()
	logs := ar.queue
	ar.queue = nil
	for _, l := range logs {
		l.queued, l.due = false, len(l.pending)
	}
	return logs
}

// back has the next flush write what this one could not.
func (ar *archive) back(logs []*roomLog) {
	ar.mu.Lock()
	defer ar.mu.Unlock()
	for _, l := range logs {
		l.due = 0
		ar.enqueue(l)
	}
}

// part is what a write takes of one log, and what becomes of it.
type part struct {
	log     *roomLog
	records []record
	row     int64 // the number of the log; 0: it has none
	later   []int // which of the records must wait for an account's number
}

// group returns what one write takes. Lines of one log are together, which costs
// the store least. They keep waiting until they are settled.
func (ar *archive) group(logs []*roomLog) (group []part) {
	ar.mu.Lock()
	defer ar.mu.Unlock()
	ar.copies = ar.copies[:0]
	for _, l := range logs {
		from := len(ar.copies)
		if from == flushGroup {
			break
		}
		ar.copies = append(ar.copies, l.pending[:min(l.due, flushGroup-from)]...) // a line may be changed meanwhile
		group = append(group, part{log: l, records: ar.copies[from:]})
	}
	return group
}

// settle follows the writing of a group: what is written waits no more.
func (ar *archive) settle(group []part) {
	ar.mu.Lock()
	defer ar.mu.Unlock()
	defer clear(ar.copies)
	for i := range group {
		p := &group[i]
		l, left := p.log, 0
		for j := range p.records {
			r := &l.pending[j]
			if r.tries++; len(p.later) > 0 && p.later[0] == j {
				p.later = p.later[1:]
				if r.tries < archiveTries {
					l.pending[left] = *r
					left++
					continue
				}
			}
			ar.waiting--
			ar.bytes -= int(r.size)
			if r.change != nil {
				delete(l.gone, r.change.gone)
			}
		}
		l.pending = slices.Delete(l.pending, left, len(p.records))
		l.due -= len(p.records)
		if p.row != 0 {
			l.row = p.row
		}
		l.settled++
		if len(l.pending) > 0 {
			ar.enqueue(l)
		} else {
			if ar.room += cap(l.pending); ar.room <= archiveSpare {
				ar.spare = append(ar.spare, l.pending)
			} else {
				ar.room -= cap(l.pending)
			}
			l.pending = nil
		}
		ar.drop(l)
	}
}

// wait returns when the store is not far behind, or ctx is done, or it is no use
// to wait any longer.
func (ar *archive) wait(ctx context.Context) error {
	ar.mu.Lock()
	slow := ar.waiting > archiveSlow
	ar.mu.Unlock()
	if !slow {
		return nil
	}
	ctx2, cancel := context.WithTimeout(ctx, flushWait)
	defer cancel()
	_ = ar.flush(ctx2)
	return ctx.Err()
}

// flushWait is how long who brings lines is made to wait, each time, where the
// store is far behind.
const flushWait = time.Second
