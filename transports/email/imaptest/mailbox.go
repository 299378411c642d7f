package imaptest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wherry/transports/email/mailtest"
)

// Mail is a message in a mailbox.
type Mail struct {
	UID   uint32    // default the next one
	Flags []string  // and keywords: `\Seen`
	Date  time.Time // INTERNALDATE; default now
	Raw   []byte    // with CRLF
	// Fault happens whenever the body is asked for, any part of it but the header.
	Fault mailtest.Fault
	// Lie is what is added to the length of the body that is told before it comes.
	Lie int
	// Huge is a body of so many bytes that comes instead of Raw's.
	Huge int64
}

// message is a Mail as it is kept.
type message struct {
	Mail
	modseq uint64
}

// mailbox is a folder of a user.
type mailbox struct {
	Folder
	validity uint32
	next     uint32 // UIDNEXT
	modseq   uint64 // of the last change
	expunges int    // how often something went away
	// all is never changed but by adding to it; a shorter one is a new slice. So
	// connections can hold the part of it that they were told of.
	all   []*message
	deaf  bool // IDLE tells nothing
	conns map[*conn]bool
}

func newMailbox(f Folder) *mailbox {
	return &mailbox{Folder: f, validity: 1700000000, next: 1, modseq: 1, conns: make(map[*conn]bool)}
}

func (b *mailbox) selectable() bool { return !strings.Contains(strings.ToLower(b.Attrs), `\noselect`) }

// add adds a message and returns its UID.
func (b *mailbox) add(m Mail) uint32 {
	if m.UID == 0 {
		m.UID = b.next
	}
	if m.Date.IsZero() {
		m.Date = time.Now()
	}
	b.next = max(b.next, m.UID+1)
	b.modseq++
	m.Flags = slices.Clone(m.Flags)
	b.all = append(b.all, &message{m, b.modseq})
	return m.UID
}

// remove takes those messages away that fit, and returns whether there were any.
func (b *mailbox) remove(fits func(*message) bool) bool {
	kept := make([]*message, 0, len(b.all))
	for _, m := range b.all {
		if !fits(m) {
			kept = append(kept, m)
		}
	}
	gone := len(kept) < len(b.all)
	if gone {
		b.all = kept
		b.expunges++
		b.modseq++
	}
	return gone
}

// find returns a mailbox of a user. INBOX is found however it is written.
func (a *account) find(name string) *mailbox {
	for _, b := range a.boxes {
		if b.Name == name || strings.EqualFold(name, "INBOX") && b.Name == "INBOX" {
			return b
		}
	}
	return nil
}

// change does something to a mailbox of a user, and tells those who idle there.
func (s *Server) change(user, box string, do func(*mailbox)) {
	s.mu.Lock()
	b := s.box(user, box)
	do(b)
	told := b.news()
	s.mu.Unlock()
	for _, c := range told {
		_ = c.flush()
	}
	s.Ring()
}

// box returns a mailbox of a user. The caller holds mu.
func (s *Server) box(user, name string) *mailbox {
	u := s.accounts[user]
	if u == nil || u.find(name) == nil {
		s.mu.Unlock()
		panic(fmt.Sprintf("imaptest: %s has no %s", user, name))
	}
	return u.find(name)
}

// news tells those who idle in the mailbox what changed, and returns who is to be
// flushed. The caller holds mu.
func (b *mailbox) news() (told []*conn) {
	for c := range b.conns {
		if c.idling && !b.deaf {
			c.put(c.sync())
			told = append(told, c)
		}
	}
	return told
}

// Add adds mail to a folder, and returns the UID of the first one.
func (s *Server) Add(user, box string, mail ...Mail) (uid uint32) {
	s.change(user, box, func(b *mailbox) {
		for i, m := range mail {
			if n := b.add(m); i == 0 {
				uid = n
			}
		}
	})
	return uid
}

// Expunge takes mail away by its UIDs.
func (s *Server) Expunge(user, box string, uids ...uint32) {
	s.change(user, box, func(b *mailbox) {
		b.remove(func(m *message) bool { return slices.Contains(uids, m.UID) })
	})
}

// SetFlags sets the flags of a mail.
func (s *Server) SetFlags(user, box string, uid uint32, flags ...string) {
	s.change(user, box, func(b *mailbox) {
		for _, m := range b.all {
			if m.UID == uid {
				b.modseq++
				m.Flags, m.modseq = slices.Clone(flags), b.modseq
			}
		}
	})
}

// Renumber gives a folder a new UIDVALIDITY and its mail new UIDs, beginning with 1.
// Who has the folder selected sees all go and come again, and nothing of the
// UIDVALIDITY before the next SELECT.
func (s *Server) Renumber(user, box string) {
	s.change(user, box, func(b *mailbox) {
		fresh := make([]*message, 0, len(b.all))
		b.modseq++
		for i, m := range b.all {
			again := *m
			again.UID, again.modseq = uint32(i+1), b.modseq
			fresh = append(fresh, &again)
		}
		b.all, b.next, b.validity = fresh, uint32(len(fresh)+1), b.validity+1
		b.expunges++
	})
}

// SetNextUID sets UIDNEXT, also back, as no server may, RFC 3501 §2.3.1.1. Mail with a
// UID that is not below it is gone.
func (s *Server) SetNextUID(user, box string, uid uint32) {
	s.change(user, box, func(b *mailbox) {
		b.remove(func(m *message) bool { return m.UID >= uid })
		b.next = uid
	})
}

// Deafen has IDLE tell nothing of a folder any more, though mail comes; NOOP does.
func (s *Server) Deafen(user, box string, deaf bool) {
	s.change(user, box, func(b *mailbox) { b.deaf = deaf })
}

// Mails returns what is in a folder.
func (s *Server) Mails(user, box string) []Mail {
	s.mu.Lock()
	var mails []Mail
	for _, m := range s.box(user, box).all {
		copied := m.Mail
		copied.Flags = slices.Clone(m.Flags)
		mails = append(mails, copied)
	}
	s.mu.Unlock()
	return mails
}
