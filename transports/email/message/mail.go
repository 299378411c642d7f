package message

import (
	"time"

	"github.com/emersion/go-message/mail"

	"wherry/transports/email/calendar"
)

// Bounds of what is held of a mail.
const (
	maxDepth      = 20        // of multiparts in each other; a deeper one is a file
	maxParts      = 500       // further ones are not seen
	maxHeader     = 256 << 10 // bytes of one header
	maxFields     = 1000      // of one header
	maxField      = 64 << 10  // bytes of one field
	maxAddresses  = 500       // of one field
	maxReferences = 100       // ids of one field
	maxText       = 1 << 20   // bytes of text/plain, all together
	maxHTML       = 2 << 20   // bytes of text/html, all together
	maxExtra      = 256 << 10 // bytes of each report, calendar and so on
	maxExtras     = 1 << 20   // of these together
	maxName       = 200       // bytes of a file's name
)

// Mail is one mail as it was read. Texts are valid UTF-8; ids are without "<"
// and ">".
type Mail struct {
	Header mail.Header // all fields, unfolded; values are as they came

	ID         string // Message-ID; empty where there is none
	InReplyTo  []string
	References []string // the oldest first, no more than 100, of which the first is kept

	From    []Address
	Sender  []Address
	ReplyTo []Address
	To, Cc  []Address
	Subject string    // in one line
	Date    time.Time // zero where it cannot be read

	Bodies   []Body // what is to be read, in order
	Parts    []Part // the files
	Whole    bool   // it was read to its end, within the bounds
	Raw      bool   // its form could not be understood: the text is all there is
	Calendar *calendar.Event

	Report    *Report   // it says what became of another mail
	Receipt   *Receipt  // it says that another mail was read
	Reaction  *Reaction // it is a sign set to another mail
	Encrypted Protection
	Signed    Protection // by a signature that nobody checked

	extras []extra  // what parts for programs hold
	size   int64    // bytes read
	sum    [32]byte // of the header
}

// Body is one piece of a mail's text, in one form or two.
type Body struct {
	Plain string // as the sender wrote it, quotes and all; flowed text is as Flowed says
	HTML  string

	Flowed, DelSp bool // RFC 3676
}

// Part is a file of a mail. What it holds is read by OpenPart.
type Part struct {
	Path        string   // RFC 9051 §6.4.5.1's numbers: "1.2"
	Name        string   // of the file, without directories; empty where unknown
	Type        string   // media type, lower case
	Size        int64    // bytes, decoded; an estimate unless Known
	Known       bool     // it was read to its end
	Sum         [32]byte // SHA-256, where Known
	ID          string   // Content-ID, without "<" and ">"
	Disposition string   // "attachment", "inline" or what else it says, lower case
	Used        bool     // the text shows it: HTML refers to it by its ID
	Signature   bool     // it is only the signature of what is beside it
}

// extra is a part for programs, or its beginning.
type extra struct {
	path, kind, disposition string
	text                    []byte
}

// extra returns the first part of one of the types.
func (m *Mail) extra(kinds ...string) (extra, bool) {
	for _, e := range m.extras {
		for _, kind := range kinds {
			if e.kind == kind {
				return e, true
			}
		}
	}
	return extra{}, false
}
