package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// AddOutgoing adds the parts of one message, and gives them the next number,
// which it returns and sets in parts, with times that are zero there. Where
// the account has a message of the same key already it adds nothing, returns
// the number of that one, and repeated. The error is ErrNotFound where there is
// no such account.
func (t *Tx) AddOutgoing(parts []Outgoing) (number int64, repeated bool, err error) {
	if len(parts) == 0 {
		return 0, false, errors.New("add a message of no parts")
	}
	if number, err = t.number(); err != nil {
		return 0, false, fmt.Errorf("number a message: %w", err)
	}
	added, err := t.insertParts(number, parts)
	switch {
	case err != nil:
		return 0, false, fmt.Errorf("add a message of account %d: %w", parts[0].Account, err)
	case !added:
		number, err := t.outgoingOfKey(parts[0].Account, parts[0].Key)
		return number, true, err
	}
	return number, false, nil
}

// insertParts adds the parts of a message, and sets in them what it gave them.
// Where the key of the first is another message's it adds nothing.
func (t *Tx) insertParts(number int64, parts []Outgoing) (bool, error) {
	for i, o := range parts {
		o.Message, o.Created = number, now(o.Created)
		if o.Changed.IsZero() {
			o.Changed = o.Created
		}
		added, err := t.insertOutgoing(o)
		if err == nil && !added && i > 0 {
			err = ErrExists
		}
		if err != nil {
			return false, fmt.Errorf("%s: %w", o, err)
		}
		if !added {
			return false, nil
		}
		parts[i] = o
	}
	return true, nil
}

func (t *Tx) insertOutgoing(o Outgoing) (bool, error) {
	n, err := t.execCount(`INSERT INTO outgoing (`+outgoingColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (account, key) WHERE key IS NOT NULL DO NOTHING`,
		o.Account, o.Message, o.Part, o.Parts, o.Chat, o.Key, o.Stanza, o.Sender, o.Receipt, o.Lang, o.Content,
		int64(o.State), o.Attempts, millis(o.Due), millis(o.Created), millis(o.Changed), o.Told, o.Markable)
	return n > 0, err
}

func (t *Tx) outgoingOfKey(account int64, key []byte) (message int64, err error) {
	err = t.find(`SELECT message FROM outgoing WHERE account = $1 AND key = $2`, []any{account, key}, []any{&message})
	if err != nil {
		return 0, fmt.Errorf("find the message that account %d repeats: %w", account, err)
	}
	return message, nil
}

// Outgoing returns the parts of a message in order; none where it is not there.
func (t *Tx) Outgoing(message int64) ([]Outgoing, error) {
	parts, err := gather(t, scanOutgoing, outgoingOf, message)
	if err != nil {
		return nil, fmt.Errorf("read message %d: %w", message, err)
	}
	return parts, nil
}

const outgoingOf = selectOutgoing + `message = $1 ORDER BY part`

// OutgoingOf returns the parts of a message in order; none where it is not
// there.
func (s *Store) OutgoingOf(ctx context.Context, message int64) ([]Outgoing, error) {
	parts, err := collect(ctx, s.reads, scanOutgoing, outgoingOf, message)
	if err != nil {
		return nil, fmt.Errorf("read message %d: %w", message, err)
	}
	return parts, nil
}

// SetOutgoing replaces State, Attempts, Due, Content, Told and Changed (zero:
// now) of the row of the same message and part. The error is ErrNotFound where
// there is none.
func (t *Tx) SetOutgoing(o Outgoing) error {
	n, err := t.execCount(`UPDATE outgoing SET state = $3, attempts = $4, due = $5, content = $6, told = $7, changed = $8
		WHERE message = $1 AND part = $2`,
		o.Message, o.Part, int64(o.State), o.Attempts, millis(o.Due), o.Content, o.Told, millis(now(o.Changed)))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("set %s: %w", o, err)
	}
	return nil
}

// RemoveOutgoing removes all parts of a message with their network ids.
// Removing what is not there is no error.
func (t *Tx) RemoveOutgoing(message int64) error {
	if err := t.exec(`DELETE FROM outgoing WHERE message = $1`, message); err != nil {
		return fmt.Errorf("remove message %d: %w", message, err)
	}
	return nil
}

// OutgoingByStanza returns all parts of the latest message that came in a
// stanza of that id from any resource of sender, a full or bare JID.
func (t *Tx) OutgoingByStanza(account int64, chat, sender, stanza string) ([]Outgoing, error) {
	bare, _, _ := strings.Cut(sender, "/")
	parts, err := gather(t, scanOutgoing, selectOutgoing+`message = (
			SELECT MAX(message) FROM outgoing WHERE account = $1 AND stanza = $2 AND chat = $3
				AND (sender = $4 OR SUBSTR(sender, 1, LENGTH($4) + 1) = $4 || '/'))
		ORDER BY part`, account, stanza, chat, bare)
	if err != nil {
		return nil, fmt.Errorf("find stanza %q of account %d: %w", stanza, account, err)
	}
	return parts, nil
}

// QueuedOutgoing returns what of an account waits (queued, sending or unsure),
// in order.
func (t *Tx) QueuedOutgoing(account int64) ([]Outgoing, error) {
	parts, err := gather(t, scanOutgoing, selectOutgoing+`account = $1 AND `+isWaiting+` ORDER BY message, part`, account)
	if err != nil {
		return nil, fmt.Errorf("read what account %d has to send: %w", account, err)
	}
	return parts, nil
}

// QueuedOutgoing returns what of an account waits (queued, sending or unsure)
// and has a greater number than after, in order: limit rows, and those that
// belong to the last one's message.
func (s *Store) QueuedOutgoing(ctx context.Context, account, after int64, limit int) ([]Outgoing, error) {
	const waits = `account = $1 AND ` + isWaiting + ` AND message > $2`
	parts, err := collect(ctx, s.reads, scanOutgoing, selectOutgoing+waits+` AND message <= (
			SELECT MAX(message) FROM (SELECT message FROM outgoing WHERE `+waits+` ORDER BY message, part LIMIT $3) AS page)
		ORDER BY message, part`, account, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read what account %d has to send: %w", account, err)
	}
	return parts, nil
}

// now returns t as it is kept, or the time where it is zero.
func now(t time.Time) time.Time {
	if t.IsZero() {
		t = time.Now()
	}
	return fromMillis(t.UnixMilli())
}
