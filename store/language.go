package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Language returns the language tag last set for a user, empty where none was.
func (s *Store) Language(ctx context.Context, domain, user string) (string, error) {
	var tag string
	err := s.reads.QueryRowContext(ctx, bound(`SELECT tag FROM language WHERE domain = $1 AND jid = $2`), domain, user).Scan(&tag)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the language of %s on %s: %w", user, domain, err)
	}
	return tag, nil
}

// SetLanguage keeps a user's language tag; an empty one is forgotten.
func (s *Store) SetLanguage(ctx context.Context, domain, user, tag string) error {
	err := s.Update(ctx, func(t *Tx) error {
		if tag == "" {
			return t.exec(`DELETE FROM language WHERE domain = $1 AND jid = $2`, domain, user)
		}
		return t.exec(`INSERT INTO language (domain, jid, tag) VALUES ($1, $2, $3)
			ON CONFLICT (domain, jid) DO UPDATE SET tag = $3`, domain, user, tag)
	})
	if err != nil {
		return fmt.Errorf("save the language of %s on %s: %w", user, domain, err)
	}
	return nil
}
