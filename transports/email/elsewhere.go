package email

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/compose"
	"wherry/transports/email/imap"
	"wherry/transports/email/message"
)

// saveElsewhere is the name of a save: how far the folder of sent mails was read.
const saveElsewhere = "sentbox"

const elsewhereAtOne = 50 // mails that are shown of one look; older ones are not

// sentbox is where in the folder of sent mails the account stands.
type sentbox struct {
	Validity uint32     `json:"v"`
	Last     goimap.UID `json:"l"`
}

func readSentbox(saved transports.Saved) (b sentbox) {
	_ = json.Unmarshal(saved[saveElsewhere], &b)
	return b
}

func (b sentbox) save() transports.Save {
	v, _ := json.Marshal(b)
	return transports.Save{Name: saveElsewhere, Value: v}
}

// lookElsewhere hands to emit what the user sent with other programs, where they
// want to see it. What was there before is not shown, nor what is numbered anew.
func (s *Session) lookElsewhere(ctx context.Context, c *imap.Client, emit emitter) error {
	if !s.elsewhere || time.Since(s.lookedElsewhere) < s.t.patience.elsewhere {
		return nil
	}
	s.lookedElsewhere = time.Now()
	folder, err := s.sentFolder(ctx, c)
	if err != nil {
		return ifLost(c, err)
	}
	var now *goimap.StatusData
	err = c.Do(ctx, func() (err error) {
		now, err = c.Status(folder, &goimap.StatusOptions{UIDNext: true, UIDValidity: true}).Wait()
		return err
	})
	switch {
	case err != nil:
		return ifLost(c, err)
	case now.UIDNext == 0 || now.UIDValidity == s.sentbox.Validity && now.UIDNext <= s.sentbox.Last+1:
		return nil
	case now.UIDValidity != s.sentbox.Validity:
		return s.standElsewhere(ctx, emit, sentbox{now.UIDValidity, now.UIDNext - 1})
	}
	var box *goimap.SelectData
	err = c.Do(ctx, func() (err error) {
		box, err = c.Select(folder, &goimap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	if err != nil || box.UIDValidity != s.sentbox.Validity {
		return ifLost(c, err)
	}
	uids, err := c.SearchUIDs(ctx, &goimap.SearchCriteria{UID: []goimap.UIDSet{{goimap.UIDRange{Start: s.sentbox.Last + 1}}}})
	if err != nil {
		return ifLost(c, err)
	}
	uids = slices.DeleteFunc(uids, func(uid goimap.UID) bool { return uid <= s.sentbox.Last })
	all, err := c.ListMails(ctx, uids[max(0, len(uids)-elsewhereAtOne):])
	if err != nil {
		return ifLost(c, err)
	}
	for _, m := range all {
		if err := s.showElsewhere(ctx, c, emit, folder, m); err != nil {
			return err
		}
	}
	return nil
}

// showElsewhere hands out one mail of the folder. One that cannot be read is left
// out, and one at which the connection ends each time.
func (s *Session) showElsewhere(ctx context.Context, c *imap.Client, emit emitter, folder string, m imap.Listed) error {
	next := s.sentbox
	next.Last = m.UID
	if !unsent(m.Flags) {
		got, err := fetch(ctx, c, m.UID)
		if err != nil && ifLost(c, err) != nil {
			if s.stuck.uid != m.UID {
				s.stuck.uid, s.stuck.times = m.UID, 0
			}
			if s.stuck.times++; s.stuck.times < triesMost {
				return err
			}
			return errors.Join(err, s.standElsewhere(ctx, emit, next))
		}
		if got != nil && !s.ours(got.ID) {
			if said, ok := s.said(got, arrival{uid: m.UID, validity: s.sentbox.Validity, date: m.Date, late: time.Since(m.Date) > lateAfter, folder: folder}); ok {
				err := emit(ctx, transports.Batch{Events: []transports.Event{transports.Received{Message: said}}, Saves: []transports.Save{next.save()}})
				if err == nil {
					s.sentbox = next
				}
				return err
			}
		}
	}
	return s.standElsewhere(ctx, emit, next)
}

// standElsewhere keeps how far the folder was read.
func (s *Session) standElsewhere(ctx context.Context, emit emitter, at sentbox) error {
	if err := emit(ctx, transports.Batch{Saves: []transports.Save{at.save()}}); err != nil {
		return err
	}
	s.sentbox = at
	return nil
}

// ifLost returns an error only where the connection ended by it: nothing else here
// is worth another log-in.
func ifLost(c *imap.Client, err error) error {
	if err != nil && (transports.AsError(err).Kind == transports.Unreachable || c.State() == goimap.ConnStateLogout) {
		return err
	}
	return nil
}

// said returns a mail of the user's as what they said to the first of those it went
// to. It reports false where it went to nobody else.
func (s *Session) said(m *message.Mail, in arrival) (transports.Message, bool) {
	var to []message.Address
	for _, a := range slices.Concat(m.To, m.Cc) {
		if !s.own(a.Spec) {
			to = append(to, a)
		}
	}
	if len(to) == 0 {
		return transports.Message{}, false
	}
	out := s.shell(m, in)
	out.Own, out.Chat = true, s.person(to[0].Spec)
	if changed := s.heads.changed(root(m), m.Subject, to[1:]); s.headed(m.Subject, changed) {
		out.Notes = append(out.Notes, transports.T("Subject: %s", m.Subject))
	}
	if len(to) > 1 {
		out.Notes = append(out.Notes, transports.T("Also to %s", names(to[1:])))
	}
	t := trail{
		ID: m.ID, References: m.References, Subject: m.Subject, From: s.me, To: mailboxes(to[:1]), All: mailboxes(to[1:]), Time: in.date, Own: true,
	}
	if len(m.From) > 0 && s.own(m.From[0].Spec) && !strings.EqualFold(m.From[0].Spec, s.me.Addr) {
		t.As = m.From[0].Spec
		t.From = compose.Mailbox{Name: s.me.Name, Addr: t.As}
	}
	out.Trail = t.encode()
	return out, true
}
