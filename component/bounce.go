package component

import (
	"time"

	"wherry/component/stanza"
	"wherry/transports"
)

const (
	bounceMost  = 10 * time.Minute // between two tries of a server that takes nothing
	unknownMost = 3                // times in a day that it does not know the user
)

// bounced follows a message of the inbox that the user's server sent back. It
// reports false where it is none.
func (u *user) bounced(m *stanza.Message, e *stanza.Error) bool {
	if u.in == nil || m.ID == "" {
		return false
	}
	for _, row := range u.in.rows {
		if row.mark != 0 && row.id == m.ID {
			u.rowBounced(row, e)
			u.deliver()
			return true
		}
	}
	return false
}

// rowBounced decides by the condition. The servers say the same where the user
// blocks us and where there is no place to keep messages.
func (u *user) rowBounced(row *incoming, e *stanza.Error) {
	in := u.in
	u.d.stats.bounced.Add(1)
	switch e.Condition {
	case stanza.ServiceUnavailable, stanza.RecipientUnavailable:
		if row.bounced {
			u.log().Info("a message is dropped: the user's server sent it back twice", "err", e)
			u.drop(row)
			return
		}
		row.bounced = true
		in.unwrite(row)
		in.held = heldAway
	case stanza.ItemNotFound, stanza.RemoteServerNotFound:
		in.unwrite(row)
		u.serverDoesNotKnow()
	case stanza.ResourceConstraint, stanza.RemoteServerTimeout:
		in.unwrite(row)
		if in.held != heldAWhile {
			u.holdFor(backoff(in.bounces, u.d.c.patience.bounce, bounceMost))
			in.bounces++
		}
	default:
		u.log().Warn("a message is refused by the user's server", "err", e)
		u.drop(row)
		u.grumble(e)
	}
}

// serverDoesNotKnow follows that the user's server says there is no such user.
// Three times in a day, an hour apart, suspend the accounts.
func (u *user) serverDoesNotKnow() {
	in, now := u.in, time.Now()
	if in.held == heldAWhile {
		return // told by the same
	}
	b := u.complaints()
	recent := b.unknown[:0]
	for _, t := range b.unknown {
		if now.Sub(t) < 24*time.Hour {
			recent = append(recent, t)
		}
	}
	b.unknown = append(recent, now)
	if len(b.unknown) >= unknownMost {
		u.log().Warn("the user's server does not know the user: the accounts are suspended")
		b.unknown = nil
		u.suspend()
		return
	}
	u.holdFor(u.d.c.patience.unknown)
}

// grumble tells the user, once in an hour, that a message could not be shown.
func (u *user) grumble(e *stanza.Error) {
	b := u.complaints()
	if time.Since(b.grumbled) < time.Hour {
		return
	}
	b.grumbled = time.Now()
	u.tell(transports.T("A message for you was refused by your server: %s.", string(e.Condition)))
}

// complaints are what the user's server said of stanzas to the user.
type complaints struct {
	unknown  []time.Time // when it said that it does not know the user
	grumbled time.Time   // when the user was last told of a message that was refused
}

// complaints returns the user's, made if need be.
func (u *user) complaints() *complaints {
	if u.refusals == nil {
		u.refusals = new(complaints)
	}
	return u.refusals
}
