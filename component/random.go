package component

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"hash"
	mathrand "math/rand/v2"
	"sync"
	"time"
)

var idAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// randomID returns an id that nobody guesses.
func randomID() string {
	e := entropies.Get().(*entropy)
	if len(e.left) == 0 {
		_, _ = rand.Read(e.bytes[:]) // it never fails: the process ends instead
		e.left = e.bytes[:]
	}
	var id [16]byte
	idAlphabet.Encode(id[:], e.left[:idBytes])
	clear(e.left[:idBytes])
	e.left = e.left[idBytes:]
	entropies.Put(e)
	return string(id[:])
}

const idBytes = 10

// entropy is random bytes for the next ids: to ask the system for those of each
// one costs more than all else about it.
type entropy struct {
	bytes [64 * idBytes]byte
	left  []byte
}

var entropies = sync.Pool{New: func() any { return new(entropy) }}

// keyed returns a stable id of some parts that tells nothing of them without
// the key.
func keyed(key []byte, parts ...string) string {
	pool, ok := keyers.Load(string(key))
	if !ok {
		key := string(key)
		pool, _ = keyers.LoadOrStore(key, &sync.Pool{New: func() any { return &keyer{mac: hmac.New(sha256.New, []byte(key))} }})
	}
	k := pool.(*sync.Pool).Get().(*keyer)
	defer pool.(*sync.Pool).Put(k)
	k.mac.Reset()
	k.buffer = k.buffer[:0]
	for i, part := range parts {
		if i > 0 {
			k.buffer = append(k.buffer, 0)
		}
		k.buffer = append(k.buffer, part...)
	}
	k.mac.Write(k.buffer)
	k.buffer = k.mac.Sum(k.buffer[:0])
	return idAlphabet.EncodeToString(k.buffer[:15])
}

// keyer makes stable ids with a key, one after the other.
type keyer struct {
	mac    hash.Hash
	buffer []byte
}

// keyers has a pool of them for each key that is in use: there is one for all
// domains.
var keyers sync.Map

// backoff returns how long to wait before the n-th try (from 0): full jitter
// below a bound that doubles from first up to most.
func backoff(n int, first, most time.Duration) time.Duration {
	bound := first
	for ; n > 0 && bound < most; n-- {
		bound *= 2
	}
	bound = min(bound, most)
	return first/2 + time.Duration(mathrand.Int64N(int64(bound)))
}
