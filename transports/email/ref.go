package email

import (
	"encoding/json"

	goimap "github.com/emersion/go-imap/v2"
)

// ref names a file of a mail, all of its text, or all of it: transports.Attachment's Ref.
type ref struct {
	Folder   string     `json:"f,omitempty"` // empty: INBOX
	Validity uint32     `json:"v"`
	UID      goimap.UID `json:"u"`
	ID       string     `json:"m,omitempty"` // Message-ID: it finds the mail where the numbers are new
	Path     string     `json:"p,omitempty"` // of the part; empty: the text
	Raw      bool       `json:"r,omitempty"` // the mail as it is
}

func (r ref) String() string {
	b, _ := json.Marshal(r)
	return string(b)
}

func readRef(text string) (r ref, ok bool) {
	return r, json.Unmarshal([]byte(text), &r) == nil && r.UID != 0
}
