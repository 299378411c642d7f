package component

import (
	"context"
	"errors"
	"maps"
	"time"

	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// readings is up to where the user's clients showed chats of an account whose
// network keeps that. It only moves forward. It is the user's, and lives no longer
// than the gateway: what was not told is told with the next message that is shown.
type readings struct {
	told map[transports.Address]time.Time // or is about to be
	due  map[transports.Address]time.Time
}

const readingsMost = 500 // chats of an account that this is remembered of

// readTo follows that a client of the user's showed a message of a contact's
// (XEP-0333 §5): the network is told, where it wants to know.
func (u *user) readTo(m *stanza.Message, to transports.Address) {
	a, id := u.accounts.of(to.Scope), displayed(m)
	if id == "" || a == nil || a.id.Load() == 0 || !u.d.trails() {
		return
	}
	for _, name := range stanzasOf(id) {
		row, err := u.d.c.conf.Store.TrailOfStanza(u.d.live, a.id.Load(), to.String(), name)
		switch {
		case err == nil && row.Whose == store.Theirs:
			a.read.add(to, row.Said)
			u.tellReadings(a)
			return
		case !errors.Is(err, store.ErrNotFound):
			return
		}
	}
}

// add notes that a chat was read up to a time.
func (r *readings) add(chat transports.Address, upTo time.Time) {
	if told, known := r.told[chat]; known && !upTo.After(told) || !upTo.After(r.due[chat]) {
		return
	}
	if r.due == nil || len(r.due) >= readingsMost {
		r.due = map[transports.Address]time.Time{}
	}
	r.due[kept(chat)] = upTo
}

// tellReadings tells the network how far chats were read, if it can be told now.
func (u *user) tellReadings(a *account) {
	if len(a.read.due) == 0 || a.can&transports.CanRead == 0 {
		return
	}
	due := a.read.due
	a.read.due = nil
	if a.read.told == nil || len(a.read.told) >= readingsMost {
		a.read.told = map[transports.Address]time.Time{}
	}
	maps.Copy(a.read.told, due)
	for chat, upTo := range due {
		with(u, a, transports.CanRead, func(ctx context.Context, ts transports.Reader) error {
			return ts.Read(ctx, chat, upTo)
		}, func(u *user, err error) {
			if err != nil && transports.AsError(err).Temporary() && a.read.told[chat].Equal(upTo) {
				delete(a.read.told, chat)
				a.read.add(chat, upTo) // it is told on the next connection, or with the next one
			}
		})
	}
}
