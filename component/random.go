package component

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	mathrand "math/rand/v2"
	"strings"
	"time"
)

var idAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// randomID returns an id that nobody guesses.
func randomID() string {
	var b [10]byte
	_, _ = rand.Read(b[:])
	return idAlphabet.EncodeToString(b[:])
}

// keyed returns a stable id of some parts that tells nothing of them without
// the key.
func keyed(key []byte, parts ...string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strings.Join(parts, "\x00")))
	return idAlphabet.EncodeToString(h.Sum(nil)[:15])
}

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
