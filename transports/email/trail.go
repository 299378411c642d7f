package email

import (
	"encoding/json"
	"time"

	"wherry/transports"
	"wherry/transports/email/compose"
)

// trail is what a mail leaves for the one that answers it: a transports.Message's
// Trail, in JSON.
type trail struct {
	ID         string            `json:"i"`           // Message-ID without <>
	References []string          `json:"r,omitempty"` // no more than compose.References keeps
	Subject    string            `json:"s,omitempty"`
	From       compose.Mailbox   `json:"f"`           // who wrote it
	To         []compose.Mailbox `json:"t,omitempty"` // where an answer goes, where that is not the contact's address: a list, Reply-To
	All        []compose.Mailbox `json:"a,omitempty"` // who else got it, for an answer to all
	As         string            `json:"m,omitempty"` // which address of ours it came to, where that is not the account's
	Time       time.Time         `json:"d"`
	Chat       bool              `json:"c,omitempty"` // it was written by a chat program
	List       bool              `json:"l,omitempty"`
	Own        bool              `json:"o,omitempty"` // the user wrote it
	Place      *ref              `json:"p,omitempty"` // where it is in the mailbox; nil: nowhere, or unknown
	Many       bool              `json:"n,omitempty"` // it is several messages of the user's
	Leave      bool              `json:"u,omitempty"` // it says how its receiver gets no more of the like
}

// Bounds on what a trail keeps, so that it fits in transports.TrailMost.
const (
	trailReferences = 20
	trailPeople     = 30
	trailText       = 300 // bytes of a subject or name
)

// encode returns a trail that fits: of what is too long the end is left out, of
// references the middle.
func (t trail) encode() []byte {
	t.Subject, t.From.Name = cutText(t.Subject, trailText), cutText(t.From.Name, trailText)
	if n := len(t.References); n > trailReferences {
		t.References = append(t.References[:1:1], t.References[n-trailReferences+1:]...)
	}
	t.All, t.To = people(t.All), people(t.To)
	for {
		b, err := json.Marshal(t)
		switch {
		case err != nil:
			return nil
		case len(b) <= transports.TrailMost:
			return b
		case len(t.All) > 0:
			t.All = t.All[:len(t.All)/2]
		case len(t.References) > 1:
			t.References = append(t.References[:1:1], t.References[2:]...)
		case t.ID != "":
			t.ID = "" // too long: nobody can answer it by that
		default:
			return nil
		}
	}
}

func people(list []compose.Mailbox) []compose.Mailbox {
	list = append([]compose.Mailbox(nil), list[:min(len(list), trailPeople)]...)
	for i := range list {
		list[i].Name = cutText(list[i].Name, trailText)
	}
	return list
}

// readTrail reads a Trail. It reports false where there is none.
func readTrail(b []byte) (t trail, ok bool) {
	return t, len(b) > 0 && json.Unmarshal(b, &t) == nil && t.ID != ""
}

// cutText returns no more of a text than so many bytes.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xC0 == 0x80 {
		most--
	}
	return s[:most]
}
