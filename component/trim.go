package component

import (
	"slices"
	"strconv"
	"time"

	"wherry/store"
	"wherry/transports"
)

// trim drops the oldest rows of an inbox that has grown too big, or old: nobody
// has been there for them. The user is told from when to when.
func (u *user) trim() {
	in := u.in
	if in == nil || in.trimming {
		return
	}
	most := u.d.c.inboxMost
	over := 0
	if in.total > most {
		over = in.total - most + most/10
	}
	rows, err := u.d.c.conf.Store.Incoming(u.d.live, u.d.Name(), u.jid.String(), 0, max(over, pageSize))
	if err != nil {
		u.log.Error("read the inbox", "err", err)
		return
	}
	old := time.Now().Add(-inboxAge)
	n := over
	for n < len(rows) && rows[n].Created.Before(old) {
		n++
	}
	if n = min(n, len(rows)); n == 0 {
		return
	}
	u.dropRows(rows[:n])
}

// dropRows drops rows and tells of it, in one step.
func (u *user) dropRows(rows []store.Incoming) {
	in := u.in
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	u.log.Warn("messages are dropped: nobody was there for them", "count", len(ids))
	u.d.stats.dropped.Add(int64(len(ids)))
	const format = "2006-01-02 15:04 MST"
	it := &item{Kind: itemNotice, ID: randomID(), Text: transports.T("%s messages that came for you between %s and %s were dropped: they had waited too long, or were too many.",
		strconv.Itoa(len(ids)), rows[0].Created.UTC().Format(format), rows[len(rows)-1].Created.UTC().Format(format))}
	in.rows = slices.DeleteFunc(in.rows, func(row *incoming) bool {
		_, gone := slices.BinarySearch(ids, row.ID)
		if gone && row.mark != 0 {
			in.open--
		}
		return gone
	})
	in.total -= len(ids)
	in.trimming = true
	u.record(func(t *store.Tx) ([]store.Incoming, error) {
		if err := t.RemoveIncoming(ids); err != nil {
			return nil, err
		}
		return u.d.putItem(t, u.jid.String(), 0, it)
	}, func(u *user) { in.trimming = false })
}
