package email

import (
	"encoding/json"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/imap"
)

// savePosition and saveServer are names of saves: how far INBOX was read, and by
// which name the provider's servers sign what they found out about senders.
const (
	savePosition = "inbox"
	saveServer   = "authserv"
)

// position is how far a folder was read. Mails have numbers that rise, within one
// UIDVALIDITY (RFC 9051 §2.3.1.1).
type position struct {
	Validity uint32     `json:"v"`
	Last     goimap.UID `json:"l"`           // up to this one all are done
	Newest   int64      `json:"n,omitempty"` // when the newest of those that were done came, in Unix seconds
	Born     int64      `json:"b,omitempty"` // the same of those that were there before the account was
	Work     goimap.UID `json:"w,omitempty"` // the one at which the connection was last lost
	Tries    int        `json:"t,omitempty"` // how often
}

// triesMost is how often a connection may be lost at one mail before that is left
// out.
const triesMost = 3

// again is how much older than the newest mail known those may be that are looked
// at again where the numbers of old are good for nothing: deliveries overtake each
// other.
const again = 48 * time.Hour

func readPosition(saved transports.Saved) (p position, ok bool) {
	b := saved[savePosition]
	return p, len(b) > 0 && json.Unmarshal(b, &p) == nil && p.Validity != 0
}

func (p position) save() transports.Save {
	b, _ := json.Marshal(p)
	return transports.Save{Name: savePosition, Value: b}
}

// came is when a mail came, in Unix seconds. What is dated in the future was brought
// there; it must not keep what comes from being new.
func came(m imap.Listed) int64 { return min(m.Date.Unix(), time.Now().Unix()) }

// past brings a position past a mail.
func (p position) past(m imap.Listed) position {
	if m.UID > p.Last {
		p.Last = m.UID
	}
	p.Newest = max(p.Newest, came(m))
	p.Work, p.Tries = 0, 0
	return p
}

// since is how old the oldest mail may be that is looked at again.
func (p position) since() time.Time {
	return time.Unix(max(p.Newest-int64(again/time.Second), p.Born), 0)
}
