package component

import (
	"context"
	"strings"
	"time"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// This file has what users do in rooms besides talking, where the network has it
// too: reactions (XEP-0444), replies (XEP-0461), taking back (XEP-0424, XEP-0425),
// typing (XEP-0085), markers (XEP-0333), being away.

// gestures returns the features of a room whose account can do more than write.
func gestures(a *account) (features []string) {
	if a == nil {
		return nil
	}
	for _, f := range []struct {
		can     transports.Ability
		feature string
	}{
		{transports.CanReply, muc.NSReply}, {transports.CanReact, muc.NSReact}, {transports.CanRedact, muc.NSRetract},
		{transports.CanRedact, muc.NSModer}, {transports.CanType, muc.NSStates},
	} {
		if a.can&f.can != 0 {
			features = append(features, f.feature)
		}
	}
	return features
}

var errUnknownLine = &transports.Error{Kind: transports.NotFound, Text: transports.T("The network does not know that message, or it was too long ago.")}

// with has something asked of an account's session that implements T, if the
// connection can do that, and done called with the one answer.
func with[T any](u *user, a *account, can transports.Ability, ask func(context.Context, T) error, done func(*user, error)) {
	if !a.online() {
		done(u, &transports.Error{Kind: transports.Unreachable})
		return
	}
	ts, ok := a.session.ts.(T)
	if !ok || a.can&can != can {
		done(u, &transports.Error{Kind: transports.Unsupported})
		return
	}
	if a.session.crowded() {
		done(u, &transports.Error{Kind: transports.Busy})
		return
	}
	u.aside(a.session, func(ctx context.Context) error { return ask(ctx, ts) }, done)
}

// crowded tells whether no more may be asked of the network now.
func (s *session) crowded() bool { return s.asides != nil && s.asides.len() >= asidesBound }

// asidesBound is how much may wait to be asked of one account's network.
const asidesBound = 50

// refer has a message of the user's say which one it answers or corrects. Where
// the network cannot tell, it begins with the nick of who is answered, as people
// do there, or with a mark.
func (u *user) refer(a *account, r *room, m *stanza.Message, out *transports.Message) {
	if fix := m.Child(muc.NSCorrect, "replace"); fix != nil {
		if line, ok := u.point(r, fix.Attr("id")); ok && a.can&transports.CanReply != 0 {
			out.ReplyTo = line.Net
		}
		out.Corrects, out.Text = true, "* "+out.Text
		return
	}
	to := m.Child(muc.NSReply, "reply")
	if to == nil {
		return
	}
	line, known := u.point(r, to.Attr("id"))
	if known && a.can&transports.CanReply != 0 {
		out.ReplyTo, out.ReplyBy = line.Net, line.Nick
		return
	}
	nick := line.Nick
	if j, err := jid.Parse(to.Attr("to")); nick == "" && err == nil {
		nick = j.Resource
	}
	if nick != "" && out.Style == transports.Say && !strings.HasPrefix(strings.ToLower(out.Text), strings.ToLower(nick)) {
		out.Text = nick + ": " + out.Text
	}
}

// retractLine takes back a line of the user's.
func (u *user) retractLine(r *room, m *stanza.Message, id string) {
	line, ok := u.point(r, id)
	if ok && line.Nick != r.view.Nick() {
		u.fail(m, &transports.Error{Kind: transports.Forbidden})
		return
	}
	u.redact(r, line, ok, "", func(u *user, err error) {
		if err != nil {
			u.fail(m, err)
			return
		}
		u.forget(r, line, line.Nick, "")
		r.view.Redact(transports.Redacted{ID: line.Net, By: line.Nick}, line, m, "")
	})
}

// redact has the network take back a line.
func (u *user) redact(r *room, line muc.Pointed, known bool, reason string, done func(*user, error)) {
	a := u.accounts.of(r.addr.Scope)
	switch {
	case a == nil || a.can&transports.CanRedact == 0:
		done(u, &transports.Error{Kind: transports.Unsupported, Text: transports.T("Nothing can be taken back on this network.")})
	case !known:
		done(u, errUnknownLine)
	default:
		nets := r.view.Nets(line)
		with(u, a, transports.CanRedact, func(ctx context.Context, ts transports.Redacter) error {
			for _, net := range nets {
				if err := ts.Redact(ctx, r.addr, net, reason); err != nil {
					return err
				}
			}
			return nil
		}, done)
	}
}

// forget takes all parts of a line out of the archive.
func (u *user) forget(r *room, line muc.Pointed, by, reason string) {
	r.log.Redact(u.d.live, line.ID, by, reason)
	for _, net := range r.view.Nets(line) {
		if id, kept := r.log.ByNetID(u.d.live, net); kept {
			r.log.Redact(u.d.live, id, by, reason)
		}
	}
}

// roomModerate takes back somebody's line (XEP-0425 §3).
func roomModerate(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	r, _, err := u.liveRoom(q)
	if err != nil {
		return nil, err
	}
	if q.Payload.Child(muc.NSRetract, "retract") == nil {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	}
	reason := q.Payload.ChildText(muc.NSModer, "reason")
	line, known := u.point(r, q.Payload.Attr("id"))
	u.redact(r, line, known, reason, func(u *user, err error) {
		if err == nil {
			by := r.view.Nick()
			u.forget(r, line, by, reason)
			r.view.Redact(transports.Redacted{ID: line.Net, By: by, Reason: reason}, line, nil, randomID())
		}
		u.answer(q, nil, err)
	})
	return nil, errLater
}

// point returns the line of a room that clients know by an id: one of the last,
// or one of the archive's.
func (u *user) point(r *room, id string) (muc.Pointed, bool) {
	if line, ok := r.view.Point(id); ok {
		return line, true
	}
	net, nick, ok := r.log.NetID(u.d.live, id)
	place, _ := parseStanzaID(id)
	return muc.Pointed{ID: id, Net: net, Nick: nick, Time: store.PlaceTime(place)}, ok
}

// redacted follows that a line was taken back: it is forgotten, and the seats are
// told.
func (u *user) redacted(r *room, ev transports.Redacted) {
	line, ok := r.view.Named(ev.ID)
	if id, kept := r.log.ByNetID(u.d.live, ev.ID); kept {
		if !ok && u.unreacted(r, id) {
			return
		}
		if !ok {
			line, ok = u.point(r, id)
		}
		r.log.Redact(u.d.live, id, ev.By, ev.Reason)
	}
	if ok {
		r.view.Redact(ev, line, nil, randomID())
	}
}

// gesture takes a message to a room that says nothing: typing, or how far the
// user has read.
func (u *user) gesture(r *room, m *stanza.Message) {
	a := u.accounts.of(r.addr.Scope)
	if a == nil {
		return
	}
	if state, ok := muc.ParseState(m); ok && a.can&transports.CanType != 0 {
		u.tellTyping(a, r.addr, state)
	}
	if id := displayed(m); id != "" {
		u.tellRead(a, r, id)
	}
}

// displayed returns the id of the message that m says to be read (XEP-0333), or
// nothing.
func displayed(m *stanza.Message) string {
	return m.Child(nsMarkers, "displayed").Attr("id")
}

// typeTo tells a contact that the user writes.
func (u *user) typeTo(m *stanza.Message, to transports.Address) {
	a := u.accounts.of(to.Scope)
	if state, ok := muc.ParseState(m); ok && a != nil && a.can&transports.CanType != 0 {
		u.tellTyping(a, to, state)
	}
}

// typingEvery is how often the network is told that the user still writes.
const typingEvery = 3 * time.Second

// tellTyping tells the network whether the user writes, not too often.
func (u *user) tellTyping(a *account, chat transports.Address, state transports.Typing) {
	var last typed
	if a.typed != nil {
		last = *a.typed
	}
	if last == (typed{chat, state, last.at}) && (state == transports.NotTyping || time.Since(last.at) < typingEvery) {
		return
	}
	if state == transports.NotTyping && last.chat != chat {
		return // nobody was told that they did
	}
	a.typed = &typed{chat, state, time.Now()}
	with(u, a, transports.CanType, func(ctx context.Context, ts transports.Typer) error { return ts.Type(ctx, chat, state) }, func(*user, error) {})
}

// typed is what the network was last told of the user's typing.
type typed struct {
	chat  transports.Address
	state transports.Typing
	at    time.Time
}

// typed follows that somebody on the network writes.
func (u *user) typed(ev transports.Typed) {
	if ev.Chat.Kind == transports.Room {
		u.inRoom(ev.Chat, func(r *room) { r.view.Typed(ev, randomID()) })
		return
	}
	from, err := address(u.d.Name(), ev.Chat)
	if err != nil {
		return
	}
	u.send(&stanza.Message{
		Header:  stanza.Header{From: from, To: u.jid, ID: randomID(), Type: "chat"},
		Payload: []stanza.Element{muc.State(ev.State), stanza.E(nsHints, "no-store")},
	})
}
