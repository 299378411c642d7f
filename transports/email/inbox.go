package email

import (
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
	mailMost  = 64 << 20  // bytes of one mail; of a longer one the beginning
	listAtOne = 200       // mails that are listed by one command
	headMost  = 256 << 10 // bytes of a header
)

// look brings the account up to what its inbox has. It selects the folder where
// another one is.
func (s *Session) look(ctx context.Context, c *imap.Client, emit emitter) error {
	if c.Folder() != inboxName {
		if err := s.enter(ctx, c, emit); err != nil {
			return err
		}
	}
	uids, err := c.SearchUIDs(ctx, &goimap.SearchCriteria{UID: []goimap.UIDSet{{goimap.UIDRange{Start: s.pos.Last + 1}}}})
	if err != nil {
		return err
	}
	uids = slices.DeleteFunc(uids, func(uid goimap.UID) bool { return uid <= s.pos.Last }) // n:* is never nothing
	return s.take(ctx, c, emit, uids, func(imap.Listed) bool { return true }, true)
}

// enter selects the inbox and finds where in it the account stands.
func (s *Session) enter(ctx context.Context, c *imap.Client, emit emitter) error {
	var box *goimap.SelectData
	if err := c.Do(ctx, func() (err error) { box, err = c.Select(inboxName, nil).Wait(); return err }); err != nil {
		return err
	}
	end := box.UIDNext
	if end == 0 { // RFC 9051 §6.3.2 lets old servers leave it out
		last, err := c.SearchUIDs(ctx, &goimap.SearchCriteria{})
		if err != nil {
			return err
		}
		end = 1
		if len(last) > 0 {
			end = slices.Max(last) + 1
		}
	}
	s.keepsTold = flagged(box.PermanentFlags, goimap.FlagWildcard) || flagged(box.PermanentFlags, flagTold)
	s.validity = max(box.UIDValidity, 1) // where there is none, it never changes
	switch {
	case s.pos.Validity == 0:
		return s.begin(ctx, c, emit, s.validity, end)
	case s.pos.Validity != s.validity || end <= s.pos.Last:
		return s.renumbered(ctx, c, emit, s.validity, end)
	}
	return nil
}

// begin is the first look into a mailbox: what is there already does not come, but
// for as many of the newest unread mails as the user asked for.
func (s *Session) begin(ctx context.Context, c *imap.Client, emit emitter, validity uint32, end goimap.UID) error {
	if s.pos.Last != 0 { // it began before, and did not come to an end
		end = min(end, s.pos.Last+1)
	}
	s.pos.Last = end - 1
	pos := position{Validity: validity, Last: end - 1, Newest: time.Now().Unix()}
	if s.pos.Work != end || s.pos.Tries < triesMost {
		s.work = end
		newest, err := s.acquaint(ctx, c)
		if err == nil {
			pos.Newest = newest
		} else if lost(c, err) {
			return err
		}
		s.work = 0
	}
	pos.Born = pos.Newest
	if s.backfill > 0 {
		unread, err := c.SearchUIDs(ctx, &goimap.SearchCriteria{NotFlag: []goimap.Flag{goimap.FlagSeen}})
		if err != nil {
			return err
		}
		if err := s.take(ctx, c, emit, unread[max(0, len(unread)-s.backfill):], func(imap.Listed) bool { return true }, false); err != nil {
			return err
		}
	}
	return s.settle(ctx, emit, pos)
}

// acquaint looks at the newest mails that were there before the account was, and
// returns when the last of them came, in Unix seconds.
func (s *Session) acquaint(ctx context.Context, c *imap.Client) (newest int64, err error) {
	all, err := c.SearchUIDs(ctx, &goimap.SearchCriteria{})
	if err != nil {
		return 0, err
	}
	last, err := c.ListMails(ctx, all[max(0, len(all)-serverSample):])
	if err != nil {
		return 0, err
	}
	for _, m := range last {
		newest = max(newest, came(m))
	}
	return newest, s.learnServer(ctx, c, last)
}

// renumbered goes on in a folder whose numbers mean nothing any more: what is not
// much older than the newest known mail is looked at again, and what came before is
// known by its id.
func (s *Session) renumbered(ctx context.Context, c *imap.Client, emit emitter, validity uint32, end goimap.UID) error {
	since := s.pos.since()
	uids, err := c.SearchUIDs(ctx, &goimap.SearchCriteria{Since: since.Add(-24 * time.Hour)}) // the server's days are in its own zone
	if err != nil {
		return err
	}
	soon := time.Now().Add(24 * time.Hour) // what is dated later was brought there, nobody knows when
	young := func(m imap.Listed) bool {
		return m.Date.Unix() > s.pos.Born && !m.Date.Before(since) && m.Date.Before(soon)
	}
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
func (s *Session) take(ctx context.Context, c *imap.Client, emit emitter, uids []goimap.UID, wanted func(imap.Listed) bool, moves bool) error {
	pass := func(m imap.Listed, events []transports.Event) error {
		b := transports.Batch{Events: events}
		if moves {
			b.Saves = []transports.Save{s.pos.past(m).save()}
		}
		if err := emit(ctx, b); err != nil {
			return err
		}
		if s.work = 0; moves {
			s.pos = s.pos.past(m)
		}
		return nil
	}
	for len(uids) > 0 {
		some := uids[:min(len(uids), listAtOne)]
		if uids[0] <= s.alone {
			some = uids[:1]
		}
		all, err := s.list(ctx, c, some)
		switch {
		case err != nil && lost(c, err):
			return err
		case err != nil && len(some) > 1:
			continue // one by one now
		case err != nil:
			if err := pass(imap.Listed{UID: some[0]}, unreadable()); err != nil {
				return err
			}
		}
		for _, m := range all {
			var events []transports.Event
			if !unsent(m.Flags) && wanted(m) {
				if events, err = s.read(ctx, c, m); err != nil {
					return err
				}
			}
			if err := pass(m, events); err != nil {
				return err
			}
		}
		uids = uids[len(some):]
	}
	return nil
}

// list has the server tell of mails. Where that fails they are to be asked for one
// by one; one at which the connection was lost several times is not asked for.
func (s *Session) list(ctx context.Context, c *imap.Client, uids []goimap.UID) ([]imap.Listed, error) {
	if len(uids) > 1 {
		all, err := c.ListMails(ctx, uids)
		if err != nil {
			s.alone = slices.Max(uids)
		}
		return all, err
	}
	if s.pos.Work == uids[0] && s.pos.Tries >= triesMost {
		return nil, errLeftOut
	}
	s.work = uids[0]
	return c.ListMails(ctx, uids)
}

// errLeftOut is the error of a mail that is given up.
var errLeftOut = &transports.Error{Kind: transports.NotFound}

// lost tells whether an error is of the connection, or of the server's state: what
// is asked for may be had later. Else the server answered, and will again.
func lost(c *imap.Client, err error) bool {
	switch transports.AsError(err).Kind {
	case transports.Unreachable, transports.Busy:
		return true
	}
	return c.State() != goimap.ConnStateSelected
}

// read reads one mail and returns what it says. One at which the connection was
// lost several times is left out, and the user told.
func (s *Session) read(ctx context.Context, c *imap.Client, m imap.Listed) ([]transports.Event, error) {
	if s.pos.Work == m.UID && s.pos.Tries >= triesMost {
		return unreadable(), nil
	}
	s.work = m.UID
	got, err := fetch(ctx, c, m.UID)
	switch {
	case err != nil && !lost(c, err):
		return unreadable(), nil // the server has it, and does not hand it out
	case err != nil:
		return nil, err
	case got == nil:
		return nil, nil // it has gone meanwhile
	}
	return s.convert(got, arrival{uid: m.UID, validity: s.validity, date: m.Date, late: time.Since(m.Date) > lateAfter}), nil
}

func unreadable() []transports.Event {
	return []transports.Event{transports.Told{Text: transports.T("One mail could not be read. It is still in your mailbox.")}}
}

// lateAfter is how old a mail is that is shown with its time.
const lateAfter = time.Minute

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

// heading reads the header of a mail. It is nil where there is none.
func heading(ctx context.Context, c *imap.Client, uid goimap.UID) (got *message.Mail, err error) {
	section := &goimap.FetchItemBodySection{Peek: true, Specifier: goimap.PartSpecifierHeader, Partial: &goimap.SectionPartial{Size: headMost}}
	err = c.Body(ctx, uid, section, func(r io.Reader) error {
		m, err := message.Read(r)
		if err == nil {
			got = m
		}
		return err
	})
	return got, err
}
