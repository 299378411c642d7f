package email

import (
	"hash/fnv"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/compose"
	"wherry/transports/email/message"
	"wherry/transports/email/status"
)

// arrival is what is known of a mail besides what it says.
type arrival struct {
	uid      goimap.UID
	validity uint32
	date     time.Time // when it came
	late     bool      // that is some time ago
	folder   string    // where it is; empty: in INBOX
}

// Bounds on what is shown of a mail.
const (
	textMost   = 8000 // characters; all of a longer text comes as a file
	peopleMost = 5    // of those who got it, too, that are named
	partsMost  = 50
)

// convert returns what a mail says. It is exactly one message, or a report on mail
// of ours; or nothing, where the user does not want to see it.
func (s *Session) convert(m *message.Mail, in arrival) []transports.Event {
	if events := s.report(m); events != nil {
		return events
	}
	if r := m.Receipt; r != nil && compose.OwnID(s.key, r.Of) {
		if !r.Displayed {
			return []transports.Event{}
		}
		return []transports.Event{transports.Status{Chat: s.person(r.Recipient), ID: r.Of, State: transports.Read}}
	}
	if s.quiet && m.Origin() == message.Bulk && m.List() == nil && !s.answersUs(m) {
		return []transports.Event{}
	}
	return []transports.Event{transports.Received{Message: s.message(m, in)}}
}

// answersUs tells whether a mail answers one that was sent by the gateway.
func (s *Session) answersUs(m *message.Mail) bool {
	return slices.ContainsFunc(append(m.InReplyTo, m.References...), s.ours)
}

// report returns what became of mail of ours; nil where the mail is no report, or
// not about ours: anybody can write one.
func (s *Session) report(m *message.Mail) []transports.Event {
	if m.Report == nil || len(m.Report.Outcomes) == 0 {
		return nil
	}
	id := m.Report.EnvelopeID
	if !compose.OwnID(s.key, id) {
		id = m.Report.MessageID
	}
	if !compose.OwnID(s.key, id) {
		return nil
	}
	var events []transports.Event
	for _, o := range m.Report.Outcomes {
		to := o.Original
		if to == "" {
			to = o.Recipient
		}
		chat := s.person(to)
		switch o.Action {
		case message.Failed:
			e := status.Refusal{Code: status.Parse(o.Status), Words: o.Diagnostic, To: to}.Error()
			events = append(events, transports.Status{Chat: chat, ID: id, State: transports.Failed, Err: e})
		case message.Delayed:
			events = append(events, transports.Told{ID: "delay." + id, Chat: chat,
				Text: transports.T("The mail to %s has not arrived yet. Your provider goes on trying.", to)})
		default:
			events = append(events, transports.Status{Chat: chat, ID: id, State: transports.Delivered})
		}
	}
	return events
}

// message returns a mail as what somebody says.
func (s *Session) message(m *message.Mail, in arrival) transports.Message {
	from := author(m)
	list := m.List()
	out := s.shell(m, in)
	out.Chat, out.Nick = s.person(from.Spec), from.Name
	out.Introduce = s.answersUs(m)
	if list != nil {
		out.Chat, out.Nick, out.Introduce = s.mailingList(list.ID), list.Name, false
	}
	out.Gesture = s.gesture(m, list)
	out.Notes = s.notes(m, from, list, out.Gesture != nil)
	if out.Text == "" && len(out.Attachments) == 0 && (m.Subject == "" || len(out.Notes) == 0) {
		out.Notes = append(out.Notes, transports.T("[empty mail]"))
	}
	out.Trail, out.Parties = s.trail(m, from, list, in), s.partiesOf(m, from, list)
	return out
}

// shell is what a mail says, whoever said it to whom.
func (s *Session) shell(m *message.Mail, in arrival) transports.Message {
	words, whole := text(m)
	out := transports.Message{
		ID: m.StableID(s.key), Ref: m.ID, Thread: message.ThreadID(s.key, root(m)), ReplyTo: m.Parent(),
		Subject: m.Subject, Time: in.date, Delayed: in.late, Text: words, Letter: s.letters,
	}
	at := ref{Folder: in.folder, Validity: in.validity, UID: in.uid, ID: m.ID}
	if !whole {
		out.Attachments = append(out.Attachments, transports.Attachment{Ref: at.String(), Name: "message.txt", Type: "text/plain; charset=utf-8"})
	}
	for _, f := range m.Files() {
		if len(out.Attachments) == partsMost {
			break
		}
		at.Path = f.Path
		out.Attachments = append(out.Attachments, transports.Attachment{Ref: at.String(), Name: f.Name, Type: f.Type, Size: f.Size})
	}
	return out
}

func (s *Session) ours(id string) bool { return compose.OwnID(s.key, id) }

// root names the conversation of a mail. One without an id is a conversation by
// itself.
func root(m *message.Mail) string {
	if id := m.Root(); id != "" {
		return id
	}
	return m.StableID("")
}

// author returns who wrote a mail.
func author(m *message.Mail) message.Address {
	for _, list := range [][]message.Address{m.From, m.Sender, m.ReplyTo} {
		if len(list) > 0 {
			return list[0]
		}
	}
	return message.Address{Spec: "nobody@invalid"}
}

// person returns the address of somebody who wrote. What no address of a contact can
// be has one of its own.
func (s *Session) person(spec string) transports.Address {
	a, err := contact(spec, s.scope)
	if err == nil {
		return a
	}
	_, domain, _ := strings.Cut(spec, "@")
	name := "x-" + message.ThreadID("address", spec)[:16]
	if a, err = contact(name+"@"+domain, s.scope); err == nil {
		return a
	}
	return transports.Address{Kind: transports.Contact, Scope: s.scope, Name: name + "@invalid"}
}

// mailingList returns the address of a list.
func (s *Session) mailingList(id string) transports.Address {
	return transports.Address{Kind: transports.Contact, Scope: s.scope, Name: listName(id)}
}

// notes returns what is to be known of a mail besides its text. Those of one that
// stands apart say nothing of what the next ones are to be known by.
func (s *Session) notes(m *message.Mail, from message.Address, list *message.List, apart bool) (all []transports.Text) {
	if m.Verdict(s.server) == message.Doubtful {
		all = append(all, transports.T("⚠ The sender of this mail is not verified."))
	}
	if len(m.From) > 1 {
		all = append(all, transports.T("⚠ This mail names several senders: %s", names(m.From)))
	}
	if other := s.answersElsewhere(m, from, list); len(other) > 0 {
		all = append(all, transports.T("Answers go to %s", names(other)))
	}
	if list != nil {
		all = append(all, transports.T("From %s:", shown(from)))
	}
	if m.Origin() == message.Replied {
		all = append(all, transports.T("[automatic reply]"))
	}
	to := s.shownOthers(m, from)
	changed := apart || s.heads.changed(root(m), m.Subject, to)
	if s.headed(m.Subject, changed) {
		all = append(all, transports.T("Subject: %s", m.Subject))
	}
	if changed && len(to) > 0 && list == nil {
		all = append(all, transports.T("Also to %s", names(to)))
	}
	if m.Encrypted != message.Unprotected {
		all = append(all, transports.T("[encrypted mail: it is in the file]"))
	}
	return all
}

// headed tells whether a subject, which may be another one than that of the mail before,
// is shown above the text.
func (s *Session) headed(subject string, changed bool) bool {
	return subject != "" && (s.subjects == subjectsAlways || s.subjects == "" && changed)
}

// text returns what is shown of a mail's own words, and whether that is all.
func text(m *message.Mail) (words string, whole bool) {
	if r := m.Reaction; r != nil && len(r.Signs) > 0 {
		return strings.Join(r.Signs, " "), true
	}
	words, whole = m.Text(m.Parent() != ""), true
	if utf8.RuneCountInString(words) > textMost {
		words, whole = cutRunes(words, textMost)+" […]", false
	}
	if m.Calendar != nil {
		words = strings.TrimSpace(m.Calendar.Summary() + "\n" + words)
	}
	return words, whole
}

// answersElsewhere returns where answers are to go, where that is not the author.
func (s *Session) answersElsewhere(m *message.Mail, from message.Address, list *message.List) []message.Address {
	if list != nil {
		return nil // they go to the list
	}
	for _, a := range m.ReplyTo {
		if !strings.EqualFold(a.Spec, from.Spec) {
			return m.ReplyTo
		}
	}
	return nil
}

// others returns who got a mail besides its author and the user.
func (s *Session) others(m *message.Mail, from message.Address) (all []message.Address) {
	seen := map[string]bool{strings.ToLower(from.Spec): true}
	for _, a := range slices.Concat(m.To, m.Cc) {
		if key := strings.ToLower(a.Spec); !seen[key] && !s.own(a.Spec) {
			seen[key] = true
			all = append(all, a)
		}
	}
	return all
}

// shownOthers is others without the addresses under which the mail came to the user: they
// need not be told. An answer to all goes there nevertheless, and none leaves from there:
// such an address may be one of several people, and only its user knows.
func (s *Session) shownOthers(m *message.Mail, from message.Address) []message.Address {
	all, own := s.others(m, from), m.DeliveredTo()
	return slices.DeleteFunc(all, func(a message.Address) bool { return slices.Contains(own, strings.ToLower(a.Spec)) })
}

// names returns the first of some people.
func names(list []message.Address) string {
	var all []string
	for _, a := range list[:min(len(list), peopleMost)] {
		all = append(all, shown(a))
	}
	if n := len(list) - peopleMost; n > 0 {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}

// shown is how somebody is named: never by a name alone, which anybody can take.
func shown(a message.Address) string {
	if a.Name == "" || a.Name == a.Spec {
		return a.Spec
	}
	return a.Name + " <" + a.Spec + ">"
}

// trail returns what an answer to a mail needs.
func (s *Session) trail(m *message.Mail, from message.Address, list *message.List, in arrival) []byte {
	t := trail{
		ID: m.ID, References: m.References, Subject: m.Subject, From: compose.Mailbox{Name: from.Name, Addr: from.Spec},
		Time: in.date, List: list != nil, Chat: m.Chat() != nil, Leave: m.Leaving() != nil,
		Place: &ref{Folder: in.folder, Validity: in.validity, UID: in.uid},
	}
	if len(t.References) == 0 {
		t.References = m.InReplyTo
	}
	switch {
	case list != nil && !list.Shut && list.Post != "":
		t.To = []compose.Mailbox{{Name: list.Name, Addr: list.Post}}
	case list == nil:
		t.To = mailboxes(s.answersElsewhere(m, from, list))
	}
	t.All = mailboxes(s.others(m, from))
	for _, a := range slices.Concat(m.To, m.Cc) {
		if s.own(a.Spec) {
			if !strings.EqualFold(a.Spec, s.me.Addr) {
				t.As = a.Spec
			}
			break
		}
	}
	return t.encode()
}

func mailboxes(list []message.Address) (all []compose.Mailbox) {
	for _, a := range list {
		all = append(all, compose.Mailbox{Name: a.Name, Addr: a.Spec})
	}
	return all
}

// heads remembers what was last shown above the mails of some conversations, so that
// it is shown again only where it is another. It is a guess: at worst a subject is
// shown once too often.
type heads struct {
	ring []head // as long as there is something to remember
	next int    // the oldest, once there are headsMost
}

// headsMost is how many conversations are remembered.
const headsMost = 128

// head is what was shown: hashes, for there are many accounts.
type head struct{ thread, shown uint64 }

// changed tells whether a subject, or the people, are others than those of the mail
// before in a conversation, and remembers them.
func (h *heads) changed(thread, subject string, to []message.Address) bool {
	bare, _, _ := message.Subject(subject)
	fields := []string{strings.ToLower(bare)}
	for _, a := range to {
		fields = append(fields, strings.ToLower(a.Spec))
	}
	slices.Sort(fields[1:])
	now := head{hashed(thread), hashed(fields...)}
	for i := range h.ring {
		if h.ring[i].thread == now.thread {
			changed := h.ring[i].shown != now.shown
			h.ring[i] = now
			return changed
		}
	}
	if len(h.ring) < headsMost {
		h.ring = append(h.ring, now)
		return true
	}
	h.ring[h.next] = now
	h.next = (h.next + 1) % headsMost
	return true
}

func hashed(fields ...string) uint64 {
	h := fnv.New64a()
	for _, f := range fields {
		_, _ = h.Write([]byte(url.QueryEscape(f) + " "))
	}
	return h.Sum64()
}

func cutRunes(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i]
		}
		n++
	}
	return s
}
