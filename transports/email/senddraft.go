package email

import (
	"slices"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/email/addrspec"
	"wherry/transports/email/compose"
)

// answersWithin is how old a mail may be that the next one to the same person
// answers, though nobody said so.
const answersWithin = 24 * time.Hour

// draft is all that a mail is made of, but what its files hold. It is kept until
// its copy stands in Sent, in JSON.
type draft struct {
	ID         string // Message-ID without <>
	From       compose.Mailbox
	To         []compose.Mailbox
	Cc         []compose.Mailbox `json:",omitempty"`
	Receipt    bool              `json:",omitempty"` // it asks to be told when it was read
	Subject    string
	Text       string
	Date       time.Time
	Answers    string    `json:",omitempty"` // Message-ID
	References []string  `json:",omitempty"` // of that one
	Mark       time.Time `json:",omitzero"`  // when that one came, which is to be marked as answered; zero: it did not come
	Chat       bool      `json:",omitempty"` // it goes to a chat program
	Files      []file    `json:",omitempty"`
	Reacts     bool      `json:",omitempty"` // it is a reaction to what it answers, Text its signs
	Edits      string    `json:",omitempty"` // Message-ID of the mail whose text it replaces
	Quoted     *quoted   `json:",omitempty"` // what it quotes of what it answers

	Bcc []compose.Mailbox `json:",omitempty"`

	root   string            // Message-ID of the mail that began the conversation
	base   []compose.Mailbox // of those it goes to, who is its chat
	list   bool
	many   bool   // it is several messages
	before *trail // what follows it follows that, where it is not nil
}

// draft makes of a message the mail that it means.
func (s *Session) draft(m transports.Message) (*draft, error) {
	if m.Gesture != nil {
		return s.reaction(m)
	}
	t, known := readTrail(m.Trail)
	d := s.blank(m, &t)
	d.Text, d.many = s.words(m), m.Gathered
	d.Receipt = s.receipts == receiptsRead && !d.list
	if err := d.attach(m.Attachments); err != nil {
		return nil, err
	}
	told := m.ReplyTo != "" || m.Thread != "" || m.Corrects
	subject := d.subject(m)
	if subject != "" && d.Text == "" && len(d.Files) == 0 {
		return nil, &transports.Error{Kind: transports.Incomplete, Text: transports.T("A mail needs a text, too: write it below the subject, in the same message.")}
	}
	sameSubject := m.Subject != "" && strings.EqualFold(compose.ReplySubject(subject), compose.ReplySubject(t.Subject))
	fresh := !t.List && m.Time.Sub(t.Time) < answersWithin
	if known && (subject == "" && (told || fresh) || told && sameSubject) {
		d.answer(&t)
		if m.Corrects {
			d.edit(&t, corrected(m))
		}
	} else if d.Subject = subject; subject == "" {
		d.Subject = d.named()
	}
	if err := s.addressAll(d, m, &t, told); err != nil {
		return nil, err
	}
	if d.Answers != "" && (!d.list && s.answers == answersAll && len(m.Parties) == 0 || m.Corrects && t.Own) {
		d.copyTo(t.All)
	}
	return d, nil
}

// blank returns a mail of the user's that says nothing yet, where t is the one that it
// may answer; the zero trail is none.
func (s *Session) blank(m transports.Message, t *trail) *draft {
	d := &draft{From: s.me, Date: m.Time, list: t.List || !strings.Contains(m.Chat.Name, "@")}
	if d.Date.IsZero() || d.Date.Year() < 1970 {
		d.Date = time.Now()
	}
	if t.As != "" && s.own(t.As) {
		d.From.Addr = t.As
	}
	d.ID = compose.StableID(s.key, m.ID, d.From.Addr)
	d.root = d.ID
	return d
}

// copyTo has others get the mail, too.
func (d *draft) copyTo(all []compose.Mailbox) {
	for _, one := range all {
		same := func(there compose.Mailbox) bool { return strings.EqualFold(there.Addr, one.Addr) }
		if !slices.ContainsFunc(d.To, same) && !slices.ContainsFunc(d.Cc, same) {
			d.Cc = append(d.Cc, one)
		}
	}
}

// words returns what a message says in words.
func (s *Session) words(m transports.Message) string {
	switch {
	case m.Corrects:
		return "Correction: " + corrected(m)
	case m.Style == transports.Act:
		who := s.me.Name
		if who == "" {
			who = s.me.Addr
		}
		return "* " + who + " " + m.Text
	}
	return m.Text
}

// corrected returns what a correction has in place of what was there.
func corrected(m transports.Message) string {
	text := strings.TrimPrefix(m.Text, "* ")
	if _, rest, ok := compose.SplitSubject(text); ok && rest != "" {
		return rest
	}
	return text
}

// subject returns the subject that a message was given, if it was. One that its
// first line gives is taken from the text.
func (d *draft) subject(m transports.Message) string {
	if s := strings.TrimSpace(m.Subject); s != "" {
		return s
	}
	if m.Corrects || m.Style == transports.Act {
		return ""
	}
	subject, rest, ok := compose.SplitSubject(d.Text)
	if ok {
		d.Text = rest
	}
	return subject
}

// named returns the subject of a mail that was given none.
func (d *draft) named() string {
	if s := compose.NewSubject(d.Text); s != "" || len(d.Files) == 0 {
		return s
	}
	return d.Files[0].Name
}

// answer makes it the answer to a mail.
func (d *draft) answer(t *trail) {
	d.Answers, d.References = t.ID, t.References
	d.Subject = compose.ReplySubject(t.Subject)
	if d.Chat = t.Chat; !t.Own {
		d.Mark = t.Time
	}
	if d.root = t.ID; len(t.References) > 0 {
		d.root = t.References[0]
	}
}

// address says whom a mail goes to: a list, or where the mail that it answers wants
// its answers; else the contact, spelled as they do it themselves.
func (s *Session) address(d *draft, chat transports.Address, t *trail, told bool) error {
	switch {
	case d.list && len(t.To) == 0:
		return &transports.Error{Kind: transports.NotAllowed, Text: transports.T("Nobody may write to this list, or it does not say where to.")}
	case d.list, told && d.Answers != "" && len(t.To) > 0:
		d.To = t.To
		return nil
	}
	for _, name := range members(chat.Name) {
		to, err := s.spelled(name, t)
		if err != nil {
			return err
		}
		d.To = append(d.To, to)
	}
	return nil
}

// spelled returns a contact as they, or others, spell them.
func (s *Session) spelled(name string, t *trail) (compose.Mailbox, error) {
	for _, list := range [][]compose.Mailbox{{t.From}, t.To, t.All} {
		for _, there := range list {
			if s.person(there.Addr).Name == name {
				return there, nil
			}
		}
	}
	at := strings.LastIndexByte(name, '@')
	if at < 0 {
		return compose.Mailbox{}, &transports.Error{Kind: transports.NotAllowed, Text: transports.T("A mail to several cannot go to a mailing list.")}
	}
	local, domain := name[:at], name[at+1:]
	if standsIn(local) {
		return compose.Mailbox{}, &transports.Error{Kind: transports.NotFound, Text: transports.T("Answer a mail of this contact, so that it is known where to.")}
	}
	return compose.Mailbox{Addr: addrspec.Spec{Local: local, Domain: domain}.String()}, nil
}

// standsIn tells whether a local part is one of ours, for what no address of a
// contact can be: it may be that of somebody else.
func standsIn(local string) bool {
	digits, ok := strings.CutPrefix(local, "x-")
	return ok && len(digits) == 16 && strings.Trim(digits, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// trail returns what it leaves for the next mail; me is the account's address.
func (d *draft) trail(me string) trail {
	if d.before != nil {
		return *d.before
	}
	t := trail{
		ID: d.ID, Subject: d.Subject, From: d.From, To: d.base, All: d.besides(), Time: d.Date,
		Chat: d.Chat, List: d.list, Own: true, Many: d.many,
	}
	if d.Answers != "" {
		t.References = compose.References(d.Answers, d.References)
		if len(t.References) == 0 || t.References[0] != d.root {
			t.References = append([]string{d.root}, t.References...)
		}
	}
	if d.From.Addr != me {
		t.As = d.From.Addr
	}
	return t
}

// mail returns it as it is written, with what its files hold.
func (d *draft) mail(files []compose.File) compose.Mail {
	m := compose.Mail{
		From: d.From, To: d.To, Cc: d.Cc, Bcc: d.Bcc, Receipt: d.Receipt, Subject: d.Subject, Text: d.Text, Date: d.Date, ID: d.ID,
		Files: files, Chat: d.Chat, ChatReceipt: d.Chat && !d.Reacts && d.Edits == "", Reaction: d.Reacts, Edits: d.Edits,
	}
	if d.Answers != "" {
		m.Answers = &compose.Original{ID: d.Answers, References: d.References, Subject: d.Subject}
		if q := d.Quoted; q != nil {
			m.Quote, m.Answers.From, m.Answers.Date, m.Answers.Text = q.How, q.From, q.Date, q.Text
		}
	}
	return m
}
