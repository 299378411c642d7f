package store

import (
	"context"
	"fmt"
)

// Membership is a time in which an account was in a room with a shared log: from
// one ID of a line to another, both included.
type Membership struct {
	Since, Until int64 // an Until of 0: it goes on
}

// membershipsKept is how many memberships of one account in one log are kept:
// the last ones.
const membershipsKept = 500

// Memberships returns the memberships of an account in a log, in order.
func (s *Store) Memberships(ctx context.Context, log, account int64) ([]Membership, error) {
	all, err := collect(ctx, s.reads, func(rows scanner) (m Membership, err error) {
		return m, rows.Scan(&m.Since, &m.Until)
	}, `SELECT since, until FROM membership WHERE account = $1 AND log = $2 ORDER BY since`, account, log)
	if err != nil {
		return nil, fmt.Errorf("read the memberships of account %d in log %d: %w", account, log, err)
	}
	return all, nil
}

// BeginMembership begins a membership, and ends one that goes on there. The error
// is ErrNotFound where account or log are gone.
func (t *Tx) BeginMembership(log, account, since int64) error {
	err := t.EndMembership(log, account, since)
	if err == nil {
		err = t.exec(`INSERT INTO membership (account, log, since, until) VALUES ($1, $2, $3, 0)
			ON CONFLICT (account, log, since) DO UPDATE SET until = 0`, account, log, since)
	}
	if err == nil {
		err = t.exec(`DELETE FROM membership WHERE account = $1 AND log = $2 AND since <=
			(SELECT since FROM membership WHERE account = $1 AND log = $2 ORDER BY since DESC LIMIT 1 OFFSET $3)`,
			account, log, membershipsKept)
	}
	if err != nil {
		return fmt.Errorf("note that account %d is in log %d: %w", account, log, err)
	}
	return nil
}

// ExtendMembership has the membership that goes on begin earlier.
func (t *Tx) ExtendMembership(log, account, since int64) error {
	err := t.exec(`DELETE FROM membership WHERE account = $1 AND log = $2 AND since >= $3 AND until <> 0`, account, log, since)
	if err == nil {
		err = t.exec(`UPDATE membership SET since = $3 WHERE account = $1 AND log = $2 AND until = 0 AND since > $3`, account, log, since)
	}
	if err != nil {
		return fmt.Errorf("note since when account %d is in log %d: %w", account, log, err)
	}
	return nil
}

// EndMembership ends the membership that goes on, if one does.
func (t *Tx) EndMembership(log, account, until int64) error {
	err := t.exec(`UPDATE membership SET until = CASE WHEN since > $3 THEN since ELSE $3 END WHERE account = $1 AND log = $2 AND until = 0`, account, log, until)
	if err != nil {
		return fmt.Errorf("note that account %d has left log %d: %w", account, log, err)
	}
	return nil
}

// EndMemberships ends all memberships that go on in the logs of a domain with the
// last line of their log: nobody was there since.
func (s *Store) EndMemberships(ctx context.Context, domain string) error {
	err := s.Update(ctx, func(t *Tx) error {
		return t.exec(`UPDATE membership SET until = (SELECT COALESCE(MAX(l.id), 0) FROM line l WHERE l.log = membership.log)
			WHERE until = 0 AND log IN (SELECT id FROM log WHERE domain = $1)`, domain)
	})
	if err == nil {
		err = s.Update(ctx, func(t *Tx) error {
			return t.exec(`DELETE FROM membership WHERE until < since AND log IN (SELECT id FROM log WHERE domain = $1)`, domain)
		})
	}
	if err != nil {
		return fmt.Errorf("end memberships on %s: %w", domain, err)
	}
	return nil
}
