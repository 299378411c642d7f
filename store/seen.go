package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// See remembers an event of the network, and tells whether this is the first
// time. The store keeps a keyed hash of it only. The error is ErrNotFound where
// there is no such account.
func (t *Tx) See(account int64, chat, id string) (first bool, err error) {
	n, err := t.execCount(`INSERT INTO seen (account, hash, came) VALUES ($1, $2, $3) ON CONFLICT (account, hash) DO NOTHING`,
		account, t.store.seenHash(chat, id), millis(time.Now()))
	if err != nil {
		return false, fmt.Errorf("remember an event of account %d: %w", account, err)
	}
	return n > 0, nil
}

// seenHash returns 128 bits, so that nobody meets two events of the same.
func (s *Store) seenHash(chat, id string) []byte {
	text := make([]byte, 0, 256)
	text = append(text, s.instance...)
	text = binary.AppendUvarint(append(text, "seen"...), uint64(len(chat)))
	text = append(append(text, chat...), id...)
	sum := sha256.Sum256(text)
	return sum[:16]
}
