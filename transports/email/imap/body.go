package imap

import (
	"context"
	"errors"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"wherry/transports"
)

// Body hands what a section of a mail holds to read, as it comes. It asks for
// nothing else: of what servers tell of a mail's structure, some ends the
// connection. read is not called where there is no such mail; what it leaves
// is dropped. An Error of the kind NotFound is a mail that is there, and is not
// handed out.
func (c *Client) Body(ctx context.Context, uid imap.UID, section *imap.FetchItemBodySection, read func(io.Reader) error) error {
	found, err := c.body(ctx, imap.UIDSetNum(uid), uid, section, read)
	if err != nil || found {
		return err
	}
	// Servers may tell the number of a mail behind what it says, where the library
	// drops it unseen. By its place in the folder it finds it.
	place, err := c.place(ctx, uid)
	if err != nil || place == 0 {
		return err
	}
	if found, err = c.body(ctx, imap.SeqSetNum(place), uid, section, read); err == nil && !found {
		err = &transports.Error{Kind: transports.NotFound, Err: errors.New("a mail without its content")}
	}
	return err
}

// body is Body of whatever mail is asked for. It reports whether there was one; it
// is an error where that was not uid.
func (c *Client) body(ctx context.Context, which imap.NumSet, uid imap.UID, section *imap.FetchItemBodySection, read func(io.Reader) error) (found bool, err error) {
	err = c.Stream(ctx, func(through func(io.Reader) io.Reader) (failed error) {
		cmd := c.Fetch(which, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		is := uid
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			for item := msg.Next(); item != nil; item = msg.Next() {
				if said, ok := item.(imapclient.FetchItemDataUID); ok && found {
					is = said.UID
				}
				body, ok := item.(imapclient.FetchItemDataBodySection)
				if !ok || body.Literal == nil {
					continue
				}
				r := &literal{r: through(body.Literal), left: body.Literal.Size()}
				if !found {
					found = true
					failed = read(r)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					_ = c.Close() // the library would read on here, beside its reader of the connection
				}
			}
		}
		if err := cmd.Close(); err != nil {
			return err
		}
		if is != uid {
			return &transports.Error{Kind: transports.Busy, Err: errors.New("another mail than was asked for")}
		}
		return failed
	})
	return found, err
}

// literal is what a server sends as so many bytes. It ends early with an error, and
// after that is not read.
type literal struct {
	r    io.Reader
	left int64
	err  error
}

func (l *literal) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); err == io.EOF && l.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	l.err = err
	return n, err
}

// place returns the sequence number of a mail; 0 where there is none.
func (c *Client) place(ctx context.Context, uid imap.UID) (place uint32, err error) {
	err = c.Do(ctx, func() error {
		cmd := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			place = msg.SeqNum
		}
		return cmd.Close()
	})
	return place, err
}
