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
)

// What a network may have us keep: no server fills the disk, or memory.
const (
	archiveText  = 16 << 10 // bytes of a line
	archiveBytes = 64 << 20 // bytes that may wait
	archiveBurst = 16 << 20 // bytes of one account at once: what was said meanwhile in all its channels
	archiveRate  = 4 << 10  // bytes of one account a second, in the long run
	recordCost   = 64       // bytes that a line takes besides its texts
)

// put has something kept. It is called with mu held.
func (ar *archive) put(r record) {
	if len(ar.waiting) >= archiveBound || ar.bytes >= archiveBytes {
		ar.lost++
		return
	}
	r.size = recordCost
	if r.line != nil {
		r.size += len(r.line.Nick) + len(r.line.NetID) + len(r.line.Content)
	}
	ar.bytes += r.size
	if r.line != nil {
		r.log.pending = append(r.log.pending, r.line)
	}
	ar.waiting = append(ar.waiting, r)
	switch {
	case !ar.armed:
		ar.armed = true
		ar.busy.add()
		time.AfterFunc(flushAfter, ar.flushDue)
	case len(ar.waiting) == flushAtOnce:
		ar.busy.add()
		go func() {
			defer ar.busy.done()
			_ = ar.flush(context.Background())
		}()
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
	again := len(ar.waiting) > 0
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
	ar.mu.Lock()
	left := len(ar.waiting)
	ar.mu.Unlock()
	for left > 0 {
		group := ar.group(min(left, flushGroup))
		left -= len(group)
		fate, err := ar.write(ctx, group)
		ar.settle(group, fate, err)
		if err != nil {
			return err
		}
	}
	return nil
}

// group returns the first records that wait. They keep waiting until they are
// settled.
func (ar *archive) group(n int) []record {
	ar.mu.Lock()
	defer ar.mu.Unlock()
	group := slices.Clone(ar.waiting[:n])
	for i := range group {
		if l := group[i].line; l != nil {
			copied := *l // a line may be taken back meanwhile
			group[i].line = &copied
		}
	}
	return group
}

// fate is what became of a group: the numbers of its logs, and the records
// that must wait for their account's.
type fate struct {
	rows  map[*roomLog]int64
	later map[int]bool
}

// write writes a group. What belongs to an account that is gone is passed over.
func (ar *archive) write(ctx context.Context, group []record) (out fate, err error) {
	update := ar.store.Update
	if slices.ContainsFunc(group, func(r record) bool { return r.gone != 0 }) {
		update = ar.store.Erase
	}
	err = update(ctx, func(t *store.Tx) error {
		out = fate{map[*roomLog]int64{}, map[int]bool{}} // it may be run again
		var lines []store.Line                           // that are to be added before the next change
		for i := range group {
			r := &group[i]
			row, err := ar.rowOf(t, r.log, out.rows)
			switch {
			case err != nil || row == 0:
			case r.line != nil:
				var l store.Line
				if l, err = r.line.stored(row); err == nil {
					lines = append(lines, l)
				}
			default:
				if err := t.AddLines(lines); err != nil {
					return err
				}
				lines = lines[:0]
				err = r.change(t, row)
			}
			switch {
			case errors.Is(err, errNoAccount):
				out.later[i] = true
			case err != nil && !errors.Is(err, store.ErrNotFound):
				return err
			}
		}
		return t.AddLines(lines)
	})
	return out, err
}

var errNoAccount = errors.New("the account has no number yet")

// rowOf returns the number of a log, which begins to exist; 0 where its account is
// gone.
func (ar *archive) rowOf(t *store.Tx, l *roomLog, rows map[*roomLog]int64) (int64, error) {
	if row, ok := rows[l]; ok {
		return row, nil
	}
	name := l.key.name(ar.domain)
	if l.key.owner != nil && name.Account == 0 {
		return 0, errNoAccount
	}
	row, err := t.Log(name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, err
	}
	rows[l] = row
	return row, nil
}

// stored returns a line as the store has it, in a log of this number.
func (l *line) stored(row int64) (store.Line, error) {
	out := l.Line
	out.Log = row
	if l.only != nil {
		if out.Account = l.only.Load(); out.Account == 0 {
			return out, errNoAccount
		}
	}
	return out, nil
}

// settle follows the writing of a group: what is written waits no more.
func (ar *archive) settle(group []record, out fate, err error) {
	ar.mu.Lock()
	defer ar.mu.Unlock()
	if err != nil {
		return
	}
	var again []record
	settled, logs := map[*line]bool{}, map[*roomLog]bool{}
	for i, r := range ar.waiting[:len(group)] {
		logs[r.log] = true
		if r.tries++; out.later[i] && r.tries < archiveTries {
			again = append(again, r)
			continue
		}
		ar.bytes -= r.size
		delete(r.log.gone, r.gone)
		if r.line != nil {
			settled[r.line] = true
		}
	}
	for l := range logs {
		if row := out.rows[l]; row != 0 {
			l.row = row
		}
		l.pending = slices.DeleteFunc(l.pending, func(p *line) bool { return settled[p] })
		l.settled++
		ar.drop(l)
	}
	ar.waiting = append(again, ar.waiting[len(group):]...)
}

// wait returns when the store is not far behind, or ctx is done, or it is no use
// to wait any longer.
func (ar *archive) wait(ctx context.Context) error {
	ar.mu.Lock()
	slow := len(ar.waiting) > archiveSlow
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
