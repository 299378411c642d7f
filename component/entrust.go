package component

import (
	"cmp"
	"crypto/sha256"
	"strings"
	"time"

	"wherry/component/fault"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

const (
	nsReceipts   = "urn:xmpp:receipts"
	nsMarkers    = "urn:xmpp:chat-markers:0"
	nsCorrect    = "urn:xmpp:message-correct:0"
	nsRetract    = "urn:xmpp:message-retract:1"
	nsRetractOld = "urn:xmpp:message-retract:0"
	nsFasten     = "urn:xmpp:fasten:0"
)

// entrust takes a message to a contact: it counts as taken once the outbox has
// it, and goes out when it can, within About.MaxAge. Until then the user may
// change it (XEP-0308) or take it back (XEP-0424). It may go to others, too.
func (u *user) entrust(m *stanza.Message, to transports.Address, lang string, parties ...transports.Party) {
	if a := u.accounts.of(to.Scope); m.Child(nsCorrect, "replace") != nil && a != nil && a.taking > 0 {
		u.whenTaken(func(u *user) { u.take(m, to, lang, parties) })
		return
	}
	u.take(m, to, lang, parties)
}

// whenTaken has f called when what was written so far is in the outbox, or was not
// taken: before that nobody knows what a change is of.
func (u *user) whenTaken(f func(*user)) {
	u.waits++
	u.d.busy.add()
	u.d.c.conf.Store.UpdateAsync(func(*store.Tx) error { return nil }, func(error) {
		u.box.post(func(u *user) {
			u.waits--
			f(u)
		})
		u.d.busy.done()
	})
}

// take is entrust for a message whose turn it is.
func (u *user) take(m *stanza.Message, to transports.Address, lang string, parties []transports.Party) {
	var msg transports.Message
	about := u.d.Transport().About()
	if about.Files {
		msg = saidWithFiles(m, lang, about.Trails)
	} else {
		msg.Text, msg.Style = said(m, lang)
	}
	switch {
	case msg.Text == "" && len(msg.Attachments) == 0:
	case tooLong(msg.Text):
		u.fail(m, &transports.Error{Kind: transports.TooLong})
	default:
		msg.Parties = parties
		u.entrustAs(m, to, msg, posted{})
	}
}

// entrustAs is entrust for what a message says, or does.
func (u *user) entrustAs(m *stanza.Message, to transports.Address, msg transports.Message, post posted) {
	if !u.mayWrite() {
		u.fail(m, &transports.Error{Kind: transports.Busy})
		return
	}
	fault.At(fault.AfterRead)
	a, err := u.courier(m, to.Scope)
	if err != nil {
		u.fail(m, err)
		return
	}
	if a.unread {
		u.fail(m, &transports.Error{Kind: transports.Busy})
		return
	}
	msg.ID, msg.Chat, msg.Text, msg.Markup = randomID(), kept(to), strings.Clone(msg.Text), true
	if u.d.trails() {
		converse(m, &msg, &post)
	} else {
		u.useThread(m, to)
	}
	post.To = u.via(m, msg.Chat)
	if r := m.Child(nsCorrect, "replace"); r != nil && msg.Gesture == nil {
		post.Corrects = strings.Clone(r.Attr("id"))
		if l, number := a.out.waiting(msg.Chat, post.Corrects); l != nil {
			u.correct(m, a, l, number, msg, post)
			return
		}
		msg.Corrects, msg.Text = true, "* "+msg.Text // it is out: no network of this kind takes it back
	}
	parts, err := u.parts(a, m, msg, post)
	if err != nil {
		u.fail(m, err)
		return
	}
	rows, bytes := a.taking, 0
	if a.out != nil {
		rows, bytes = rows+a.out.rows, a.out.bytes
	}
	if rows > 0 && (rows+len(parts) > u.d.Limits().Queue || bytes+len(msg.Text) > queueBytes) {
		u.fail(m, &transports.Error{Kind: transports.Busy,
			Text: transports.T("Too many messages are waiting for this network already.")})
		return
	}
	if fault.Broken(fault.LateCommit) {
		u.sendFirst(a, parts)
		return
	}
	u.put(m.Header.Clone(), a, parts)
	u.rest(a)
}

// courier returns the account by which a message goes out. Where people are
// guests it is made by that, and one that the network refuses takes none.
func (u *user) courier(m *stanza.Message, scope transports.Scope) (*account, error) {
	if e := u.mayUse(scope, m.Lang); e != nil {
		return nil, e
	}
	if u.d.Transport().About().Attended {
		return u.reach(scope, m.From.Local, u.language(m.Lang))
	}
	if a := u.accounts.of(scope); a != nil && a.id.Load() != 0 {
		return a, nil
	}
	return nil, u.unregistered(u.language(m.Lang))
}

// put stores the parts of a message and has them sent. One that was taken
// before is not taken again: its sender is told what came of it.
func (u *user) put(head stanza.Header, a *account, parts []store.Outgoing) {
	a.taking += len(parts)
	a.wrote = true
	if a.id.Load() != 0 && len(a.entering) == 0 {
		u.lodge(head, a, parts)
		return
	}
	u.enroll(a, func(u *user, err error) {
		if err != nil || u.accounts.of(a.scope) != a {
			a.taking -= len(parts)
			u.refuseQueued(&stanza.Message{Header: head}, cmp.Or(err, store.ErrNotFound))
			return
		}
		u.lodge(head, a, parts)
	})
}

// lodge is put for an account that is in the store.
func (u *user) lodge(head stanza.Header, a *account, parts []store.Outgoing) {
	var number int64
	var repeated bool
	var before []store.Outgoing
	for i := range parts {
		parts[i].Account = a.id.Load() // it may not have had one when they were made
	}
	u.waits++
	u.d.busy.add()
	u.d.c.conf.Store.UpdateAsync(func(t *store.Tx) (err error) {
		if number, repeated, err = t.AddOutgoing(parts); err != nil || !repeated {
			return err
		}
		before, err = t.Outgoing(number)
		return err
	}, func(err error) {
		if err == nil {
			fault.At(fault.AfterOutbox)
		}
		u.box.post(func(u *user) {
			u.waits--
			a.taking -= len(parts)
			switch {
			case err != nil:
				u.refuseQueued(&stanza.Message{Header: head}, err)
			case repeated:
				u.repeat(head, before)
			case u.accounts.of(a.scope) == a:
				for _, p := range parts {
					u.queue(a, p)
				}
				u.dispatch(a)
				u.turnAwayNew(a)
			}
		})
		u.d.busy.done()
	})
}

// repeat tells again what came of a message that a client sends again.
func (u *user) repeat(head stanza.Header, parts []store.Outgoing) {
	if len(parts) == 0 {
		return
	}
	it := &item{ID: randomID(), Chat: u.d.chatOf(parts[0]), Stanza: head.ID, Sender: head.From.String(), Lang: u.language(head.Lang)}
	if head.To.Resource != "" {
		it.From = head.To.String()
	}
	switch {
	case summary(parts) == failed:
		it.Kind, it.Err = itemFailure, &transports.Error{Kind: transports.Unreachable,
			Text: transports.T("This message has failed before. Please write it anew.")}
	case summary(parts) >= arrived && parts[0].Receipt:
		it.Kind = itemReceipt
	default:
		return // it is on its way
	}
	u.record(func(t *store.Tx) ([]store.Incoming, error) {
		return u.d.putItem(t, u.jid.String(), parts[0].Account, it)
	})
}

// parts returns the rows of the outbox that a message makes: one for each
// upstream request.
func (u *user) parts(a *account, m *stanza.Message, msg transports.Message, post posted) ([]store.Outgoing, error) {
	split, err := u.splitter(a)
	if err != nil {
		return nil, err
	}
	cut := split(msg)
	rows := make([]store.Outgoing, len(cut))
	for i, part := range cut {
		rows[i] = store.Outgoing{
			Account: a.id.Load(), Part: i, Parts: len(cut), Chat: msg.Chat.String(),
			Stanza: strings.Clone(m.ID), Sender: m.From.String(), Receipt: m.Child(nsReceipts, "request") != nil,
			Markable: m.Child(nsMarkers, "markable") != nil,
			Lang:     strings.Clone(u.language(m.Lang)), Content: encodeMessage(part, post), Created: now(), Changed: now(),
		}
	}
	rows[0].Key = idempotency(m, msg)
	return rows, nil
}

// via returns to whom a message was written, where that is not the contact's own
// address: somebody in a room.
func (u *user) via(m *stanza.Message, to transports.Address) string {
	if own, err := address(u.d.Name(), to); err != nil || m.To.Local == "" || own == m.To.Bare() {
		return ""
	}
	return m.To.String()
}

// splitter returns what cuts the account's messages. An account that the
// network refuses has no session: then another, that is never run, tells.
func (u *user) splitter(a *account) (func(transports.Message) []transports.Message, error) {
	if a.session != nil {
		return a.session.split, nil
	}
	ts, err := u.d.Transport().Open(u.transportAccount(a), nil)
	if err != nil {
		return nil, err
	}
	return (&session{ts: ts}).split, nil
}

// idempotency is by what a repeat of a message is known: where it goes, by
// which id its client calls it, and what it says, for there are clients whose
// ids begin anew. One without an id is never a repeat.
func idempotency(m *stanza.Message, msg transports.Message) []byte {
	id := m.ID
	if e := m.Child(nsSID, "origin-id"); e != nil && e.Attr("id") != "" {
		id = e.Attr("id")
	}
	if id == "" {
		return nil
	}
	h := sha256.New()
	parts := []string{msg.Chat.String(), id, string(rune('0' + msg.Style)), msg.Text}
	if msg.Subject != "" || len(msg.Attachments) > 0 {
		parts = append(parts, msg.Subject)
	}
	for _, f := range msg.Attachments {
		parts = append(parts, f.Ref)
	}
	for _, p := range msg.Parties {
		parts = append(parts, string(rune('0'+p.As)), p.Address.String())
	}
	for _, s := range parts {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return h.Sum(nil)[:16]
}

// waiting finds the message of a stanza's id, if all of it still waits.
func (o *outbox) waiting(chat transports.Address, id string) (*lane, int64) {
	if o == nil || id == "" {
		return nil, 0
	}
	l := o.lanes[chat]
	if l == nil {
		return nil, 0
	}
	for i, r := range l.rows {
		if r.Stanza != id && r.Corrects != id {
			continue
		}
		if r.Part != 0 || r.State != store.Queued || l.busy && i <= l.along || r.Message == l.claiming || len(r.With) > 0 {
			return nil, 0 // some of it is on its way, or gone
		}
		return l, r.Message
	}
	return nil, 0
}

// correct changes a message that still waits (XEP-0308). It keeps its place, and
// where it says nothing else, its conversation.
func (u *user) correct(m *stanza.Message, a *account, l *lane, number int64, msg transports.Message, post posted) {
	var since time.Time
	if i := l.find(store.Outgoing{Message: number}); i >= 0 && u.d.trails() {
		before := l.rows[i]
		msg.Thread, msg.Time = cmp.Or(msg.Thread, before.m.Thread), before.m.Time
		if msg.Parties == nil {
			msg.Parties = before.m.Parties
		}
		post.Answers = cmp.Or(post.Answers, before.Answers)
		since = before.Created
	}
	parts, err := u.parts(a, m, msg, post)
	if err != nil {
		u.fail(m, err)
		return
	}
	if a.quiet() > 0 && !since.IsZero() {
		for i := range parts {
			parts[i].Created = since // who corrects and corrects it puts it off no longer than that
		}
	}
	u.revise(m, a, l, func(t *store.Tx) error { return t.ReplaceOutgoing(number, parts) }, func(u *user) {
		at := a.out.dropMessage(l, number)
		for i, p := range parts {
			if row := decodeOutgoing(u, p); row != nil {
				a.out.insert(l, at+i, row)
			}
		}
	})
}

// retract takes a message back that still waits (XEP-0424).
func (u *user) retract(m *stanza.Message, to transports.Address, id string) {
	switch a := u.accounts.of(to.Scope); {
	case a == nil:
	case a.taking > 0:
		u.whenTaken(func(u *user) { u.takeBack(m, u.accounts.of(to.Scope), to, id) })
	default:
		u.takeBack(m, a, to, id)
	}
}

func (u *user) takeBack(m *stanza.Message, a *account, to transports.Address, id string) {
	if a == nil {
		return
	}
	l, number := a.out.waiting(to, id)
	if l == nil {
		u.fail(m, refuse(stanza.Cancel, stanza.NotAcceptable, u.language(m.Lang),
			transports.T("The message has been sent already and cannot be taken back.")))
		return
	}
	u.revise(m, a, l, func(t *store.Tx) error { return t.RemoveOutgoing(number) }, func(*user) {
		a.out.dropMessage(l, number)
	})
}

// retracts returns the id of the message that m takes back, or nothing.
func retracts(m *stanza.Message) string {
	if r := m.Child(nsRetract, "retract"); r != nil {
		return r.Attr("id")
	}
	if f := m.Child(nsFasten, "apply-to"); f.Child(nsRetractOld, "retract") != nil {
		return f.Attr("id")
	}
	return ""
}

// revise makes a change to a lane, first in the store. Nothing of the lane goes
// out meanwhile.
func (u *user) revise(m *stanza.Message, a *account, l *lane, change func(*store.Tx) error, done func(*user)) {
	head, o := m.Header.Clone(), a.out
	l.fixed++
	u.waits++
	u.d.busy.add()
	u.d.c.conf.Store.UpdateAsync(change, func(err error) {
		u.box.post(func(u *user) {
			u.waits--
			if err != nil {
				u.refuseQueued(&stanza.Message{Header: head}, err)
			}
			if u.accounts.of(a.scope) != a || a.out != o {
				return
			}
			if err == nil {
				done(u)
			}
			l.fixed--
			o.tidy(l)
			u.dispatch(a)
		})
		u.d.busy.done()
	})
}

// sendFirst is the fault that makes a message be sent before it is stored.
func (u *user) sendFirst(a *account, parts []store.Outgoing) {
	s := a.session
	if s == nil {
		return
	}
	u.waits++
	go func() {
		for i := range parts {
			m, _, _ := decodeMessage(parts[i].Content)
			sent, err := s.ts.Send(s.ctx, m)
			if err == nil {
				parts[i].State = store.Sent
				_ = u.d.c.conf.Store.Update(u.d.live, func(t *store.Tx) error {
					n, _, err := t.AddOutgoing(parts)
					if err == nil {
						err = t.AddNetworkIDs(parts[i].Account, u.d.idsOf(parts[i].Chat), sent.IDs, n, i)
					}
					return err
				})
			}
		}
		u.box.post(func(u *user) { u.waits-- })
	}()
}
