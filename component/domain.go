package component

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// Domain is one XMPP domain of the gateway, with its one transport and the
// users who live on it.
type Domain struct {
	c      *Component
	log    *slog.Logger
	conf   atomic.Pointer[DomainConfig]
	link   *link
	share  share // of the stream, for what the gateway says for itself
	asked  *tracker
	key    []byte        // of keyed ids
	pool   chan struct{} // one slot for each slow work in progress
	dials  *turnstile    // for sessions that connect
	sends  chan struct{} // one slot for each request to the network of a message
	stats  stats
	live   context.Context
	late   late
	grants grants
	busy   tally // sessions that run, and writes to the store that wait

	archive *archive // of rooms

	ready   atomic.Bool // started: live and key are there
	closing atomic.Bool
	panics  atomic.Int64
	claims  sync.Mutex // held while an account is stored that takes something upstream
	barred  sync.Map   // by user and scope, the *bar that stands there
	enrols  sync.Map   // by user and scope, what of transports.Enroller can be done there now
	forgets sync.Map   // by user and scope, closed when what a removed account had changed upstream is put back
	summed  sync.Map   // by Where, what presence says of abilities

	mu    sync.Mutex // guards what follows
	users map[jid.JID]*user
	known map[string]bool // bare JIDs of whom the store has something
}

const (
	poolSize   = 64
	dialsAtOne = 50
	inboxBound = 20000 // stanzas that may wait for one user
)

func newDomain(c *Component, conf DomainConfig) *Domain {
	d := &Domain{
		c: c, log: c.log.With("domain", conf.Domain),
		asked: newTracker(),
		pool:  make(chan struct{}, poolSize),
		dials: newTurnstile(cmp.Or(conf.Transport.About().LogIns, dialsAtOne)),
		sends: make(chan struct{}, sendsInAll),
		users: map[jid.JID]*user{},
		known: map[string]bool{},
	}
	d.conf.Store(&conf)
	d.link = newLink(d)
	d.archive = newArchive(d)
	return d
}

// Name returns the domain's name: the address of its gateway.
func (d *Domain) Name() string { return d.conf.Load().Domain }

// JID returns the gateway's own address.
func (d *Domain) JID() jid.JID { return jid.JID{Domain: d.Name()} }

// Transport returns the network behind the domain.
func (d *Domain) Transport() transports.Transport { return d.conf.Load().Transport }

// Allowed tells whether a user may use the domain at all.
func (d *Domain) Allowed(user jid.JID) bool { return d.conf.Load().allows(user.Bare()) }

// Admin tells whether a user administers the domain.
func (d *Domain) Admin(user jid.JID) bool {
	for _, a := range d.conf.Load().Admins {
		if a == user.Bare() {
			return true
		}
	}
	return false
}

// Limits returns the bounds on what one user may have.
func (d *Domain) Limits() Limits { return d.conf.Load().Limits }

// parent is the domain whose server we are attached to, as far as names tell.
func (d *Domain) parent() jid.JID {
	if _, parent, ok := strings.Cut(d.Name(), "."); ok && parent != "" {
		return jid.JID{Domain: parent}
	}
	return d.JID()
}

// start reads who there is, and starts the sessions of those who are always
// connected.
func (d *Domain) start(live context.Context) error {
	d.live = live
	st := d.c.conf.Store
	d.key = st.InstanceKey()
	if err := st.EndMemberships(live, d.Name()); err != nil {
		return err
	}
	accounts, err := st.Accounts(live, d.Name())
	if err != nil {
		return err
	}
	d.mu.Lock()
	for _, a := range accounts {
		d.known[a.User] = true
	}
	d.mu.Unlock()
	err = st.EachContact(live, d.Name(), func(c store.Contact) error {
		d.mu.Lock()
		d.known[c.User] = true
		d.mu.Unlock()
		return nil
	})
	if err != nil {
		return err
	}
	waiting, err := st.IncomingUsers(live, d.Name())
	if err != nil {
		return err
	}
	d.mu.Lock()
	for _, name := range waiting {
		d.known[name] = true
	}
	d.mu.Unlock()
	d.ready.Store(true)
	for _, a := range accounts {
		waiting = append(waiting, a.User)
	}
	for _, name := range waiting {
		if who, err := jid.Parse(name); err == nil {
			d.post(who, func(*user) {}) // loading starts what is to run
		}
	}
	return nil
}

// stop refuses new work, tells users and rooms, and ends the stream in order.
// Only when what came meanwhile is refused too, the sessions end.
func (d *Domain) stop(within time.Duration) {
	d.closing.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	d.each(ctx, (*user).farewell)
	d.each(ctx, func(*user) {}) // what was given back is told
	d.link.awaitLull(ctx)
	d.link.finish(within * 3 / 4)
	d.each(ctx, (*user).recall)
	d.each(ctx, func(*user) {})
	d.answerLate(ctx)
	d.each(ctx, (*user).stop)
	if err := d.busy.wait(ctx); err != nil {
		d.log.Warn("stopped before everything was said", "err", err)
	}
}

// each has f run in the turn of every user of the moment, and waits for it.
func (d *Domain) each(ctx context.Context, f func(*user)) {
	var wg sync.WaitGroup
	for _, u := range d.all() {
		wg.Go(func() { _ = d.do(ctx, u.jid, f) })
	}
	wg.Wait()
}

// all returns the users of the moment.
func (d *Domain) all() []*user {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*user, 0, len(d.users))
	for _, u := range d.users {
		all = append(all, u)
	}
	return all
}

// reload takes over a new configuration, and names what must wait.
func (d *Domain) reload(conf DomainConfig) (later []string) {
	old := d.conf.Load()
	for _, x := range []struct {
		name  string
		fixed bool
	}{
		{"secret", old.Secret == conf.Secret},
		{"server", old.Server == conf.Server},
		{"tls", (old.TLS == nil) == (conf.TLS == nil)},
	} {
		if !x.fixed {
			later = append(later, fmt.Sprintf("%s of %s", x.name, conf.Domain))
		}
	}
	next := *old
	next.Allow, next.Admins, next.Required = conf.Allow, conf.Admins, conf.Required
	next.Persistent, next.Grace, next.Limits = conf.Persistent, conf.Grace, conf.Limits
	next.RecordHistory, next.SharedHistory = conf.RecordHistory, conf.SharedHistory
	next.HistoryAge, next.HistoryCount = conf.HistoryAge, conf.HistoryCount
	d.conf.Store(&next)
	for _, u := range d.all() {
		u.box.post((*user).admit)
	}
	d.greet() // those who may use it again
	return later
}

func (d *Domain) status() DomainStatus {
	s := DomainStatus{
		Domain: d.Name(), Streams: d.link.streams.Load(), Delivery: d.stats.delivery(),
		Withheld: d.link.withheld.Load(), Dropped: d.link.dropped.Load(), Panics: d.panics.Load(),
	}
	var err error
	s.Connected, s.Since, err = d.link.state()
	if err != nil {
		s.Err = err.Error()
	}
	for _, u := range d.all() {
		s.Users++
		s.Sessions += int(u.sessions.Load())
		s.Online += int(u.online.Load())
	}
	return s
}

// deliver gives a stanza to the user it comes from. One who floods faster than
// is kept up with gets errors, so that nobody else has to wait.
func (d *Domain) deliver(st stanza.Stanza) {
	h := st.Head()
	if h.From.IsZero() || d.c.domains[h.From.Domain] != nil && st.Name() != "iq" || d.granted(st) {
		return
	}
	closing := d.closing.Load()
	if !closing && d.postBelow(h.From.Bare(), inboxBound, func(u *user) { u.receive(st) }) {
		if st.Name() == "presence" {
			runtime.Gosched() // to join is much work: whoever does it comes back for the next one's
		}
		return
	}
	err := &transports.Error{Kind: transports.Busy}
	if closing {
		err = &transports.Error{Kind: transports.Unreachable, Text: transports.T("The gateway is shutting down.")}
	}
	if p, ok := st.(*stanza.Presence); ok && p.Child(nsMUC, "x") == nil {
		return
	}
	if reply := stanza.ErrorReply(st, StanzaError(err, h.Lang)); reply != nil {
		d.answer(&d.share, reply)
	}
}

// post appends work for a user, who is made if need be.
func (d *Domain) post(who jid.JID, f func(*user)) { d.postBelow(who, math.MaxInt, f) }

func (d *Domain) postBelow(who jid.JID, bound int, f func(*user)) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.users[who]
	if u == nil {
		u = newUser(d, who.Clone(), d.known[who.String()])
		d.users[u.jid] = u
	}
	return u.box.offer(f, bound)
}

// do has f run in the user's turn and waits until it did.
func (d *Domain) do(ctx context.Context, who jid.JID, f func(*user)) error {
	done := make(chan struct{})
	d.post(who, func(u *user) {
		defer close(done)
		f(u)
	})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// release forgets a user that has nothing left to remember, unless new work
// came in the meantime.
func (d *Domain) release(u *user) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users[u.jid] == u && u.box.len() == 0 {
		delete(d.users, u.jid)
	}
}

// guard runs f outside of a user's turn. A panic in it is logged and counted,
// and becomes an error.
func (d *Domain) guard(f func() error) (err error) {
	defer d.caught(&err)
	return f()
}

// chat handles a message to the gateway's own dialogue.
func (d *Domain) chat(c *Chat) {
	_ = d.guard(func() error {
		d.c.chat(d.live, c)
		return nil
	})
}

// caught is deferred where a panic is to become an error.
func (d *Domain) caught(err *error) {
	if p := recover(); p != nil {
		d.panicked(p)
		*err = fmt.Errorf("panic: %v", p)
	}
}

// panicked logs and counts a panic.
func (d *Domain) panicked(p any) {
	d.panics.Add(1)
	d.log.Error("panic", "value", p, "stack", string(debug.Stack()))
}

// streamUp has every user show themselves again; see user.streamUp.
func (d *Domain) streamUp() {
	for _, u := range d.all() {
		u.box.post((*user).streamUp)
	}
	d.greet()
}

// streamDown tells every user that nobody hears them, since a time.
func (d *Domain) streamDown(since time.Time) {
	for _, u := range d.all() {
		u.box.post(func(u *user) { u.streamDown(since) })
	}
}

// greet loads the users that the store knows and that are not here yet, so that
// they are shown our presence after a start.
func (d *Domain) greet() {
	d.mu.Lock()
	var absent []jid.JID
	for name := range d.known {
		if who, err := jid.Parse(name); err == nil && d.users[who] == nil {
			absent = append(absent, who)
		}
	}
	d.mu.Unlock()
	for _, who := range absent {
		d.post(who, (*user).streamUp)
	}
}

// note remembers whether the store has something of a user.
func (d *Domain) note(who jid.JID, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known {
		d.known[who.String()] = true
	} else {
		delete(d.known, who.String())
	}
}

// purgeEvery is how often suspended accounts are looked through.
const purgeEvery = time.Hour

// purgeExpired removes the accounts whose grace is over, and their users'
// traces.
func (d *Domain) purgeExpired(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		old, err := d.c.conf.Store.Expired(ctx, d.Name(), time.Now().Add(-d.conf.Load().Grace))
		if err != nil && ctx.Err() == nil {
			d.log.Error("look for suspended accounts", "err", err)
		}
		for _, a := range old {
			who, err := jid.Parse(a.User)
			if err != nil {
				continue
			}
			if err := d.Purge(ctx, who, transports.Scope(a.Scope)); err != nil && !errors.Is(err, store.ErrNotFound) {
				d.log.Error("remove a suspended account", "err", err)
			}
		}
		for _, u := range d.all() {
			u.box.post((*user).trim)
		}
		d.prune(ctx, time.Now())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// How long the store remembers what has passed.
const (
	keepEnded = 24 * time.Hour      // a message that ended, for its client to send it again
	keepSent  = 7 * 24 * time.Hour  // one of which the network may say more
	keepSeen  = 14 * 24 * time.Hour // an event, for the network to tell it again

	keepTrails = 400 * 24 * time.Hour // what a message leaves, for the one that answers it
	mostTrails = 20000                // of one account; beyond it the oldest go
)

// prune has the store forget what has passed at a time.
func (d *Domain) prune(ctx context.Context, now time.Time) {
	err := d.c.conf.Store.Prune(ctx, now.Add(-keepEnded), now.Add(-keepSent), now.Add(-keepSeen))
	if err != nil && ctx.Err() == nil {
		d.log.Error("forget what has passed", "err", err)
	}
	conf, before := d.conf.Load(), time.Time{}
	if conf.HistoryAge > 0 {
		before = now.Add(-conf.HistoryAge)
	}
	if err := d.c.conf.Store.PruneLogs(ctx, d.Name(), before, conf.HistoryCount); err != nil && ctx.Err() == nil {
		d.log.Error("forget what was said in rooms", "err", err)
	}
	if err := d.c.conf.Store.PruneTrails(ctx, d.Name(), now.Add(-keepTrails), mostTrails); err != nil && ctx.Err() == nil {
		d.log.Error("forget what messages left", "err", err)
	}
	lapsed, err := d.c.conf.Store.Lapsed(ctx, d.Name(), now.Add(-purgeEvery))
	if err != nil && ctx.Err() == nil {
		d.log.Error("look for accounts that nothing is left of", "err", err)
	}
	for _, a := range lapsed {
		if who, err := jid.Parse(a.User); err == nil {
			d.post(who, func(u *user) { u.lapse(a.ID) })
		}
	}
}

// Purge removes a suspended account, and the user with it, contacts and all,
// where no account is in use any more.
func (d *Domain) Purge(ctx context.Context, who jid.JID, scope transports.Scope) error {
	all, err := d.Accounts(ctx, who)
	if err != nil {
		return err
	}
	for _, a := range all {
		if transports.Scope(a.Scope) == scope && a.Suspended.IsZero() {
			return nil // it has resumed meanwhile
		}
	}
	for _, a := range all {
		if a.Suspended.IsZero() {
			after, err := d.UnregisterOne(ctx, who, scope)
			if err == nil {
				after()
			}
			return err
		}
	}
	after, err := d.Unregister(ctx, who, "")
	if err == nil {
		after()
	}
	return err
}
