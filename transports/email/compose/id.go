package compose

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"

	"wherry/transports/email/addrspec"
)

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewID returns a Message-ID that nobody has, without <>, at the domain of an
// address (RFC 5322 §3.6.4).
func NewID(addr string) string {
	return strings.ToLower(rand.Text()) + "@" + domainOf(addr)
}

// StableID returns the Message-ID, without <>, of what key names: the same for
// the same key, address and secret. Who has the secret can tell it by OwnID, and
// nobody else can tell it from the key, nor make another one.
func StableID(secret, key, addr string) string {
	sum := sha256.Sum256([]byte(secret + "\x00" + key + "\x00" + addr))
	name := idEncoding.EncodeToString(sum[:idName])
	return name + seal(secret, name, domainOf(addr)) + "@" + domainOf(addr)
}

// OwnID tells whether a Message-ID is StableID's by that secret.
func OwnID(secret, id string) bool {
	local, domain, _ := strings.Cut(id, "@")
	n := idEncoding.EncodedLen(idName)
	return len(local) > n && hmac.Equal([]byte(local[n:]), []byte(seal(secret, local[:n], domain)))
}

// idName and idSeal are how many bytes of a hash are in a StableID.
const idName, idSeal = 10, 10

func seal(secret, name, domain string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte("own\x00" + name + "@" + domain))
	return idEncoding.EncodeToString(h.Sum(nil)[:idSeal])
}

func domainOf(addr string) string {
	if a, err := addrspec.Parse(addr); err == nil {
		return a.Domain
	}
	return "localhost"
}

// idMost is how long a Message-ID may be, so that it fits on a line.
const idMost = 900

// validID tells whether an id can be written. Those of others need not be as
// they should, but they have no place to end early.
func validID(s string) bool {
	return s != "" && len(s) <= idMost && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' })
}

// referencesMost is how many ids a mail refers to.
const referencesMost = 20

// References returns what an answer to a mail refers to: what that did, and it
// (RFC 5322 §3.6.4). Of too many the first, which names the thread, and the last
// are kept.
func References(id string, before []string) []string {
	var all []string
	for _, r := range append(slices.Clone(before), id) {
		if validID(r) && !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	if n := len(all); n > referencesMost {
		all = append(all[:1], all[n-referencesMost+1:]...)
	}
	return all
}

// thread writes what a mail answers.
func (h *header) thread(id string, before []string) {
	if validID(id) {
		h.raw("In-Reply-To", "<"+id+">")
	}
	refs := References(id, before)
	for i, r := range refs {
		refs[i] = "<" + r + ">"
	}
	if len(refs) > 0 {
		h.words("References", refs)
	}
}
