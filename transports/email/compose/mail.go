package compose

import (
	"io"
	"time"

	"wherry/transports"
	"wherry/transports/email/addrspec"
)

// Mailbox is one address of a mail.
type Mailbox struct {
	Name string // what people call it, or empty
	Addr string // local@domain
}

// Mail is one mail to be written.
type Mail struct {
	From        Mailbox
	To, Cc, Bcc []Mailbox // Bcc is in no header
	Subject     string    // empty: that of Answers, else made of the text
	Text        string    // "\n" between lines
	Lang        string    // of Text, RFC 5646; empty where unknown
	Date        time.Time // when it was written, in the zone to show
	ID          string    // its Message-ID without <>, of NewID or StableID
	Answers     *Original // what it answers, or nil
	Quote       Quote     // how much of that it repeats
	Files       []File

	Chat        bool // it comes from a chat program, and goes to one: Chat-Version
	Receipt     bool // asks to be told when it was read: RFC 8098 §2.1
	ChatReceipt bool // the same, of chat programs only
	Auto        Auto // who wrote it, if no person did

	Reaction bool   // Text is the signs that are set to what it answers, RFC 9078; none takes them back, where chat programs read it
	Edits    string // Message-ID, without <>, of the mail whose text Text replaces, for chat programs
}

// Original is a mail that is answered. All of it may be as others sent it.
type Original struct {
	ID         string   // Message-ID without <>
	References []string // the same of its References
	Subject    string
	From       Mailbox
	Date       time.Time
	Text       string
}

// File is a file that goes with a mail.
type File struct {
	Name string    // empty where unknown
	Type string    // media type; empty where unknown
	Size int64     // in bytes; -1 where unknown
	Body io.Reader // read once, by WriteTo
}

// Auto is what kind of program wrote a mail: Auto-Submitted of RFC 3834 §5.
type Auto string

// The kinds of writers. The zero Auto is a person.
const (
	Generated Auto = "auto-generated"
	Replied   Auto = "auto-replied"
)

// addressesMost bounds how many addresses a mail has.
const addressesMost = 500

// New checks a mail and writes all of it but its files. Values that a person
// typed as text are made fit; an address or a Message-ID that is none is an
// *transports.Error of kind Malformed, and a mail that says nothing one of kind
// Incomplete.
func New(m Mail) (*Message, error) {
	if cleanText(m.Text) == "" && len(m.Files) == 0 && !m.Reaction {
		return nil, &transports.Error{Kind: transports.Incomplete, Text: transports.T("There is nothing in this message to send.")}
	}
	env, err := m.envelope()
	if err != nil {
		return nil, err
	}
	h := new(header)
	if err := m.head(h); err != nil {
		return nil, err
	}
	msg := &Message{envelope: env}
	msg.build(h, m.content(), m.Files)
	return msg, nil
}

// envelope reads the addresses.
func (m *Mail) envelope() (envelope, error) {
	var e envelope
	from, err := addrspec.Parse(m.From.Addr)
	if err != nil {
		return e, err
	}
	e.from, e.utf8 = from.String(), from.UTF8()
	seen := map[addrspec.Spec]bool{}
	for _, list := range [][]Mailbox{m.To, m.Cc, m.Bcc} {
		for _, to := range list {
			a, err := addrspec.Parse(to.Addr)
			if err != nil {
				return e, err
			}
			if !seen[a] {
				seen[a] = true
				e.to = append(e.to, a.String())
				e.utf8 = e.utf8 || a.UTF8()
			}
		}
	}
	switch {
	case len(e.to) == 0:
		return e, &transports.Error{Kind: transports.Incomplete, Text: transports.T("This mail goes to nobody.")}
	case len(e.to) > addressesMost:
		return e, &transports.Error{Kind: transports.TooLong, Text: transports.T("This mail goes to too many people.")}
	}
	return e, nil
}

// head writes the headers that tell of the mail, not of its content.
func (m *Mail) head(h *header) error {
	if err := h.origin(m.From, m.Date, m.ID); err != nil {
		return err
	}
	h.addresses("To", m.To)
	h.addresses("Cc", m.Cc)
	if len(m.To)+len(m.Cc) == 0 {
		h.raw("To", "undisclosed-recipients:;")
	}
	h.text("Subject", m.subject())
	if m.Answers != nil {
		h.thread(m.Answers.ID, m.Answers.References)
	}
	if m.Auto != "" {
		h.raw("Auto-Submitted", string(m.Auto))
	}
	if lang := cleanLang(m.Lang); lang != "" {
		h.raw("Content-Language", lang)
	}
	if m.Chat {
		h.raw("Chat-Version", "1.0")
	}
	if validID(m.Edits) {
		h.raw("Chat-Edit", "<"+m.Edits+">")
	}
	if m.Reaction {
		h.raw("Content-Disposition", "reaction")
	}
	me := []Mailbox{{Addr: m.From.Addr}}
	if m.Receipt {
		h.addresses("Disposition-Notification-To", me)
	}
	if m.ChatReceipt {
		h.addresses("Chat-Disposition-Notification-To", me)
	}
	return nil
}

// subject returns what stands in the header.
func (m *Mail) subject() string {
	switch {
	case m.Subject != "":
		return m.Subject
	case m.Answers != nil:
		return ReplySubject(m.Answers.Subject)
	}
	if s := NewSubject(m.Text); s != "" || len(m.Files) == 0 {
		return s
	}
	return cleanName(m.Files[0].Name)
}

// content returns the text with what it quotes.
func (m *Mail) content() string {
	if m.Answers == nil {
		return m.Text
	}
	return m.Quote.with(m.Text, m.Answers, m.Lang)
}
