package store

import (
	"context"
	"fmt"
	"time"
)

// QueueLine sums up the rows of one user, account and state in one box.
type QueueLine struct {
	Domain, User string
	Scope        string   // of the account
	Box          string   // "in" or "out"
	State        OutState // of the outbox
	Rows         int
	Bytes        int64 // of content
	Oldest       time.Time
}

// Queue sums up both boxes of a domain, with what has ended and is still
// there, by user, scope, box and state.
func (s *Store) Queue(ctx context.Context, domain string) ([]QueueLine, error) {
	lines, err := collect(ctx, s.reads, scanQueueLine, `
		SELECT a.domain, a.jid, a.scope, 'out', o.state, COUNT(*), COALESCE(SUM(LENGTH(o.content)), 0), MIN(o.created)
			FROM outgoing o JOIN account a ON a.id = o.account WHERE a.domain = $1 GROUP BY a.domain, a.jid, a.scope, o.state
		UNION ALL
		SELECT i.domain, i.jid, COALESCE(a.scope, ''), 'in', 0, COUNT(*), COALESCE(SUM(LENGTH(i.content)), 0), MIN(i.created)
			FROM incoming i LEFT JOIN account a ON a.id = i.account WHERE i.domain = $1 GROUP BY i.domain, i.jid, COALESCE(a.scope, '')
		ORDER BY 2, 3, 4, 5`, domain)
	if err != nil {
		return nil, fmt.Errorf("sum up the queues of %s: %w", domain, err)
	}
	return lines, nil
}

func scanQueueLine(rows scanner) (l QueueLine, err error) {
	var oldest int64
	err = rows.Scan(&l.Domain, &l.User, &l.Scope, &l.Box, &l.State, &l.Rows, &l.Bytes, &oldest)
	l.Oldest = fromMillis(oldest)
	return l, err
}

// QueuedOf returns all of a user's on a domain that has not ended.
func (s *Store) QueuedOf(ctx context.Context, domain, user string) (out []Outgoing, in []Incoming, err error) {
	out, err = collect(ctx, s.reads, scanOutgoing, selectOutgoing+
		`account IN (SELECT id FROM account WHERE domain = $1 AND jid = $2) AND NOT `+isFinal+` ORDER BY message, part`, domain, user)
	if err == nil {
		in, err = collect(ctx, s.reads, scanIncoming, selectIncoming+`domain = $1 AND jid = $2 ORDER BY id`, domain, user)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read what waits of %s on %s: %w", user, domain, err)
	}
	return out, in, nil
}
