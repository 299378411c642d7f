package imap

import (
	"context"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Body hands what a section of a mail holds to read, as it comes. It asks for
// nothing else: of what servers tell of a mail's structure, some ends the
// connection. read is not called where there is no such mail; what it leaves
// is dropped.
func (c *Client) Body(ctx context.Context, uid imap.UID, section *imap.FetchItemBodySection, read func(io.Reader) error) error {
	return c.Stream(ctx, func(through func(io.Reader) io.Reader) (failed error) {
		cmd := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		done := false
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			for item := msg.Next(); item != nil; item = msg.Next() {
				body, ok := item.(imapclient.FetchItemDataBodySection)
				if !ok || body.Literal == nil {
					continue
				}
				r := through(body.Literal)
				if !done {
					done = true
					failed = read(r)
				}
				_, _ = io.Copy(io.Discard, r)
			}
		}
		if err := cmd.Close(); err != nil {
			return err
		}
		return failed
	})
}
