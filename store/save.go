package store

import (
	"context"
	"fmt"
)

// Save is one small named value of an account: a position in a mailbox, a
// refreshed token. A nil Value deletes.
type Save struct {
	Name   string
	Value  []byte `json:"-"`
	Secret bool   // sealed at rest
}

// String names the save, without its value.
func (v Save) String() string { return fmt.Sprintf("save %q", v.Name) }

// Saves returns the saves of an account by name, opened.
func (s *Store) Saves(ctx context.Context, account int64) (map[string][]byte, error) {
	saves, err := collect(ctx, s.reads, func(rows scanner) (Save, error) { return s.scanSave(rows, account) },
		`SELECT name, value, sealed FROM save WHERE account = $1`, account)
	if err != nil {
		return nil, fmt.Errorf("read the saves of account %d: %w", account, err)
	}
	byName := make(map[string][]byte, len(saves))
	for _, save := range saves {
		byName[save.Name] = save.Value
	}
	return byName, nil
}

func (s *Store) scanSave(rows scanner, account int64) (Save, error) {
	save := Save{Value: []byte{}} // an empty value is not an absent one
	var value []byte
	if err := rows.Scan(&save.Name, &value, &save.Secret); err != nil {
		return save, err
	}
	if save.Secret {
		var err error
		if value, err = s.open(saveLabel(account, save.Name), value); err != nil {
			return save, err
		}
	}
	save.Value = append(save.Value, value...)
	return save, nil
}

// PutSaves keeps all of the saves of an account, or none: then the error is
// ErrNotFound where there is no such account.
func (s *Store) PutSaves(ctx context.Context, account int64, saves []Save) error {
	if len(saves) == 0 {
		return nil
	}
	return s.Update(ctx, func(t *Tx) error { return t.PutSaves(account, saves) })
}

// PutSaves is the Store's, as part of a write.
func (t *Tx) PutSaves(account int64, saves []Save) error {
	for _, save := range saves {
		if err := t.store.putSave(t, account, save); err != nil {
			return fmt.Errorf("save for account %d: %s: %w", account, save, err)
		}
	}
	return nil
}

func (s *Store) putSave(t *Tx, account int64, save Save) error {
	if save.Value == nil {
		return t.exec(`DELETE FROM save WHERE account = $1 AND name = $2`, account, save.Name)
	}
	value := save.Value
	if save.Secret {
		value = s.seal(saveLabel(account, save.Name), value)
	}
	return t.exec(`INSERT INTO save (account, name, value, sealed) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account, name) DO UPDATE SET value = $3, sealed = $4`, account, save.Name, value, save.Secret)
}
