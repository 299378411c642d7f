package component

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"wherry/component/fault"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/subscription"
	"wherry/store"
	"wherry/transports"
)

// inbox is what the user is to be told, besides the store that keeps it until
// it is settled: shown to have arrived. It is the user's.
//
// Rows are written in their order, no more on their way than the window lets.
// When a stream ends, all that is not settled is written again, with the same
// ids: the user may see it twice, and will not miss it.
type inbox struct {
	rows  []*incoming // in order; what is settled is taken out
	last  int64       // the last row that is known
	paged int64       // up to this row all were read from the store
	more  bool        // the store has rows behind last
	total int         // rows in the store, as far as known
	size  int64       // and bytes
	first int         // no row before this one waits to be written
	open  int         // written, and not settled
	apart int         // of these, to one client only
	stale int         // what was written up to this mark was so before a client came, whose answers show nothing of it
	fast  int         // how many may be, towards a client that answers

	done     []int64 // settled, and to be removed from the store
	removing bool
	trimming bool

	bringing int // files on their way

	asking  bool // a client is asked whether it got what was written
	server  bool // a server is asked, or its stream watched
	held    hold
	until   time.Time // of heldAWhile
	retry   *time.Timer
	when    time.Time // the timer's
	bounces int       // in a row
}

// hold is why nothing is written.
type hold uint8

const (
	notHeld    hold = iota
	heldAway        // until the user shows up
	heldAWhile      // until a time
)

// incoming is one row of the inbox.
type incoming struct {
	store.Incoming
	kind     itemKind // this and what follows is set when it is written
	id       string   // of the stanza that tells it
	to       jid.JID
	mark     int       // the write that it was last; 0: to be written
	again    bool      // it may have been written before
	bringing *bringing // of a file that is to be brought first
	flooded  bool      // it was one of too many for a server's answer to prove anything
	aloud    bool      // a failure whose sender is gone: told in words
	bounced  bool      // once
}

const (
	windowSlow = 100  // on their way to a user who does not answer
	windowFast = 3200 // at most, to one who does
	pageSize   = 500  // rows that are held in memory
	lateAfter  = 30 * time.Second
)

// inboxOf returns the user's inbox, made if need be.
func (u *user) inboxOf() *inbox {
	if u.in == nil {
		u.in = &inbox{fast: windowSlow}
	}
	return u.in
}

// loadInbox takes up what waits in the store.
func (u *user) loadInbox() {
	total, size, err := u.d.c.conf.Store.IncomingCount(u.d.live, u.d.Name(), u.jid.String())
	if err != nil {
		u.log().Error("load the inbox; it is tried again", "err", err)
		u.later(storeRetry, (*user).loadInbox)
		return
	}
	u.in = nil // what is there by now is read again
	if total == 0 {
		return
	}
	in := u.inboxOf()
	in.total, in.size, in.more = total, size, true
	u.readInbox()
}

// readInbox reads on in the store where few rows are left.
func (u *user) readInbox() {
	in := u.in
	if !in.more || len(in.rows) >= pageSize/2 {
		return
	}
	rows, err := u.d.c.conf.Store.Incoming(u.d.live, u.d.Name(), u.jid.String(), in.last, pageSize)
	if err != nil {
		u.log().Error("read the inbox; it is tried again", "err", err)
		u.inboxLater(storeRetry)
		return
	}
	in.more = len(rows) == pageSize
	for _, row := range rows {
		in.last, in.paged = row.ID, row.ID
		in.rows = append(in.rows, &incoming{Incoming: row, again: row.Created.Before(u.d.c.started)})
	}
}

// came takes what came of a batch, in its order. What is in the inbox is told
// whatever has become of the session since.
func (u *user) came(s *session, scope transports.Scope, all []arrival) {
	a := u.accounts.of(scope)
	for _, x := range all {
		switch {
		case x.event == nil:
			u.arrive([]store.Incoming{x.row})
		case a != nil && a.session == s && s != nil:
			u.happened(a, []transports.Event{x.event})
		}
	}
}

// arrive takes rows that are in the store by now, and writes what may be
// written.
func (u *user) arrive(rows []store.Incoming) {
	if len(rows) == 0 || u.scrapped { // then they are read, behind those before them
		return
	}
	in := u.inboxOf()
	for _, row := range rows {
		in.take(row)
	}
	if in.full(u.d.c.inboxMost) {
		u.trim()
	}
	u.deliver()
}

// take takes a row that is in the store by now. Those of different makers may
// be told of in another order than they came there.
func (in *inbox) take(row store.Incoming) {
	if row.ID <= in.paged {
		return // it was read before it was told of
	}
	in.total++
	in.size += int64(len(row.Content))
	switch {
	case row.ID < in.last:
		i, _ := slices.BinarySearchFunc(in.rows, row.ID, func(r *incoming, id int64) int { return cmp.Compare(r.ID, id) })
		in.rows = slices.Insert(in.rows, i, &incoming{Incoming: row})
		in.first = min(in.first, i)
	case in.more || len(in.rows) >= pageSize:
		in.more = true // it is read when its turn comes
	default:
		in.last = row.ID
		in.rows = append(in.rows, &incoming{Incoming: row})
	}
}

// deliver writes what may be written now, and sees to it that it is settled.
func (u *user) deliver() {
	in := u.in
	if in == nil {
		return
	}
	u.readInbox()
	if wait := time.Until(in.until); in.held == heldAWhile && wait > 0 {
		u.inboxLater(wait)
	} else if in.held == heldAWhile {
		in.held = notHeld
	}
	if in.held == notHeld && !u.stranger && u.d.link.up() && !u.d.closing.Load() {
		if wait := u.d.link.young(u.d.c.patience.young); wait > 0 {
			u.inboxLater(wait)
		} else {
			u.writeOn()
		}
	}
	u.prove()
	u.sweepInbox()
}

// writeOn writes as many rows as may be on their way.
func (u *user) writeOn() {
	in, most := u.in, windowSlow
	if u.awake() != nil {
		most = in.fast
	}
	for in.first < len(in.rows) && in.rows[in.first].mark != 0 {
		in.first++
	}
	var held conversations
	for i := in.first; i < len(in.rows) && in.open < most; {
		row, rows := in.rows[i], len(in.rows)
		if row.mark == 0 && !u.suspended(row.Account) && !held.has(row) {
			if !u.write(row) {
				u.inboxLater(storeRetry)
				return
			}
			held.add(row, u.d.c.patience.holds)
		}
		if len(in.rows) == rows { // else it was settled at once
			i++
		}
	}
}

// conversations are those that wait for a file.
type conversations []*incoming

func (c conversations) has(row *incoming) bool {
	return slices.ContainsFunc(c, func(r *incoming) bool { return r.Account == row.Account && r.Chat == row.Chat })
}

// add has a row hold its conversation, if it is a file that is brought.
func (c *conversations) add(row *incoming, most time.Duration) {
	if row.mark == 0 && row.bringing != nil && row.bringing.holds(time.Now(), most) {
		*c = append(*c, row)
	}
}

// suspended tells whether an account is suspended: then nothing of it is told.
func (u *user) suspended(id int64) bool {
	if id == 0 {
		return false
	}
	for _, a := range u.accounts {
		if a.id.Load() == id {
			return !a.rec.Suspended.IsZero()
		}
	}
	return false
}

// write writes one row. It reports false where the stream takes nothing now.
func (u *user) write(row *incoming) bool {
	in := u.in
	it, err := decodeItem(row.Content)
	if err != nil {
		u.log().Error("a row of the inbox is dropped", "row", row.ID, "err", err)
		u.drop(row)
		return true
	}
	if it.wanting() && !u.bring(row, it) {
		return true
	}
	from, err := address(u.d.Name(), it.Chat)
	if err != nil {
		u.log().Warn("a message from an address without a JID", "from", it.Chat.String(), "err", err)
		u.drop(row)
		return true
	}
	if it.Kind == itemFailure && !row.aloud {
		by := it.sender(telling{user: u.jid})
		row.aloud = by.IsBare() || u.resources != nil && u.resource(by.Resource) == nil
	}
	how := telling{from: from, user: u.jid, lang: u.lang, aloud: row.aloud, thread: u.threadOf(it.Chat), asks: u.d.trails()}
	if row.again || time.Since(row.Created) > lateAfter {
		how.delayed = row.Created
	}
	own := it.Kind == itemMessage && it.Message.Own
	grant, attended := u.d.grants.of(u.jid), u.d.Transport().About().Attended
	how.answers, how.asked = u.replied(it.Answers, from, grant)
	if own && !grant.Messages() && attended {
		u.drop(row) // it was granted when that came
		return true
	}
	tell := it.stanza
	if own && grant.Messages() && (attended || grant.Shows()) {
		tell = func(how telling) *stanza.Message { return u.copyOf(it, how, grant) }
	}
	m := tell(how)
	if !u.whispered(it) {
		err := u.d.link.try(&u.share, m)
		if errors.Is(err, stanza.ErrTooBig) && it.shorten() {
			m = tell(how)
			err = u.d.link.try(&u.share, m)
		}
		switch {
		case errors.Is(err, errNoRoom):
			return false
		case err != nil: // it can never be written, and nothing must wait for it
			u.drop(row)
			u.tell(transports.T("A message for you could not be shown: your client or server would not take it."))
			return true
		}
	}
	u.introduce(it)
	u.marks++
	row.mark, row.kind, row.id, row.to = u.marks, it.Kind, m.ID, m.To
	in.opened(row, 1)
	row.flooded = in.open > windowSlow
	fault.At(fault.AfterWrite)
	if it.Kind == itemFailure && !row.aloud {
		u.proveFailure(row)
	}
	u.d.stats.written.Add(1)
	if fault.Broken(fault.NoResend) {
		u.settle(row)
	}
	return true
}

// introduce has who writes ask to be a contact of the user's, once.
func (u *user) introduce(it *item) {
	if it.Message == nil || !it.Message.Introduce || it.Chat.Kind != transports.Contact {
		return
	}
	if c, err := u.contact(it.Chat); err == nil && c.state == (subscription.State{}) {
		c.apply(subscription.Want)
	}
}

// whispered shows a message through the room in which its sender was last
// written to, where the user still is there, and reads what they are sent.
func (u *user) whispered(it *item) bool {
	if it.Kind != itemMessage || it.Message.Own {
		return false
	}
	r := u.rooms.of(u.byRoom[it.Message.Chat])
	if r == nil {
		return false
	}
	for _, s := range r.view.Seats() {
		if w := u.windowOf(s.JID.Resource); w != nil && (len(w.held) > 0 || w.sent-w.read >= windowSize) {
			return false
		}
	}
	return r.view.Whisper(it.Message.Nick, it.ID, shown(*it.Message))
}

// settle takes out a row that has arrived.
func (u *user) settle(row *incoming) {
	if u.takeOut(row) {
		u.d.stats.settled.Add(1)
	}
}

// drop takes out a row that will not arrive.
func (u *user) drop(row *incoming) {
	if u.takeOut(row) {
		u.d.stats.dropped.Add(1)
	}
}

// takeOut takes out a row, and reports false where it was out.
func (u *user) takeOut(row *incoming) bool {
	in := u.in
	i := slices.Index(in.rows, row)
	if i < 0 {
		return false
	}
	in.rows = slices.Delete(in.rows, i, i+1)
	in.first = min(in.first, i)
	in.gone(row)
	return true
}

// gone follows that a row was taken out.
func (in *inbox) gone(row *incoming) {
	in.size -= int64(len(row.Content))
	if row.mark != 0 {
		in.opened(row, -1)
	}
	in.bounces = 0
	in.done = append(in.done, row.ID)
}

// opened counts a row as written, or no more so.
func (in *inbox) opened(row *incoming, n int) {
	in.open += n
	if !row.to.IsBare() {
		in.apart += n
	}
}

// settleUpTo takes out what was written up to a mark.
func (u *user) settleUpTo(mark int, fits func(*incoming) bool) {
	in := u.in
	in.rows = slices.DeleteFunc(in.rows, func(row *incoming) bool {
		if row.mark == 0 || row.mark > mark || !fits(row) {
			return false
		}
		in.gone(row)
		u.d.stats.settled.Add(1)
		return true
	})
	in.first = 0
}

// sweepInbox removes from the store what is settled, and forgets an inbox that
// is empty.
func (u *user) sweepInbox() {
	in := u.in
	if len(in.done) > 0 && !in.removing {
		ids := in.done
		in.done, in.removing = nil, true
		u.waits++
		u.d.busy.add()
		u.d.c.conf.Store.UpdateAsync(func(t *store.Tx) error { return t.RemoveIncoming(ids) }, func(err error) {
			u.box.post(func(u *user) {
				u.waits--
				u.swept(in, ids, err)
			})
			u.d.busy.done()
		})
	}
	if len(in.rows) == 0 && !in.more && len(in.done) == 0 && !in.removing && !in.trimming && in.retry == nil && !in.server && !in.asking {
		u.in = nil
	}
}

// swept follows a removal from the store. One that failed is made again: the
// rows would be told anew after a restart.
func (u *user) swept(in *inbox, ids []int64, err error) {
	in.removing = false
	if err == nil {
		in.total -= len(ids)
	} else {
		u.log().Error("store", "err", err)
		in.done = append(in.done, ids...)
	}
	if u.in != in {
		return
	}
	if err != nil {
		u.inboxLater(storeRetry)
		return
	}
	u.deliver()
}

// inboxLater looks at the inbox again after a while at the latest.
func (u *user) inboxLater(d time.Duration) {
	in, when := u.in, time.Now().Add(d)
	if in.retry != nil && !when.Before(in.when) {
		return
	}
	if in.retry != nil && in.retry.Stop() {
		u.waits--
	}
	var timer *time.Timer
	timer = u.later(d, func(u *user) {
		if in.retry == timer {
			in.retry = nil
		}
		if u.in == in {
			u.deliver()
		}
	})
	in.retry, in.when = timer, when
}

// holdFor has nothing written for a while.
func (u *user) holdFor(d time.Duration) {
	in := u.in
	in.held, in.until = heldAWhile, time.Now().Add(d)
	u.inboxLater(d)
}

// rewrite has all that was written and is not settled written again: the stream
// has ended.
func (u *user) rewrite() {
	in := u.in
	if in == nil {
		return
	}
	u.d.stats.rewritten.Add(int64(in.open))
	for _, row := range in.rows {
		in.unwrite(row)
	}
	in.asking, in.server, in.stale = false, false, 0
}

// unwrite has a row written again.
func (in *inbox) unwrite(row *incoming) {
	if row.mark != 0 {
		in.opened(row, -1)
		row.mark, row.again = 0, true
		in.first = 0
	}
}

// inboxReceipt settles what a client of the user's says to have got.
func (u *user) inboxReceipt(id string) {
	if u.in == nil || id == "" {
		return
	}
	for _, row := range u.in.rows {
		if row.mark != 0 && row.id == id {
			u.settle(row)
			u.deliver()
			return
		}
	}
}

// receipts returns the id of the message that m confirms, or nothing
// (XEP-0184, XEP-0333).
func confirms(m *stanza.Message) string {
	if r := m.Child(nsReceipts, "received"); r != nil {
		return r.Attr("id")
	}
	for _, name := range []string{"displayed", "received", "acknowledged"} {
		if r := m.Child(nsMarkers, name); r != nil {
			return r.Attr("id")
		}
	}
	return ""
}
