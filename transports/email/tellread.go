package email

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/addrspec"
	"wherry/transports/email/compose"
	"wherry/transports/email/imap"
	"wherry/transports/email/message"
	"wherry/transports/email/submit"
)

// Who wants it has those told who ask whether their mail was read: by one report of RFC
// 8098 for each mail, when a client of the user's showed it. That one goes is noted
// before it does, in the mailbox, so that no other program sends one, too; else, where
// that cannot be, here. So a crash loses one at worst, and never makes two.

// Bounds on that.
const (
	tellsAtOnce = 5 // mails of one reading, the newest
	tellWithin  = time.Minute
	tellsKept   = 200 // mails that are remembered where the mailbox takes no keywords
)

// saveTells is the name of a save: the mails of which it was told that they were read,
// where the mailbox does not say so.
const saveTells = "mdn"

const flagTold goimap.Flag = goimap.FlagMDNSent

// tells returns the reports to send of mails that were shown, and notes them as sent.
func (s *Session) tells(ctx context.Context, c *imap.Client, shown []imap.Listed) (reports []compose.Seen, err error) {
	if !s.tellRead {
		return nil, nil
	}
	var uids goimap.UIDSet
	var names []string
	for _, m := range slices.Backward(shown) {
		if len(reports) == tellsAtOnce {
			break
		}
		if flagged(m.Flags, flagTold) || flagged(m.Flags, goimap.FlagJunk) {
			continue
		}
		head, err := heading(ctx, c, m.UID)
		switch {
		case err != nil && lost(c, err):
			return nil, err
		case err != nil || head == nil:
			continue
		}
		to, ok := s.wantsReport(head)
		name := head.StableID(s.key)[:16]
		if !ok || slices.Contains(s.told, name) {
			continue
		}
		me := s.addressed(head)
		reports = append(reports, compose.Seen{
			From: me, To: compose.Mailbox{Name: to.Name, Addr: to.Spec}, ID: compose.StableID(s.key, "seen "+name, me.Addr), Date: time.Now(),
			MailID: head.ID, Subject: head.Subject, Original: head.Header.Get("Original-Recipient"),
		})
		uids.AddNum(m.UID)
		names = append(names, name)
	}
	if len(reports) == 0 {
		return nil, nil
	}
	return reports, s.noteTold(ctx, c, uids, names)
}

// noteTold notes that reports of mails go.
func (s *Session) noteTold(ctx context.Context, c *imap.Client, uids goimap.UIDSet, names []string) error {
	if s.keepsTold {
		return c.Do(ctx, func() error {
			return c.Store(uids, &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Silent: true, Flags: []goimap.Flag{flagTold}}, nil).Close()
		})
	}
	told := slices.Concat(s.told, names)
	told = told[max(0, len(told)-tellsKept):]
	value, err := json.Marshal(told)
	if err == nil {
		err = s.emit(ctx, transports.Batch{Saves: []transports.Save{{Name: saveTells, Value: value}}})
	}
	if err == nil {
		s.told = told
	}
	return err
}

func readTold(saved transports.Saved) (names []string) {
	_ = json.Unmarshal(saved[saveTells], &names)
	return names
}

// sendTells sends reports. What cannot be sent is lost: nobody may rely on one.
func (s *Session) sendTells(ctx context.Context, reports []compose.Seen) {
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	for _, r := range reports {
		mail, err := compose.NewSeen(r)
		if err != nil {
			continue
		}
		_ = s.submission(ctx, func(c *submit.Client, waited bool) (again bool, err error) {
			_, err = c.Send(ctx, mail, submit.Options{})
			e := transports.AsError(err)
			return e != nil && waited && e.Temporary() && !e.Unsure && !c.Usable() && ctx.Err() == nil, err
		})
	}
}

// wantsReport returns who is to be told that a mail was read, if it asks for that in a
// way that can be trusted to do no harm (RFC 8098 §2.1): one address, that the mail came
// from on its way. Nothing that a program wrote, or wrote to many, is reported on.
func (s *Session) wantsReport(m *message.Mail) (to message.Address, ok bool) {
	asked := m.WantsReceipt()
	if chat := m.Chat(); len(asked) == 0 && chat != nil && chat.Version != "" {
		asked = chat.Receipt
	}
	if len(asked) != 1 || !sameMailbox(asked[0].Spec, m.ReturnPath()) || s.own(asked[0].Spec) || m.ID == "" ||
		m.Origin() != message.Person || m.List() != nil || m.Verdict(s.server) == message.Doubtful ||
		strings.Contains(strings.ToLower(m.Header.Get("Disposition-Notification-Options")), "required") { // §2.2: by who knows what it wants
		return to, false
	}
	return asked[0], true
}

// sameMailbox tells whether two addresses are one: what stands before the @ counts as it
// is written (RFC 5321 §2.4).
func sameMailbox(a, b string) bool {
	one, err := addrspec.Parse(a)
	other, err2 := addrspec.Parse(b)
	return err == nil && err2 == nil && one.String() == other.String()
}

// addressed returns which address of the user's a mail went to.
func (s *Session) addressed(m *message.Mail) compose.Mailbox {
	me := s.me
	for _, a := range slices.Concat(m.To, m.Cc) {
		if s.own(a.Spec) {
			me.Addr = a.Spec
			break
		}
	}
	return me
}

// flagged tells whether a flag is among others, in whatever case.
func flagged(flags []goimap.Flag, want goimap.Flag) bool {
	return slices.ContainsFunc(flags, func(f goimap.Flag) bool { return strings.EqualFold(string(f), string(want)) })
}
