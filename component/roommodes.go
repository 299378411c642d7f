package component

import (
	"context"
	"strings"

	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/transports"
)

// modesOf returns the changes of modes that a message to a room is: all of it is
// "/mode" and what comes behind. Besides "/me" nothing else that is said in a
// room is ever taken for more than words.
func modesOf(m *stanza.Message, lang string) (changes string, ok bool) {
	body, _ := m.Body(lang)
	rest, ok := strings.CutPrefix(body, "/mode")
	if !ok || rest != "" && rest[0] != ' ' || strings.ContainsAny(body, "\r\n") {
		return "", false
	}
	return strings.TrimSpace(rest), true
}

// modes takes a message to a room that is changes of modes, and tells whether it
// is one.
func (u *user) modes(r *room, m *stanza.Message) bool {
	changes, ok := modesOf(m, u.language(m.Lang))
	if !ok {
		return false
	}
	ts := u.moder(r)
	if ts != nil {
		u.setModes(r, m, ts, changes)
	}
	return ts != nil
}

// moder returns the session that changes a room's modes, if it can.
func (u *user) moder(r *room) transports.Moder {
	if a := u.accounts.of(r.addr.Scope); a.online() {
		ts, _ := a.session.ts.(transports.Moder)
		return ts
	}
	return nil
}

// setModes has the network change a room's modes as the user wrote it. Nobody
// else is shown that line: it was not said. The client that sent it is, once it
// was done, so that it does not wait; and what the network answered.
func (u *user) setModes(r *room, m *stanza.Message, ts transports.Moder, changes string) {
	if !u.mayWrite() {
		u.fail(m, &transports.Error{Kind: transports.Busy})
		return
	}
	said := ""
	u.await(u.accounts.of(r.addr.Scope).session, func(ctx context.Context) (err error) {
		said, err = ts.SetModes(ctx, r.addr, changes)
		return err
	}, func(u *user, err error) {
		if err != nil {
			u.fail(m, err)
			return
		}
		s := r.view.Seat(m.From)
		if u.rooms.of(r.addr) != r || s == nil || !r.view.Live() {
			return
		}
		body, _ := m.Body(u.language(m.Lang))
		u.sendSeat(s, &stanza.Message{
			Header:  stanza.Header{From: r.view.Occupant(r.view.Nick()), To: m.From, ID: m.ID, Type: "groupchat"},
			Payload: []stanza.Element{stanza.T("", "body", body), stanza.E(muc.NSHints, "no-store")},
		})
		if said != "" {
			r.view.Remark(cutText(said, modesText), randomID())
		}
	})
}

// modesText is how much is shown of what the network answers, in bytes.
const modesText = 8 << 10
