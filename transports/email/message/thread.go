package message

import (
	"crypto/sha256"
	"encoding/base32"
	"io"
	"strconv"
	"strings"
	"time"
)

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Root returns the id of the mail that began the conversation, as far as this
// one knows: the first it refers to, else what it answers, else itself. A mail
// without id has none.
func (m *Mail) Root() string {
	switch {
	case len(m.References) > 0:
		return m.References[0]
	case len(m.InReplyTo) > 0:
		return m.InReplyTo[0]
	}
	return m.ID
}

// Parent returns the id of the mail that this one answers, or nothing.
func (m *Mail) Parent() string {
	switch {
	case len(m.InReplyTo) > 0:
		return m.InReplyTo[0]
	case len(m.References) > 0:
		return m.References[len(m.References)-1]
	}
	return ""
}

// ThreadID names a conversation of an account: 26 letters and digits that tell
// nothing of the mail.
func ThreadID(account, root string) string { return digest(account, root)[:26] }

// StableID names a mail of an account, the same each time that it is read: two
// with one Message-ID but other senders or times are two, or who guesses an id
// could suppress a mail. A mail without Message-ID is named by its header and
// size.
func (m *Mail) StableID(account string) string {
	if m.ID == "" {
		return digest(account, string(m.sum[:]), strconv.FormatInt(m.size, 10))
	}
	var from []string
	for _, a := range m.From {
		from = append(from, a.Spec)
	}
	return digest(account, m.ID, strings.Join(from, ","), m.Date.UTC().Format(time.RFC3339))
}

func digest(fields ...string) string {
	hash := sha256.New()
	for _, f := range fields {
		io.WriteString(hash, strconv.Itoa(len(f))+":"+f)
	}
	return lower32.EncodeToString(hash.Sum(nil))
}
