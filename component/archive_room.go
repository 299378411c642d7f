package component

import (
	"time"

	"golang.org/x/time/rate"

	"wherry/component/muc"
	"wherry/transports"
)

// openLog has a room's lines go to a log, from now on: to the one that all share
// whose connections prove that they reach the same network, else to the
// account's own. The proof is the name of the host that was dialled and whose
// certificate was verified; what a network calls itself counts for nothing.
func (u *user) openLog(a *account, r *room, ev transports.Joined) {
	u.closeLog(r)
	r.view.SetLogged(false)
	if !u.records(r.addr) || a.session == nil {
		return
	}
	key := logKey{host: string(a.scope), room: r.addr.Name, owner: &a.id}
	if s, ok := a.session.ts.(transports.Sharer); ok {
		if host, shares := s.Shares(); shares && host != "" {
			key.host, key.owner = host, nil
		}
	}
	if a.share == nil {
		a.share = rate.NewLimiter(archiveRate, archiveBurst)
	}
	r.log = u.d.archive.tap(u.d.live, key, &a.id)
	r.log.share = a.share
	if told(ev.Config) {
		r.log.setPublic(isPublic(ev.Config))
	}
	r.view.SetLogged(true)
}

// closeLog ends what openLog began.
func (u *user) closeLog(r *room) {
	if r.log != nil {
		r.log.close()
		r.log = nil
	}
}

// told tells whether a room's kind says anything: before the network has said
// what it is like, it looks like one in which all is allowed.
func told(c transports.RoomConfig) bool {
	return c != transports.RoomConfig{Room: c.Room, OpenSubject: c.OpenSubject}
}

func isPublic(c transports.RoomConfig) bool { return !c.Hidden && !c.MembersOnly && !c.Password }

// readsAll tells whether whoever is in the room may read all that was said in it
// while it was public. A log of one's own one reads anyway, and more than that.
func (u *user) readsAll(r *room) bool {
	return r != nil && r.log != nil && r.log.shared() && r.view.Live() && u.d.conf.Load().SharedHistory && r.log.public()
}

// pastOf is what who joins is shown of a room. Where nothing is recorded, the
// room's own memory serves.
func (u *user) pastOf(r *room, want muc.History) ([]muc.Past, bool) {
	if r.log == nil {
		return nil, false
	}
	a := u.accounts.of(r.addr.Scope)
	reacts := a != nil && a.can&transports.CanReact != 0
	return r.log.before(u.d.live, want, u.readsAll(r), reacts), true
}

// keep records a line that came from the network, and returns the id by which it
// is shown. again tells that the user was shown it before.
func (u *user) keep(r *room, m transports.Message) (id string, again bool) {
	if r.log != nil && !u.records(r.addr) { // not any more
		u.closeLog(r)
		r.view.SetLogged(false)
	}
	if r.log == nil {
		return u.messageID(m), false
	}
	s := speech{
		nick: m.Nick, key: m.Key, text: m.Text, style: m.Style, netID: m.ID,
		at: m.Time, delayed: m.Delayed, apart: m.Apart, own: m.Own,
	}
	if s.key == "" {
		s.key = r.view.Key(m.Nick)
	}
	if m.ReplyTo != "" {
		s.replyTo, s.replyBy = u.toWhat(r, m.ReplyTo)
	}
	place, again := r.log.take(u.d.live, s)
	return stanzaID(place), again
}

// toWhat returns the stanza-id of the line that the network calls so, and the nick
// of who said it; nothing where that is not known.
func (u *user) toWhat(r *room, netID string) (id, nick string) {
	if line, ok := r.view.Named(netID); ok {
		return line.ID, line.Nick
	}
	id, ok := r.log.ByNetID(u.d.live, netID)
	if !ok {
		return "", ""
	}
	_, nick, _ = r.log.NetID(u.d.live, id)
	return id, nick
}

// keepOwn records a part of what the user said, as others are told of it, and
// returns the id by which it is shown: id, where nothing is recorded. as is what
// the network calls it, where that is known.
func (u *user) keepOwn(r *room, nick string, part transports.Message, as string, at time.Time, id string) string {
	if r.log == nil {
		return id
	}
	part.ID, part.Nick, part.Time = as, nick, at
	part.Own = as == "" && at.IsZero() // else the network has it
	id, _ = u.keep(r, part)
	return id
}
