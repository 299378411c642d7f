package component

import (
	"strings"
	"time"

	"wherry/component/stanza"
	"wherry/transports"
)

// Networks of texts know no threads (RFC 6121 §5.2.5). Where the user's client
// used one, what comes back there is shown in the same, for a while.
type thread struct {
	id   string
	last time.Time
}

const (
	threadFor    = 12 * time.Hour
	threadsBound = 200
	longestID    = 200 // bytes of a thread's id that is kept
)

// useThread notes the thread of a message of the user's, or that it has none.
func (u *user) useThread(m *stanza.Message, to transports.Address) {
	id := ""
	if e := m.Child("", "thread"); e != nil {
		id = e.Text
	}
	if id == "" || len(id) > longestID {
		delete(u.threads, to)
		return
	}
	if u.threads == nil || len(u.threads) >= threadsBound {
		u.threads = map[transports.Address]thread{}
	}
	u.threads[kept(to)] = thread{strings.Clone(id), time.Now()}
}

// threadOf returns the thread in which the user last wrote to somebody, or
// nothing.
func (u *user) threadOf(chat transports.Address) string {
	t, ok := u.threads[chat]
	if !ok || time.Since(t.last) > threadFor {
		return ""
	}
	return t.id
}
