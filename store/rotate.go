package store

import (
	"context"
	"fmt"
)

// RotateKey seals all secrets with a new key and forgets the old ones. Ended
// at any step, even by a power cut, it leaves a store that opens with its key
// file: first the new key is added to the file, then all is sealed again in
// one transaction, and only then the old keys are taken out. After an error
// the old keys are still there, and RotateKey can be called again.
//
// Copies made before need the old key: keep the old key file as long as them.
// A key file must not serve two stores: this forgets keys the other needs.
func (s *Store) RotateKey(ctx context.Context) error {
	if s.writer == nil {
		return fmt.Errorf("rotate the key: %w", ErrReadOnly)
	}
	s.rotating.Lock()
	defer s.rotating.Unlock()
	keys, err := readKeys(s.keyFile)
	if err != nil {
		return fmt.Errorf("rotate the key: %w", err)
	}
	fresh := newKey()
	if err := s.putKeys(append([]key{fresh}, keys...)); err != nil {
		return err
	}
	// Reads under way may yet meet a value sealed with an old key, so that this
	// process keeps those.
	s.ring.Store(s.ring.Load().with(fresh))
	if err := s.submit(ctx, &write{do: s.sealAgain, wipe: wipeNow}); err != nil {
		return fmt.Errorf("seal the secrets again, the old keys still hold: %w", err)
	}
	return s.putKeys([]key{fresh})
}

func (s *Store) putKeys(keys []key) error {
	if err := replaceFile(s.keyFile, formatKeys(keys)); err != nil {
		return &KeyFileError{Path: s.keyFile, Err: err, Reason: fmt.Sprintf(
			"cannot be rewritten, which a new key needs: %v; the store still opens with it", err)}
	}
	return nil
}

// sealedColumn is a column with sealed values: how to read all as (account,
// field, value), and how to write one.
type sealedColumn struct{ table, read, write string }

var sealedColumns = []sealedColumn{
	{"instance", `SELECT 0, name, value FROM instance`, `UPDATE instance SET value = $3 WHERE $1 = 0 AND name = $2`},
	{"secret", `SELECT account, field, value FROM secret`, `UPDATE secret SET value = $3 WHERE account = $1 AND field = $2`},
	{"save", `SELECT account, name, value FROM save WHERE sealed`, `UPDATE save SET value = $3 WHERE account = $1 AND name = $2`},
	{"room", `SELECT account, name, password FROM room WHERE password IS NOT NULL`,
		`UPDATE room SET password = $3 WHERE account = $1 AND name = $2`},
}

// sealAgain seals every sealed value with the current key.
func (s *Store) sealAgain(t *Tx) error {
	for _, column := range sealedColumns {
		values, err := column.values(t)
		if err != nil {
			return err
		}
		for _, v := range values {
			value, err := s.open(v.label, v.sealed)
			if err != nil {
				return err
			}
			if err := t.exec(column.write, v.label.account, v.label.field, s.seal(v.label, value)); err != nil {
				return err
			}
		}
	}
	return nil
}

type sealedValue struct {
	label  label
	sealed []byte
}

func (c sealedColumn) values(t *Tx) ([]sealedValue, error) {
	return gather(t, func(rows scanner) (sealedValue, error) {
		v := sealedValue{label: label{table: c.table}}
		return v, rows.Scan(&v.label.account, &v.label.field, &v.sealed)
	}, c.read)
}
