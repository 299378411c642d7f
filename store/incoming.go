package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Incoming is one row of the inbox: what a user is to be told and has not been
// shown to have got. Times are kept to the millisecond.
type Incoming struct {
	ID           int64 // rises, never used twice; set by AddIncoming
	Domain, User string
	Account      int64 // 0: of none
	Chat         string
	Content      []byte `json:"-"`
	Created      time.Time
}

// String names the row, without what it tells.
func (in Incoming) String() string {
	return fmt.Sprintf("incoming %d for %s on %s", in.ID, in.User, in.Domain)
}

// AddIncoming adds a row, and sets its ID, and its Created where that is zero.
// The error is ErrNotFound where there is no such account.
func (t *Tx) AddIncoming(in *Incoming) error {
	id, err := t.number()
	if err != nil {
		return fmt.Errorf("number an incoming: %w", err)
	}
	in.ID, in.Created = id, now(in.Created)
	err = t.exec(`INSERT INTO incoming (id, domain, jid, account, created, chat, content) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		in.ID, in.Domain, in.User, sql.NullInt64{Int64: in.Account, Valid: in.Account != 0}, millis(in.Created),
		in.Chat, append([]byte{}, in.Content...))
	if err != nil {
		return fmt.Errorf("add %s: %w", in, err)
	}
	return nil
}

// SetIncoming changes what a row tells. Where the row is gone nothing happens.
func (t *Tx) SetIncoming(id int64, content []byte) error {
	if err := t.exec(`UPDATE incoming SET content = $2 WHERE id = $1`, id, append([]byte{}, content...)); err != nil {
		return fmt.Errorf("change incoming %d: %w", id, err)
	}
	return nil
}

// RemoveIncoming removes rows. Removing what is not there is no error.
func (t *Tx) RemoveIncoming(ids []int64) error {
	for _, id := range ids {
		if err := t.exec(`DELETE FROM incoming WHERE id = $1`, id); err != nil {
			return fmt.Errorf("remove incoming %d: %w", id, err)
		}
	}
	return nil
}

// RemoveIncomingOf removes all rows of an account.
func (t *Tx) RemoveIncomingOf(account int64) error {
	if err := t.exec(`DELETE FROM incoming WHERE account = $1`, account); err != nil {
		return fmt.Errorf("remove what came for account %d: %w", account, err)
	}
	return nil
}

const selectIncoming = `SELECT id, domain, jid, COALESCE(account, 0), chat, content, created FROM incoming WHERE `

func scanIncoming(rows scanner) (in Incoming, err error) {
	var created int64
	err = rows.Scan(&in.ID, &in.Domain, &in.User, &in.Account, &in.Chat, &in.Content, &created)
	in.Created = fromMillis(created)
	return in, err
}

// Incoming returns what waits for a user on a domain and has a greater ID than
// after, in order, limit rows at most.
func (s *Store) Incoming(ctx context.Context, domain, user string, after int64, limit int) ([]Incoming, error) {
	rows, err := collect(ctx, s.reads, scanIncoming,
		selectIncoming+`domain = $1 AND jid = $2 AND id > $3 ORDER BY id LIMIT $4`, domain, user, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read what waits for %s on %s: %w", user, domain, err)
	}
	return rows, nil
}

// IncomingCount returns how much waits for a user on a domain, in rows and
// bytes of content.
func (s *Store) IncomingCount(ctx context.Context, domain, user string) (rows int, bytes int64, err error) {
	err = s.reads.QueryRowContext(ctx, bound(`SELECT COUNT(*), COALESCE(SUM(LENGTH(content)), 0)
		FROM incoming WHERE domain = $1 AND jid = $2`), domain, user).Scan(&rows, &bytes)
	if err != nil {
		return 0, 0, fmt.Errorf("count what waits for %s on %s: %w", user, domain, err)
	}
	return rows, bytes, nil
}

// IncomingUsers returns the users of a domain for whom something waits, by
// name.
func (s *Store) IncomingUsers(ctx context.Context, domain string) ([]string, error) {
	users, err := collect(ctx, s.reads, func(rows scanner) (user string, err error) {
		return user, rows.Scan(&user)
	}, `SELECT DISTINCT jid FROM incoming WHERE domain = $1 ORDER BY jid`, domain)
	if err != nil {
		return nil, fmt.Errorf("read for whom something waits on %s: %w", domain, err)
	}
	return users, nil
}
