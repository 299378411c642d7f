package imap

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"wherry/transports"
)

// foundMost is how many mails a search may find: a server can name them all in some
// bytes.
const foundMost = 4 << 20

// SearchUIDs returns the numbers of the mails that fit, in their order.
func (c *Client) SearchUIDs(ctx context.Context, what *imap.SearchCriteria) (uids []imap.UID, err error) {
	err = c.Do(ctx, func() error {
		found, err := c.UIDSearch(what, nil).Wait()
		if err != nil {
			return err
		}
		uids, err = UIDs(found)
		return err
	})
	return uids, err
}

// UIDs returns the numbers that a search found, each once and in order. The library
// ends the process where a server names what is no number, and where it names all.
func UIDs(found *imap.SearchData) (uids []imap.UID, err error) {
	set, _ := found.All.(imap.UIDSet)
	n := uint64(0)
	for _, r := range set {
		if r.Start == 0 || r.Stop < r.Start { // "*" is for clients only
			return nil, &transports.Error{Kind: transports.Busy, Err: errors.New("a search found what is no number")}
		}
		if n += uint64(r.Stop-r.Start) + 1; n > foundMost {
			return nil, &transports.Error{Kind: transports.Busy, Err: errors.New("a search found too much")}
		}
	}
	uids = make([]imap.UID, 0, n)
	for _, r := range set {
		for uid := uint64(r.Start); uid <= uint64(r.Stop); uid++ {
			uids = append(uids, imap.UID(uid))
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// Listed is what a server tells of a mail without what it says.
type Listed struct {
	UID   imap.UID
	Flags []imap.Flag
	Date  time.Time // INTERNALDATE
	Size  int64     // RFC822.SIZE
}

// ListMails returns what the server tells of mails, in their order. What it tells of
// others, or unasked, is dropped.
func (c *Client) ListMails(ctx context.Context, uids []imap.UID) (all []Listed, err error) {
	if len(uids) == 0 {
		return nil, nil
	}
	listed := make(map[imap.UID]Listed, len(uids))
	err = c.Do(ctx, func() error {
		cmd := c.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			if m := read(msg); slices.Contains(uids, m.UID) {
				listed[m.UID] = m
			}
		}
		return cmd.Close()
	})
	for _, uid := range uids {
		if m, ok := listed[uid]; ok {
			all = append(all, m)
		}
	}
	return all, err
}

// read reads what is told of a mail. What nobody asked for is not kept; one without
// a time came now.
func read(msg *imapclient.FetchMessageData) (m Listed) {
	m.Date = time.Now()
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			m.UID = item.UID
		case imapclient.FetchItemDataFlags:
			m.Flags = item.Flags
		case imapclient.FetchItemDataInternalDate:
			m.Date = item.Time
		case imapclient.FetchItemDataRFC822Size:
			m.Size = item.Size
		}
	}
	return m
}
