package component

import (
	"slices"
	"time"

	"wherry/component/muc"
	"wherry/transports"
)

// echoes are lines that were sent to rooms whose network shows them when it has
// them: only then are they said. It is the user's.
type echoes struct {
	waiting []*echo             // in the order in which they were sent
	early   []transports.Status // of lines that are not known to be sent yet
	watched bool                // it will be looked whether one is overdue
}

// echo is one line, and what the network calls the parts of it.
type echo struct {
	room  *room
	line  muc.Line
	parts map[string]transports.Message // those that were not shown yet, by the ids of their sending
	until time.Time
}

// earlyEchoes is how many are kept of those that came before we knew that the
// line was sent.
const earlyEchoes = 64

// errUnechoed is why a line fails that the network did not show. It may have it.
func errUnechoed() error {
	return &transports.Error{Kind: transports.Unreachable, Unsure: true,
		Text: transports.T("The network did not show this message. Others may have seen it all the same.")}
}

// awaitEcho has a line said when the network shows all of its parts.
func (u *user) awaitEcho(a *account, r *room, l muc.Line, parts []transports.Message, ids []string) {
	e := &echo{room: r, line: l, parts: map[string]transports.Message{}, until: time.Now().Add(u.d.c.patience.echo)}
	for i, id := range ids {
		e.parts[id] = parts[min(i, len(parts)-1)]
	}
	a.echoes.waiting = append(a.echoes.waiting, e)
	u.watchEchoes(a)
	for _, st := range slices.Clone(a.echoes.early) {
		if st.Chat == r.addr && slices.Contains(ids, st.ID) {
			a.echoes.early = slices.DeleteFunc(a.echoes.early, func(other transports.Status) bool { return other == st })
			u.shown(a, e, st)
		}
	}
}

// watchEchoes looks for lines that are overdue when the first of them may be.
func (u *user) watchEchoes(a *account) {
	if a.echoes.watched || len(a.echoes.waiting) == 0 {
		return
	}
	a.echoes.watched = true
	u.later(time.Until(a.echoes.waiting[0].until), func(u *user) {
		a.echoes.watched = false
		for len(a.echoes.waiting) > 0 && !time.Now().Before(a.echoes.waiting[0].until) {
			u.fail(a.echoes.waiting[0].line.Sent, errUnechoed())
			a.echoes.waiting = slices.Delete(a.echoes.waiting, 0, 1)
		}
		u.watchEchoes(a)
	})
}

// echoed follows that the network shows a part of a line.
func (u *user) echoed(a *account, st transports.Status) {
	if st.Chat.Kind != transports.Room {
		return // nothing waits for it
	}
	if e := a.echoes.find(st); e != nil {
		u.shown(a, e, st)
		return
	}
	if len(a.echoes.early) == earlyEchoes {
		a.echoes.early = slices.Delete(a.echoes.early, 0, 1)
	}
	a.echoes.early = append(a.echoes.early, st)
}

// shown notes a part as shown, and says the line with the last of them.
func (u *user) shown(a *account, e *echo, st transports.Status) {
	part := e.parts[st.ID]
	delete(e.parts, st.ID)
	if st.As != "" {
		e.line.Net = append(e.line.Net, st.As)
	}
	if !st.Time.IsZero() {
		e.line.Time = st.Time
	}
	here := u.rooms.of(e.room.addr) == e.room
	if here {
		if nick := e.room.view.Nick(); nick != "" {
			e.line.Nick = nick
		}
		e.line.ID = u.keepOwn(e.room, e.line.Nick, part, st.As, st.Time, e.line.ID)
	}
	if len(e.parts) > 0 {
		return
	}
	a.echoes.remove(e)
	if here {
		e.room.view.Say(e.line)
		return
	}
	u.fail(e.line.Sent, &transports.Error{Kind: transports.Absent,
		Text: transports.T("You had left the room when this message was shown there. Others have seen it.")})
}

// unechoed fails what the network did not show before the connection ended.
func (u *user) unechoed(a *account) {
	waiting := a.echoes.waiting
	a.echoes.waiting, a.echoes.early = nil, nil
	for _, e := range waiting {
		u.fail(e.line.Sent, errUnechoed())
	}
}

// find returns the line that a status is about, or nil.
func (es *echoes) find(st transports.Status) *echo {
	for _, e := range es.waiting {
		if _, ok := e.parts[st.ID]; ok && e.room.addr == st.Chat {
			return e
		}
	}
	return nil
}

// drop forgets the line that a failure is about.
func (es *echoes) drop(st transports.Status) {
	if e := es.find(st); e != nil {
		es.remove(e)
	}
}

func (es *echoes) remove(e *echo) {
	es.waiting = slices.DeleteFunc(es.waiting, func(other *echo) bool { return other == e })
}
