package component

import (
	"slices"
	"strconv"
	"time"

	"wherry/store"
	"wherry/transports"
)

// How much is kept for one user who is never there. Beyond it the oldest goes.
const (
	inboxMost  = 10000 // rows
	inboxBytes = 64 << 20
	inboxAge   = 30 * 24 * time.Hour
	trimPage   = 2000 // rows that are dropped at once
)

// full tells whether more is kept than should be.
func (in *inbox) full(most int) bool { return in.total > most || in.size > inboxBytes }

// trim drops the oldest rows of an inbox that has grown too big, or old: nobody
// has been there for them. The user is told from when to when.
func (u *user) trim() {
	in := u.in
	if in == nil || in.trimming {
		return
	}
	rows, err := u.d.c.conf.Store.Incoming(u.d.live, u.d.Name(), u.jid.String(), 0, trimPage)
	if err != nil {
		u.log().Error("read the inbox", "err", err)
		return
	}
	rows = slices.DeleteFunc(rows, func(row store.Incoming) bool { return slices.Contains(in.done, row.ID) })
	if n := tooMany(rows, in.total, in.size, u.d.c.inboxMost, time.Now().Add(-inboxAge)); n > 0 {
		u.dropRows(rows[:n])
	}
}

// tooMany returns how many of an inbox's first rows are to go: those from before
// a time, and where there are too many rows or bytes, as many as make it a tenth
// smaller than it may be.
func tooMany(rows []store.Incoming, total int, size int64, most int, before time.Time) (n int) {
	crowded := total > most || size > inboxBytes
	for n < len(rows) {
		smaller := total <= most-most/10 && size <= inboxBytes-inboxBytes/10
		if !rows[n].Created.Before(before) && (!crowded || smaller) {
			break
		}
		total--
		size -= int64(len(rows[n].Content))
		n++
	}
	return n
}

// dropRows drops rows and tells of it, in one step.
func (u *user) dropRows(rows []store.Incoming) {
	in := u.in
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	u.log().Warn("messages are dropped: nobody was there for them", "count", len(ids))
	u.d.stats.dropped.Add(int64(len(ids)))
	const format = "2006-01-02 15:04 MST"
	it := &item{Kind: itemNotice, ID: randomID(), Text: transports.T("%s messages that came for you between %s and %s were dropped: they had waited too long, or were too many.",
		strconv.Itoa(len(ids)), rows[0].Created.UTC().Format(format), rows[len(rows)-1].Created.UTC().Format(format))}
	in.rows = slices.DeleteFunc(in.rows, func(row *incoming) bool {
		_, gone := slices.BinarySearch(ids, row.ID)
		if gone && row.mark != 0 {
			in.opened(row, -1)
		}
		return gone
	})
	in.first = 0
	in.total -= len(ids)
	for _, row := range rows {
		in.size -= int64(len(row.Content))
	}
	in.trimming = true
	u.record(func(t *store.Tx) ([]store.Incoming, error) {
		if err := t.RemoveIncoming(ids); err != nil {
			return nil, err
		}
		return u.d.putItem(t, u.jid.String(), 0, it)
	}, func(u *user) { in.trimming = false })
}
