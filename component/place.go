package component

import (
	"context"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// Place returns where a user has something done: at one of their accounts, and there
// at a contact, or at the gateway where chat is the zero Address.
func (d *Domain) Place(ctx context.Context, rec store.Account, chat transports.Address) (at transports.Place, err error) {
	at.Chat = chat
	if at.Account, at.Saved, err = d.Open(ctx, rec); err != nil {
		return at, err
	}
	who, err := jid.Parse(rec.User)
	if err != nil {
		return at, err
	}
	var ts transports.Session
	err = d.do(ctx, who, func(u *user) {
		if a := u.accounts.of(transports.Scope(rec.Scope)); a != nil && a.session != nil {
			ts = a.session.ts
		}
	})
	if err != nil {
		return at, err
	}
	at.Session = ts
	if chat.Kind == transports.Contact && d.trails() {
		at.Past, err = d.past(ctx, rec.ID, chat.String())
	}
	return at, err
}

// past returns the newest messages of a chat. Those that were brought again are
// there once, as the last of them.
func (d *Domain) past(ctx context.Context, account int64, chat string) (all []transports.Past, err error) {
	rows, err := d.c.conf.Store.LastTrails(ctx, account, chat, transports.PastMost)
	seen := make(map[string]bool)
	for _, r := range rows {
		if r.Ref != "" && seen[r.Ref] {
			continue
		}
		seen[r.Ref] = true
		all = append(all, transports.Past{Ref: r.Ref, Time: r.Said, Own: r.Whose != store.Theirs, Trail: r.Content})
	}
	return all, err
}

// Fulfil does what a turn of a command brings besides words: when it returns nil,
// nothing of that is lost any more.
func (d *Domain) Fulfil(ctx context.Context, rec store.Account, t transports.Turn) error {
	who, err := jid.Parse(rec.User)
	if err != nil {
		return err
	}
	if len(t.Batch.Events) > 0 || len(t.Batch.Saves) > 0 {
		if err := d.hand(ctx, who, rec, t.Batch); err != nil {
			return err
		}
	}
	for _, m := range t.Send {
		if err := d.compose(ctx, who, transports.Scope(rec.Scope), m); err != nil {
			return err
		}
	}
	return nil
}

// hand takes a batch that is not of a session's, but of an account's.
func (d *Domain) hand(ctx context.Context, who jid.JID, rec store.Account, b transports.Batch) error {
	d.busy.add()
	defer d.busy.done()
	all, err := d.commit(ctx, rec.User, rec.ID, false, b)
	if err != nil {
		return err
	}
	scope := transports.Scope(rec.Scope)
	d.post(who, func(u *user) {
		var s *session
		if a := u.accounts.of(scope); a != nil {
			s = a.session
		}
		u.came(s, scope, all)
	})
	return nil
}

// compose has a message of the user's go out that no client wrote. It returns nil
// when the outbox has it.
func (d *Domain) compose(ctx context.Context, who jid.JID, scope transports.Scope, m transports.Message) error {
	over := make(chan error, 1)
	d.post(who, func(u *user) {
		a := u.accounts.of(scope)
		if a == nil || a.id.Load() == 0 || !a.rec.Suspended.IsZero() {
			over <- &transports.Error{Kind: transports.Absent}
			return
		}
		if err := u.compose(a, m, func(err error) { over <- err }); err != nil {
			over <- err
		}
	})
	select {
	case err := <-over:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// compose puts such a message into the outbox, and calls stored with what came of
// that, unless it returns an error. What becomes of the message is told to all of the
// user's clients: none of them knows it.
func (u *user) compose(a *account, m transports.Message, stored func(error)) error {
	rows := a.taking
	if a.out != nil {
		rows += a.out.rows
	}
	if tooLong(m.Text) {
		return &transports.Error{Kind: transports.TooLong}
	}
	if a.unread || !u.mayWrite() || rows >= u.d.Limits().Queue {
		return &transports.Error{Kind: transports.Busy}
	}
	m.ID, m.Chat, m.Markup, m.Time = randomID(), kept(m.Chat), true, now().UTC()
	head := &stanza.Message{Header: stanza.Header{From: u.jid, ID: randomID(), Lang: u.lang}}
	parts, err := u.parts(a, head, m, posted{Chosen: m.ReplyTo != "" || m.Trail != nil})
	if err != nil {
		return err
	}
	a.taking += len(parts)
	u.waits++
	u.d.busy.add()
	u.d.c.conf.Store.UpdateAsync(func(t *store.Tx) error {
		_, _, err := t.AddOutgoing(parts)
		return err
	}, func(err error) {
		u.box.post(func(u *user) {
			u.waits--
			a.taking -= len(parts)
			if err == nil && u.accounts.of(a.scope) == a {
				for _, p := range parts {
					u.queue(a, p)
				}
				u.dispatch(a)
			}
			stored(err)
		})
		u.d.busy.done()
	})
	return nil
}
