package email

import (
	"cmp"
	"context"
	"io"
	"slices"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/imap"
	"wherry/transports/email/message"
)

// inboxName is the folder that mail comes to, RFC 9051 §5.1.
const inboxName = "INBOX"

// Bounds on what is fetched.
const (
	mailMost  = 64 << 20 // bytes of one mail; of a longer one the beginning
	listAtOne = 200      // mails that are listed by one command
)

// listed is a mail of a folder that was not read yet.
type listed struct {
	uid  goimap.UID
	date time.Time // INTERNALDATE
	size int64
	gone bool // it is to be deleted, or was not sent
}

// look brings the account up to what its inbox has. It selects the folder where
// another one is.
func (s *Session) look(ctx context.Context, c *imap.Client, emit emitter) error {
	if box := c.Mailbox(); box == nil || box.Name != inboxName {
		if err := s.enter(ctx, c, emit); err != nil {
			return err
		}
	}
	uids, err := numbers(ctx, c, &goimap.SearchCriteria{UID: []goimap.UIDSet{{goimap.UIDRange{Start: s.pos.Last + 1}}}})
	if err != nil {
		return err
	}
	uids = slices.DeleteFunc(uids, func(uid goimap.UID) bool { return uid <= s.pos.Last }) // n:* is never nothing
	return s.take(ctx, c, emit, uids, func(listed) bool { return true }, true)
}

// enter selects the inbox and finds where in it the account stands.
func (s *Session) enter(ctx context.Context, c *imap.Client, emit emitter) error {
	var box *goimap.SelectData
	if err := c.Do(ctx, func() (err error) { box, err = c.Select(inboxName, nil).Wait(); return err }); err != nil {
		return err
	}
	end := box.UIDNext
	if end == 0 { // RFC 9051 §6.3.2 lets old servers leave it out
		last, err := numbers(ctx, c, &goimap.SearchCriteria{})
		if err != nil {
			return err
		}
		end = 1
		if len(last) > 0 {
			end = slices.Max(last) + 1
		}
	}
	s.validity = box.UIDValidity
	switch {
	case s.pos.Validity == 0:
		return s.begin(ctx, c, emit, box.UIDValidity, end)
	case s.pos.Validity != box.UIDValidity || end <= s.pos.Last:
		return s.renumbered(ctx, c, emit, box.UIDValidity, end)
	}
	return nil
}

// begin is the first look into a mailbox: what is there already does not come, but
// for as many of the newest unread mails as the user asked for.
func (s *Session) begin(ctx context.Context, c *imap.Client, emit emitter, validity uint32, end goimap.UID) error {
	pos := position{Validity: validity, Last: end - 1}
	all, err := numbers(ctx, c, &goimap.SearchCriteria{})
	if err != nil {
		return err
	}
	newest, err := list(ctx, c, all[max(0, len(all)-serverSample):])
	if err != nil {
		return err
	}
	for _, m := range newest {
		pos.Born = max(pos.Born, m.date.Unix())
	}
	pos.Newest = pos.Born
	if err := s.learnServer(ctx, c, newest); err != nil {
		return err
	}
	if s.backfill > 0 {
		unread, err := numbers(ctx, c, &goimap.SearchCriteria{NotFlag: []goimap.Flag{goimap.FlagSeen}})
		if err != nil {
			return err
		}
		if err := s.take(ctx, c, emit, unread[max(0, len(unread)-s.backfill):], func(listed) bool { return true }, false); err != nil {
			return err
		}
	}
	return s.settle(ctx, emit, pos)
}

// renumbered goes on in a folder whose numbers mean nothing any more: what is not
// much older than the newest known mail is looked at again, and what came before is
// known by its id.
func (s *Session) renumbered(ctx context.Context, c *imap.Client, emit emitter, validity uint32, end goimap.UID) error {
	since := s.pos.since()
	uids, err := numbers(ctx, c, &goimap.SearchCriteria{Since: since.Add(-24 * time.Hour)}) // the server's days are in its own zone
	if err != nil {
		return err
	}
	young := func(m listed) bool { return m.date.Unix() > s.pos.Born && !m.date.Before(since) }
	if err := s.take(ctx, c, emit, uids, young, false); err != nil {
		return err
	}
	pos := s.pos
	pos.Validity, pos.Last, pos.Work, pos.Tries = validity, end-1, 0, 0
	return s.settle(ctx, emit, pos)
}

// settle keeps a position.
func (s *Session) settle(ctx context.Context, emit emitter, pos position) error {
	saves := []transports.Save{pos.save()}
	if s.server != "" {
		saves = append(saves, transports.Save{Name: saveServer, Value: []byte(s.server)})
	}
	if err := emit(ctx, transports.Batch{Saves: saves}); err != nil {
		return err
	}
	s.pos = pos
	return nil
}

// take reads mails in their order, those that are wanted, and hands each to emit.
// moves tells that the position moves past each.
func (s *Session) take(ctx context.Context, c *imap.Client, emit emitter, uids []goimap.UID, wanted func(listed) bool, moves bool) error {
	slices.Sort(uids)
	for some := range slices.Chunk(uids, listAtOne) {
		all, err := list(ctx, c, some)
		if err != nil {
			return err
		}
		for _, m := range all {
			b := transports.Batch{}
			if !m.gone && wanted(m) {
				if b.Events, err = s.read(ctx, c, m); err != nil {
					return err
				}
			}
			if moves {
				b.Saves = []transports.Save{s.pos.past(m).save()}
			}
			if err := emit(ctx, b); err != nil {
				return err
			}
			if s.work = 0; moves {
				s.pos = s.pos.past(m)
			}
		}
	}
	return nil
}

// read reads one mail and returns what it says. One at which the connection was
// lost several times is left out, and the user told.
func (s *Session) read(ctx context.Context, c *imap.Client, m listed) ([]transports.Event, error) {
	if s.pos.Work == m.uid && s.pos.Tries >= triesMost {
		return unreadable(), nil
	}
	s.work = m.uid
	got, err := fetch(ctx, c, m.uid)
	switch {
	case err != nil && c.State() == goimap.ConnStateSelected && transports.AsError(err).Kind != transports.Busy:
		return unreadable(), nil // the server has it, and does not hand it out
	case err != nil:
		return nil, err
	case got == nil:
		return nil, nil // it has gone meanwhile
	}
	return s.convert(got, arrival{uid: m.uid, validity: s.validity, date: m.date, late: time.Since(m.date) > lateAfter}), nil
}

func unreadable() []transports.Event {
	return []transports.Event{transports.Told{Text: transports.T("One mail could not be read. It is still in your mailbox.")}}
}

// lateAfter is how old a mail is that is shown with its time.
const lateAfter = time.Minute

// numbers returns the numbers of mails.
func numbers(ctx context.Context, c *imap.Client, what *goimap.SearchCriteria) (uids []goimap.UID, err error) {
	err = c.Do(ctx, func() error {
		found, err := c.UIDSearch(what, nil).Wait()
		if err == nil {
			uids = found.AllUIDs()
		}
		return err
	})
	slices.Sort(uids)
	return uids, err
}

// list returns what the server tells of mails, in their order.
func list(ctx context.Context, c *imap.Client, uids []goimap.UID) (all []listed, err error) {
	if len(uids) == 0 {
		return nil, nil
	}
	err = c.Do(ctx, func() error {
		cmd := c.Fetch(goimap.UIDSetNum(uids...), &goimap.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			m, err := msg.Collect()
			if err != nil {
				break // Close tells
			}
			if slices.Contains(uids, m.UID) && len(all) < len(uids) {
				all = append(all, listed{m.UID, m.InternalDate, m.RFC822Size, unsent(m.Flags)})
			}
		}
		return cmd.Close()
	})
	slices.SortFunc(all, func(a, b listed) int { return cmp.Compare(a.uid, b.uid) })
	return slices.CompactFunc(all, func(a, b listed) bool { return a.uid == b.uid }), err
}

func unsent(flags []goimap.Flag) bool {
	return slices.Contains(flags, goimap.FlagDeleted) || slices.Contains(flags, goimap.FlagDraft)
}

// fetch reads a mail as it comes, and leaves it unread. It is nil where there is
// none of that number.
func fetch(ctx context.Context, c *imap.Client, uid goimap.UID) (got *message.Mail, err error) {
	body := &goimap.FetchItemBodySection{Peek: true, Partial: &goimap.SectionPartial{Size: mailMost}}
	err = c.Body(ctx, uid, body, func(r io.Reader) error {
		m, err := message.Read(r)
		if err == nil {
			got = m
		}
		return err
	})
	return got, err
}
