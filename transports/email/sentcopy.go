package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	wire "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/compose"
	"wherry/transports/email/imap"
)

// errAnswer is in the chain of what a server answered, as against a connection
// that ended.
var errAnswer = errors.New("the server said no")

func said(err error) bool { return errors.Is(err, errAnswer) }

// ask waits for a command, for the usual time and some more.
func ask(ctx context.Context, c *imap.Client, more time.Duration, wait func() error) error {
	var raw error
	err := c.DoWithin(ctx, more, func() error { raw = wait(); return raw })
	var answer *wire.Error
	if err != nil && errors.As(raw, &answer) && answer.Type != wire.StatusResponseTypeBye {
		return fmt.Errorf("%w: %w", errAnswer, err)
	}
	return err
}

// stands tells whether a mail is in a folder, which is selected for that.
func (s *Session) stands(ctx context.Context, c *imap.Client, folder string, d *draft) (bool, error) {
	what := byID(d.ID)
	what.Since = earlier(d.Date, time.Now()).AddDate(0, 0, -2) // days of whatever zone
	found, err := search(ctx, c, folder, true, what)
	return len(found) > 0, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// search selects a folder and searches it.
func search(ctx context.Context, c *imap.Client, folder string, readOnly bool, what *wire.SearchCriteria) ([]wire.UID, error) {
	if err := ask(ctx, c, 0, func() error {
		_, err := c.Select(folder, &wire.SelectOptions{ReadOnly: readOnly}).Wait()
		return err
	}); err != nil {
		return nil, err
	}
	var found []wire.UID
	err := ask(ctx, c, 0, func() error {
		data, err := c.UIDSearch(what, nil).Wait()
		if err == nil {
			found, err = imap.UIDs(data)
		}
		return err
	})
	return found, err
}

// markAnswered sets \Answered on the mail that was answered and came to INBOX at a
// time. Only the mails of some days are searched: some servers have to open each.
func markAnswered(ctx context.Context, c *imap.Client, id string, came time.Time) error {
	if !writable(id) {
		return nil
	}
	what := byID(id)
	what.Since, what.Before = came.AddDate(0, 0, -2), came.AddDate(0, 0, 3)
	found, err := search(ctx, c, inboxName, false, what)
	if err != nil || len(found) == 0 {
		return err
	}
	return ask(ctx, c, 0, func() error {
		return c.Store(wire.UIDSetNum(found...), &wire.StoreFlags{Op: wire.StoreFlagsAdd, Silent: true, Flags: []wire.Flag{wire.FlagAnswered}}, nil).Close()
	})
}

// writable tells whether an id of others can be searched for: every server takes
// ASCII.
func writable(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// slowest is how fast a server takes a copy at least, in bytes a second.
const slowest = 32 << 10

// append puts the copy of a mail into a folder.
func (s *Session) append(ctx context.Context, c *imap.Client, folder string, j *job) error {
	copied, size, err := s.render(ctx, j)
	if err != nil {
		return err
	}
	return ask(ctx, c, time.Duration(size/slowest)*time.Second, func() error {
		cmd := c.Append(folder, size, &wire.AppendOptions{Flags: []wire.Flag{wire.FlagSeen}, Time: j.draft.Date})
		_, err := io.Copy(cmd, copied)
		if closed := cmd.Close(); err == nil {
			err = closed
		}
		if _, failed := cmd.Wait(); failed != nil {
			return failed
		}
		return err
	})
}

// render returns the copy of a mail, byte for byte what was sent. Where that is not
// kept any more, its files are fetched once more; a copy whose files cannot be had
// names them.
func (s *Session) render(ctx context.Context, j *job) (io.Reader, int64, error) {
	if r, size, ok := j.spool.content(); ok {
		return r, size, nil
	}
	d := j.draft
	if len(d.Files) > 0 {
		if again := s.refetch(ctx, d); again != nil {
			s.out.mu.Lock()
			j.spool = again
			s.out.mu.Unlock()
			if r, size, ok := again.content(); ok {
				return r, size, nil
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, 0, &transports.Error{Kind: transports.Unreachable, Err: err}
		}
		d = d.withoutFiles()
	}
	mail, err := compose.New(d.mail(nil))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errAnswer, err) // the connection is not to blame
	}
	var b bytes.Buffer
	_, err = mail.WriteTo(&b)
	return &b, int64(b.Len()), err
}

// refetchWithin bounds the fetching of files once more, which holds up what comes.
const refetchWithin = 45 * time.Second

// refetch writes a mail with files to a spool. It returns nil where that fails.
func (s *Session) refetch(ctx context.Context, d *draft) *spool {
	ctx, cancel := context.WithTimeout(ctx, refetchWithin)
	defer cancel()
	files := s.t.fetching(ctx, d.Files, 0)
	defer files.close()
	mail, err := compose.New(d.mail(files.readers))
	if err != nil {
		return nil
	}
	copied := s.out.newSpool()
	if _, err := copied.of(mail).WriteTo(io.Discard); err != nil {
		copied.drop()
		return nil
	}
	return copied
}

// withoutFiles returns a mail that names its files, and does not hold them.
func (d *draft) withoutFiles() *draft {
	short := *d
	short.Files = nil
	for i, f := range d.Files {
		if short.Text += "\n"; i == 0 && d.Text != "" {
			short.Text += "\n"
		}
		short.Text += "[" + f.Name
		if f.Size >= 0 {
			short.Text += ", " + dial.Bytes(f.Size)
		}
		short.Text += "]"
	}
	return &short
}
