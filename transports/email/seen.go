package email

import (
	"context"
	"slices"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/compose"
	"wherry/transports/email/imap"
)

// Read marks what came of somebody up to a time as seen, and nothing else ever does.
// Who asks for that is told, where the user wants it.
func (s *Session) Read(ctx context.Context, chat transports.Address, upTo time.Time) error {
	var reports []compose.Seen
	err := s.do(ctx, func(ctx context.Context, c *imap.Client) error {
		if c.Folder() != inboxName {
			if err := s.enter(ctx, c, s.emit); err != nil {
				return err
			}
		}
		read, err := markSeen(ctx, c, chat, upTo)
		if err == nil {
			reports, err = s.tells(ctx, c, read)
		}
		for _, folder := range s.watched.folders() {
			if err != nil {
				break
			}
			if err = c.Do(ctx, func() error { _, err := c.Select(folder, nil).Wait(); return err }); err == nil {
				_, err = markSeen(ctx, c, chat, upTo)
			}
			err = ifLost(c, err)
		}
		return err
	})
	if err == nil && len(reports) > 0 {
		s.sendTells(ctx, reports)
	}
	return err
}

// markSeen is Read of the folder that is selected. It returns what was not read before.
func markSeen(ctx context.Context, c *imap.Client, chat transports.Address, upTo time.Time) ([]imap.Listed, error) {
	field := goimap.SearchCriteriaHeaderField{Key: "From", Value: chat.Name}
	if !strings.Contains(chat.Name, "@") {
		field.Key = "List-Id"
	}
	unseen, err := c.SearchUIDs(ctx, &goimap.SearchCriteria{
		NotFlag: []goimap.Flag{goimap.FlagSeen}, Header: []goimap.SearchCriteriaHeaderField{field},
	})
	if err != nil {
		return nil, err
	}
	all, err := c.ListMails(ctx, unseen[max(0, len(unseen)-listAtOne):])
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(m imap.Listed) bool { return m.Date.After(upTo) })
	if len(all) == 0 {
		return nil, nil
	}
	var uids goimap.UIDSet
	for _, m := range all {
		uids.AddNum(m.UID)
	}
	return all, c.Do(ctx, func() error {
		return c.Store(uids, &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Silent: true, Flags: []goimap.Flag{goimap.FlagSeen}}, nil).Close()
	})
}
