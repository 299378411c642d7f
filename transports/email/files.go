package email

import (
	"cmp"
	"context"
	"io"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/imap"
	"wherry/transports/email/message"
)

// fetchesMost is how many files of one account are fetched at once, each by a
// connection of its own: providers allow few, and Run's is not to wait.
const fetchesMost = 1

// Fetch opens a file of a mail, or the text of one that was too long.
func (s *Session) Fetch(ctx context.Context, name string) (*transports.Content, error) {
	at, ok := readRef(name)
	if !ok {
		return nil, &transports.Error{Kind: transports.NotFound}
	}
	select {
	case s.files <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	free := func() { <-s.files }
	if err := s.fresh(ctx); err != nil {
		free()
		return nil, err
	}
	c, err := s.t.imap.Dial(ctx, s.receive, s.imapLogin(), nil)
	if err != nil {
		free()
		return nil, err
	}
	uid, _, err := locate(ctx, c, at, true)
	if err != nil {
		_ = c.Close()
		free()
		return nil, err
	}
	return download(ctx, c, uid, at, free)
}

// locate selects the folder and returns the number of a mail there, and what the
// folder is like.
func locate(ctx context.Context, c *imap.Client, at ref, readOnly bool) (uid goimap.UID, box *goimap.SelectData, err error) {
	err = c.Do(ctx, func() (err error) {
		box, err = c.Select(cmp.Or(at.Folder, inboxName), &goimap.SelectOptions{ReadOnly: readOnly}).Wait()
		return err
	})
	switch {
	case err != nil:
		return 0, nil, err
	case box.UIDValidity == at.Validity:
		return at.UID, box, nil
	case !writable(at.ID):
		return 0, nil, goneMail()
	}
	found, err := c.SearchUIDs(ctx, byID("<"+at.ID+">")) // a part of the field is enough for the server
	if err == nil && len(found) == 0 {
		err = goneMail()
	}
	if err != nil {
		return 0, nil, err
	}
	return found[0], box, nil
}

// byID finds mails by their Message-ID.
func byID(id string) *goimap.SearchCriteria {
	return &goimap.SearchCriteria{Header: []goimap.SearchCriteriaHeaderField{{Key: "Message-Id", Value: id}}}
}

func goneMail() error {
	return &transports.Error{Kind: transports.NotFound, Text: transports.T("The mail is no longer in your mailbox.")}
}

// download is a part of a mail on its way. Its connection is its own, and ends with
// it.
func download(ctx context.Context, c *imap.Client, uid goimap.UID, at ref, free func()) (*transports.Content, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it is read when this call is over
	out, in := io.Pipe()
	type opened struct {
		part message.Part
		err  error
	}
	begun := make(chan opened, 1)
	go func() {
		defer free()
		defer func() { _ = c.Close() }()
		defer cancel()
		err := c.Body(ctx, uid, &goimap.FetchItemBodySection{Peek: true}, func(r io.Reader) error {
			body, part, err := openPart(r, at)
			begun <- opened{part, err}
			if err == nil {
				_, err = io.Copy(in, body)
			}
			return err
		})
		select {
		case begun <- opened{err: orGone(err)}: // there was no such mail
		default:
		}
		_ = in.CloseWithError(err)
	}()
	first := <-begun
	if first.err != nil {
		cancel()
		return nil, first.err
	}
	return &transports.Content{Body: &partBody{out, cancel}, Name: first.part.Name, Type: first.part.Type, Size: -1}, nil
}

// orGone is why there is nothing to read.
func orGone(err error) error {
	if err == nil {
		return goneMail()
	}
	return err
}

// openPart opens what is asked for of a mail.
func openPart(r io.Reader, at ref) (io.Reader, message.Part, error) {
	switch {
	case at.Raw:
		return r, message.Part{Type: typeMail}, nil
	case at.Path != "":
		return message.OpenPart(r, at.Path)
	}
	m, err := message.Read(r)
	if err != nil {
		return nil, message.Part{}, err
	}
	text := m.WholeText()
	return strings.NewReader(text), message.Part{Name: "message.txt", Type: "text/plain; charset=utf-8"}, nil
}

// partBody is a part as it is read. Closing it ends the connection.
type partBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *partBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}
