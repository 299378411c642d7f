package component

import "wherry/store"

// claims returns the part behind the first of a lane: that the first was sent,
// and that this one is about to be, is stored in one step. One that may wait for
// others is not claimed before its time.
func (u *user) claims(a *account, l *lane) *store.Outgoing {
	if len(l.rows) < 2 || a.quiet() > 0 || l.rows[1].State != store.Queued || !u.d.notes() {
		return nil
	}
	next := l.rows[1].Outgoing
	l.claiming = next.Message
	return &next
}

// claim keeps that a part is about to be sent, and what it follows.
func (d *Domain) claim(t *store.Tx, o *store.Outgoing) error {
	o.State, o.Changed = store.Sending, now()
	if err := d.choose(t, o); err != nil {
		return err
	}
	return t.SetOutgoing(*o)
}

// unclaimAll follows that nothing can be sent now.
func (u *user) unclaimAll(o *outbox) {
	for _, l := range o.turn {
		if !l.busy && len(l.rows) > 0 && l.rows[0].claimed {
			u.unclaim(l.rows[0])
		}
	}
}

// unclaim has the store know that a part waits again, which was not begun.
func (u *user) unclaim(row *outgoing) {
	row.claimed, row.State = false, store.Queued
	message, part := row.Message, row.Part
	u.record(func(t *store.Tx) ([]store.Incoming, error) {
		parts, err := t.Outgoing(message)
		if err != nil {
			return nil, err
		}
		i := indexOfPart(parts, part)
		if i < 0 || parts[i].State != store.Sending {
			return nil, nil
		}
		parts[i].State = store.Queued
		return nil, t.SetOutgoing(parts[i])
	})
}
