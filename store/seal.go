package store

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/crypto/chacha20poly1305"
)

// A sealed value is one byte of format, the id of its key, the nonce, and what
// XChaCha20-Poly1305 made of the value.
const (
	sealFormat = 1
	idSize     = 4
	sealHeader = 1 + idSize
)

// label names the place of a sealed value. It is authenticated with it.
type label struct {
	table   string
	account int64  // 0: of the store itself
	field   string // in the row
}

func (l label) data(id keyID) []byte {
	return []byte(l.table + "/" + strconv.FormatInt(l.account, 10) + "/" + l.field + "/" + id.String())
}

const instanceField = "key"

var instanceLabel = label{table: "instance", field: instanceField}

func secretLabel(account int64, field string) label { return label{"secret", account, field} }
func saveLabel(account int64, name string) label    { return label{"save", account, name} }
func roomLabel(account int64, name string) label    { return label{"room", account, name} }

type keyID [idSize]byte

func (id keyID) String() string { return hex.EncodeToString(id[:]) }

// ring holds the keys by which values are opened, and the current one by which
// they are sealed. It never changes.
type ring struct {
	current keyID
	ciphers map[keyID]cipher.AEAD
}

// newRing returns the ring of keys, of which the first is the current one.
func newRing(keys []key) *ring {
	r := &ring{current: keys[0].id, ciphers: make(map[keyID]cipher.AEAD, len(keys))}
	for _, k := range keys {
		// The only error is a wrong size, which the type excludes.
		aead, err := chacha20poly1305.NewX(k.bytes[:])
		if err != nil {
			panic(err)
		}
		r.ciphers[k.id] = aead
	}
	return r
}

// with returns a ring that seals with k and opens what r opens too.
func (r *ring) with(k key) *ring {
	next := newRing([]key{k})
	for id, aead := range r.ciphers {
		next.ciphers[id] = aead
	}
	return next
}

func (r *ring) seal(l label, value []byte) []byte {
	aead := r.ciphers[r.current]
	sealed := make([]byte, sealHeader+aead.NonceSize(), sealHeader+aead.NonceSize()+len(value)+aead.Overhead())
	sealed[0] = sealFormat
	copy(sealed[1:], r.current[:])
	nonce := sealed[sealHeader:]
	rand.Read(nonce)
	return aead.Seal(sealed, nonce, value, l.data(r.current))
}

func (r *ring) open(l label, sealed []byte) ([]byte, error) {
	if len(sealed) < sealHeader+chacha20poly1305.NonceSizeX || sealed[0] != sealFormat {
		return nil, errors.New("a sealed value is malformed")
	}
	id := keyID(sealed[1:sealHeader])
	aead, ok := r.ciphers[id]
	if !ok {
		return nil, fmt.Errorf("a value is sealed with key %s, which it lacks", id)
	}
	nonce, body := sealed[sealHeader:sealHeader+aead.NonceSize()], sealed[sealHeader+aead.NonceSize():]
	value, err := aead.Open(nil, nonce, body, l.data(id))
	if err != nil {
		return nil, fmt.Errorf("a value sealed with key %s does not open with it", id)
	}
	return value, nil
}

func (s *Store) seal(l label, value []byte) []byte { return s.ring.Load().seal(l, value) }

// open opens a sealed value. Its error names the place, never the value.
func (s *Store) open(l label, sealed []byte) ([]byte, error) {
	r := s.ring.Load()
	if r == nil {
		return nil, errors.New("the store was opened without its key file")
	}
	value, err := r.open(l, sealed)
	if err != nil {
		return nil, fmt.Errorf("%s %q of account %d: %w", l.table, l.field, l.account, err)
	}
	return value, nil
}
