package component

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/store"
	"wherry/transports"
)

// user is the live owner of one bare JID on one domain: of its accounts, rooms
// and contacts. All of it is touched only in the user's own turn, which the
// mailbox gives; everybody else posts.
type user struct {
	d   *Domain
	jid jid.JID

	box   mailbox[func(*user)]
	saver mailbox[save]   // writes to the store, in order
	chats *mailbox[*Chat] // nil before the first
	share share           // of the stream; the queue's

	sessions, online atomic.Int32 // for the state of the domain
	working          atomic.Int32 // slow works in progress
	here             atomic.Bool  // one of the user's clients is online
	lookUps          []func()     // in the archive; the first one is under way
	saving           atomic.Int32 // writes to the store that wait

	// The user's own, in its turn.
	stranger  bool // may not use the domain: nothing is kept
	reviving  bool // being made anew after a panic
	scrapped  bool // after a panic, and not made anew yet
	lang      string
	accounts  accounts
	contacts  map[string]*contact
	rooms     rooms
	ends      []end                                     // of the last session of each scope
	windows   []*window                                 // where room traffic goes
	byRoom    map[transports.Address]transports.Address // contacts last written to through a room
	threads   map[transports.Address]thread
	joins     *rate.Limiter
	messages  *rate.Limiter
	marks     int         // stanzas of the inbox that were written
	in        *inbox      // nil while nothing waits for the user
	resources []resource  // clients that are known to be online
	asked     time.Time   // when one of them was last asked whether it got its messages
	patient   time.Time   // none is asked before: they do not answer
	refusals  *complaints // nil while there were none
	read      *displays   // up to where rooms were; nil before one was
	stream    int32       // how many streams have ended
	waits     int32       // questions and works whose answers will come back here
	last      *heading    // of what the user sent; nil where that does not matter
	mailed    []*session  // those that have letters to send, at the end of the turn
}

// save is one write to the store.
type save func(context.Context, *store.Store) error

func newUser(d *Domain, who jid.JID, known bool) *user {
	u := &user{d: d, jid: who, stranger: !d.Allowed(who)}
	u.box.crew, u.saver.crew = d.c.crew, d.c.crew
	u.box.handle = func(f func(*user)) { f(u) }
	u.box.after = u.sendMailed
	u.box.idle = func() {
		if u.empty() {
			d.release(u)
		}
	}
	u.box.broken = u.broken
	u.saver.handle = func(s save) {
		defer u.saved()
		err := d.guard(func() error { return s(d.live, d.c.conf.Store) })
		if err != nil {
			u.log().Error("store", "err", err)
		}
	}
	if known && !u.stranger {
		u.box.post((*user).load)
	}
	return u
}

// log is the domain's, which names the user.
func (u *user) log() *slog.Logger { return u.d.log.With("user", u.jid.String()) }

// broken is told of a panic in the user's turn: it is logged and counted, the
// user is made anew from the store, and nobody else notices.
func (u *user) broken(p any) {
	u.d.panicked(p)
	u.scrap()
	if u.reviving {
		u.reviving = false // what the store has breaks us: go on without it
		return
	}
	// What is on its way to the store must be there before it is read.
	u.scrapped = true
	u.waits++
	u.persist(func(ctx context.Context, st *store.Store) error {
		err := st.Update(ctx, func(*store.Tx) error { return nil }) // behind those that nobody waits for
		u.box.post((*user).revive)
		return err
	})
}

// scrap ends what lives, without a word: nothing of it can be trusted.
func (u *user) scrap() {
	for _, a := range u.accounts {
		if a.session != nil {
			u.sessionOver(a)
		}
		if a.live {
			a.live = false
			u.online.Add(-1)
		}
	}
	for _, a := range u.accounts {
		if a.out != nil {
			u.stopTimer(a.out)
		}
	}
	for _, r := range u.rooms {
		u.closeLog(r)
	}
	u.accounts = nil
	clear(u.contacts)
	u.rooms = nil
	u.windows = nil
	u.in = nil
}

// revive loads what the store has after a scrap, and shows it.
func (u *user) revive() {
	u.waits--
	u.scrapped, u.reviving = false, true
	u.load()
	u.streamUp()
	u.reviving = false
}

// admit follows a change of who may use the domain.
func (u *user) admit() {
	allowed := u.d.Allowed(u.jid)
	switch {
	case allowed && u.stranger:
		u.stranger = false
		u.load()
		u.streamUp()
	case !allowed && !u.stranger:
		u.stranger = true
		u.expel()
	}
}

// expel ends the life of who may no longer use the domain. The store keeps what
// it has.
func (u *user) expel() {
	for _, a := range u.accounts {
		u.giveBack(a)
	}
	no := u.forbidden(u.lang)
	for _, r := range u.rooms {
		for len(r.waiting) > 0 {
			p := u.answered(r, r.waiting[0].presence.From)
			r.view.Rise(p.From)
			u.failJoin(p, no)
		}
		for _, s := range append([]*muc.Seat(nil), r.view.Seats()...) {
			r.view.Depart(s, no.Text)
		}
	}
	for _, c := range u.contacts {
		c.hide()
	}
	u.scrap()
}

// load reads what the store has of the user, and starts what is to run.
func (u *user) load() {
	st, ctx, name := u.d.c.conf.Store, u.d.live, u.jid.String()
	accounts, err := st.UserAccounts(ctx, u.d.Name(), name)
	if err != nil {
		u.log().Error("load accounts; it is tried again", "err", err)
		u.later(storeRetry, func(u *user) {
			if len(u.accounts) == 0 {
				u.load()
				u.streamUp()
			}
		})
		return
	}
	contacts, err := st.Contacts(ctx, u.d.Name(), name)
	if err != nil {
		u.log().Error("load contacts", "err", err)
	}
	if u.lang, err = st.Language(ctx, u.d.Name(), name); err != nil {
		u.log().Error("load language", "err", err)
	}
	for _, rec := range accounts {
		u.accounts.put(newAccount(u, rec))
	}
	for _, c := range contacts {
		u.loadContact(c)
	}
	for _, a := range u.accounts {
		u.loadChosen(a)
		u.loadRooms(a)
		u.loadOutbox(a)
		if u.connects(a) {
			u.startSession(a)
		}
	}
	u.loadInbox()
}

// empty tells that nothing is lost if the user is forgotten until the next
// stanza.
func (u *user) empty() bool {
	for _, a := range u.accounts {
		if !a.retired() {
			return false
		}
	}
	return len(u.contacts) == 0 && len(u.rooms) == 0 && u.in == nil &&
		u.waits == 0 && u.working.Load() == 0 && u.saving.Load() == 0
}

// streamUp shows the user what lives here, after the stream came up: nobody
// else tells them that we are back.
func (u *user) streamUp() {
	if u.stranger {
		return
	}
	for _, c := range u.contacts {
		c.show()
	}
	for _, r := range u.rooms {
		u.verifySeats(r)
	}
	u.deliver()
}

// streamDown notes that who sits in rooms may have heard nothing since.
func (u *user) streamDown(since time.Time) {
	u.stream++
	u.resources = nil // those who are still there are told of again
	u.here.Store(false)
	u.rewrite()
	u.windows = nil
	for _, r := range u.rooms {
		for _, s := range r.view.Seats() {
			r.view.Doubt(s, since.Truncate(time.Millisecond))
		}
	}
}

// farewell tells the user that the gateway goes (XEP-0100 §4.5, XEP-0045
// §15.6.2), while everything still works. What waits for a network is refused
// as long as that can be told.
func (u *user) farewell() {
	u.recall()
	u.windows = nil // what is held will never be read
	reason := u.text(transports.T("The gateway is shutting down."))
	for _, r := range u.rooms {
		r.view.Farewell(reason, statusShutdown)
	}
	for _, c := range u.contacts {
		c.hide()
	}
}

// giveBack fails the messages that wait for an account to be online, or for
// their turn.
func (u *user) giveBack(a *account) {
	err := &transports.Error{Kind: transports.Unreachable}
	for _, l := range a.held {
		l.done(u, transports.Sent{}, err)
	}
	a.held = nil
	if a.session != nil {
		a.session.recall()
	}
}

// recall fails what waits for a network: it was not sent.
func (u *user) recall() {
	for _, a := range u.accounts {
		u.giveBack(a)
	}
}

// stop ends the user's sessions.
func (u *user) stop() {
	for _, a := range u.accounts {
		u.stopSession(a)
		u.dispatch(a) // what was to be sent next was not
	}
}

// send writes a stanza to the stream.
func (u *user) send(st stanza.Stanza) bool { return u.d.link.send(&u.share, st) }

// fail answers a stanza with an error, where it may be answered.
func (u *user) fail(st stanza.Stanza, err error) { u.failIn(u.language(st.Head().Lang), st, err) }

// failIn is fail in a language. It may be called outside of the user's turn.
func (u *user) failIn(lang string, st stanza.Stanza, err error) {
	if reply := stanza.ErrorReply(st, StanzaError(err, lang)); reply != nil {
		u.d.answer(&u.share, reply)
	}
}

// language returns what to speak: the stanza's, else the user's last.
func (u *user) language(stanzaLang string) string {
	if stanzaLang != "" {
		return stanzaLang
	}
	return u.lang
}

// text returns one of our texts in the user's language.
func (u *user) text(t transports.Text) string { return text.In(u.lang, t) }

// persist has a write to the store done, after the earlier ones of this user.
// The user does not wait for it.
func (u *user) persist(s save) {
	u.d.busy.add()
	u.saving.Add(1)
	u.saver.post(s)
}

// saved follows a write to the store. Until the last one the user must not be
// forgotten: who is made anew reads what the store has.
func (u *user) saved() {
	if u.saving.Add(-1) == 0 {
		u.box.post(func(*user) {}) // look again whether the user is empty
	}
	u.d.busy.done()
}

// later has f run in the user's turn after a while. The user is not forgotten
// before.
func (u *user) later(d time.Duration, f func(*user)) *time.Timer {
	u.waits++
	return time.AfterFunc(d, func() {
		u.box.post(func(u *user) {
			u.waits--
			f(u)
		})
	})
}

// work runs f outside of the user's turn, in the domain's pool, and then done
// in the user's turn. It reports false where the user has too much going on.
func (u *user) work(f func(context.Context), done func(*user)) bool {
	if u.working.Add(1) > worksAtOne {
		u.working.Add(-1)
		return false
	}
	go func() {
		defer func() {
			u.box.post(func(u *user) {
				u.working.Add(-1)
				if done != nil {
					done(u)
				}
			})
		}()
		ctx, cancel := context.WithTimeout(u.d.live, u.d.c.patience.answer)
		defer cancel()
		select {
		case u.d.pool <- struct{}{}:
			defer func() { <-u.d.pool }()
		case <-ctx.Done():
			return
		}
		_ = u.d.guard(func() error {
			f(ctx)
			return nil
		})
	}()
	return true
}

// worksAtOne is how many slow works one user may have in progress.
const worksAtOne = 8

// ask sends an iq get and has done called in the user's turn with the answer,
// or with nil when none came in time.
func (u *user) ask(from, to jid.JID, query stanza.Element, wait time.Duration, done func(*user, *stanza.IQ)) {
	u.query(stanza.TypeGet, from, to, query, wait, done)
}

// query is ask for an iq of either type.
func (u *user) query(typ string, from, to jid.JID, query stanza.Element, wait time.Duration, done func(*user, *stanza.IQ)) {
	u.waits++
	id := u.d.asked.ask(from, to, wait, func(iq *stanza.IQ) {
		u.box.post(func(u *user) {
			u.waits--
			done(u, iq)
		})
	})
	u.send(&stanza.IQ{Header: stanza.Header{From: from, To: to, ID: id, Type: typ}, Payload: []stanza.Element{query}})
}

// chat hands a message to the gateway's own dialogue, at one of its addresses.
func (u *user) chat(m *stanza.Message, at transports.Address, body string) {
	at = kept(at)
	from, err := address(u.d.Name(), at)
	if err != nil {
		return
	}
	to := m.From.Bare()
	u.waits++ // else the next word might be heard beside this one
	if u.chats == nil {
		u.chats = &mailbox[*Chat]{crew: u.d.c.crew, handle: u.d.chat}
	}
	u.chats.post(&Chat{Domain: u.d, From: m.From, To: at, Text: body, Lang: u.language(m.Lang), say: func(s string) {
		u.send(&stanza.Message{
			Header:  stanza.Header{From: from, To: to, ID: randomID(), Type: "chat"},
			Payload: []stanza.Element{stanza.T("", "body", s)},
		})
	}})
}
