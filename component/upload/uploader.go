package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"wherry/component/jid"
	"wherry/transports"
)

// Policy says where files are put.
type Policy string

// The policies, as the configuration names them.
const (
	Auto Policy = "auto" // the user's server, else the gateway's, else the shelf
	Own  Policy = "own"  // the shelf
	Off  Policy = "off"  // nowhere
)

// Uploader gives files a URL. It is safe for concurrent use, and bounds
// neither how many files are put at once nor how many a user puts.
type Uploader struct {
	Policy Policy
	Client *Client // nil: no server is asked
	Home   string  // domain of the gateway's own server, asked after the user's; empty: none
	Shelf  *Shelf  // nil: there is none
	Base   string  // public URL of the shelf's Handler, without MediaPath
	Most   int64   // bytes of a file; 0 is 40 MB
	Dir    string  // where files lie until they are put; empty: the system's
	Log    *slog.Logger
}

// Upload puts a file of the user who, and returns its URL, its type as the file
// itself shows it, and its size; f.Name becomes the name that it got. Servers
// are asked in the name of from. It closes f. Errors are *transports.Error: where the user's server failed and no
// other place was left, that server's.
func (u *Uploader) Upload(ctx context.Context, who, from jid.JID, f *transports.Content) (url, typ string, size int64, err error) {
	defer f.Body.Close()
	if u.Policy == Off || u.Shelf == nil && (u.Policy == Own || u.Client == nil) {
		return "", "", 0, &transports.Error{Kind: transports.Unsupported, Text: textOff, Err: errors.New("no place for files")}
	}
	spool, file, err := u.spool(f)
	if err != nil {
		return "", "", 0, err
	}
	defer spool.Close()
	f.Name = file.Name
	if url, err = u.put(ctx, who, from, file, spool); err != nil {
		return "", "", 0, err
	}
	return url, file.Type, file.Size, nil
}

var textOff = transports.T("Files are not taken here.")

// spool keeps a file on disk: a server wants to know the size beforehand, and
// after one place refused the file the next one gets it. Nothing of it remains
// when it is closed.
func (u *Uploader) spool(f *transports.Content) (*os.File, File, error) {
	most := u.Most
	if most == 0 {
		most = fileMost
	}
	if f.Size > most {
		return nil, File{}, tooLong(most)
	}
	spool, err := os.CreateTemp(u.Dir, "wherry-")
	if err != nil {
		return nil, File{}, broken(err)
	}
	if err := os.Remove(spool.Name()); err != nil {
		_ = spool.Close()
		return nil, File{}, broken(err)
	}
	file, err := fill(spool, f, most)
	if err != nil {
		_ = spool.Close()
		return nil, File{}, err
	}
	return spool, file, nil
}

// fill copies a file to where it waits, and looks at it.
func fill(spool *os.File, f *transports.Content, most int64) (File, error) {
	in := &source{r: io.LimitReader(f.Body, most+1)}
	n, err := io.Copy(spool, in)
	switch {
	case in.err != nil:
		return File{}, unread(in.err)
	case err != nil:
		return File{}, broken(err)
	case n > most:
		return File{}, tooLong(most)
	case n == 0:
		return File{}, &transports.Error{Kind: transports.Incomplete, Text: textEmpty, Err: errors.New("no bytes")}
	case f.Size > 0 && n != f.Size:
		return File{}, &transports.Error{Kind: transports.Unreachable, Text: textHalf, Err: fmt.Errorf("%d bytes came instead of %d", n, f.Size)}
	}
	head := make([]byte, headMost)
	got, err := spool.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return File{}, broken(err)
	}
	typ := TypeOf(f.Type, head[:got])
	return File{Name: FileName(f.Name, typ), Type: typ, Size: n}, nil
}

var textHalf = transports.T("The file did not come as a whole.")

// unread is the error of who brings the file.
func unread(err error) *transports.Error {
	var known *transports.Error
	if errors.As(err, &known) {
		return known
	}
	return &transports.Error{Kind: transports.Unreachable, Text: textHalf, Err: err}
}

// put puts a file to the first place that takes it.
func (u *Uploader) put(ctx context.Context, who, from jid.JID, file File, spool *os.File) (string, error) {
	var first error
	if u.Policy == Auto && u.Client != nil {
		for _, domain := range u.domains(who) {
			url, err := u.Client.put(ctx, from, domain, file, spool)
			if err == nil {
				return url, nil
			}
			if ctx.Err() != nil {
				return "", unanswered(ctx.Err())
			}
			if u.Log != nil {
				u.Log.Debug("a server takes no file", "domain", domain, "err", err)
			}
			if first == nil {
				first = err
			}
		}
	}
	if u.Shelf == nil {
		return "", first
	}
	path, err := u.Shelf.Put(owner(from.Domain, who), file.Name, file.Type, io.NewSectionReader(spool, 0, file.Size), file.Size)
	if err != nil {
		return "", err
	}
	return u.Base + path, nil
}

// Forget takes the files of a user of a domain off the shelf.
func (u *Uploader) Forget(domain string, who jid.JID) {
	if u.Shelf != nil {
		u.Shelf.Forget(owner(domain, who))
	}
}

// owner is whose files on the shelf are: what one network brought goes with that
// account.
func owner(domain string, who jid.JID) string { return domain + " " + who.Bare().String() }

// domains are those whose servers are asked.
func (u *Uploader) domains(who jid.JID) []string {
	if u.Home == "" || u.Home == who.Domain {
		return []string{who.Domain}
	}
	return []string{who.Domain, u.Home}
}

// put puts a file to the service of a domain.
func (c *Client) put(ctx context.Context, from jid.JID, domain string, file File, content io.ReaderAt) (string, error) {
	service, err := c.Find(ctx, from, domain)
	if err != nil {
		return "", err
	}
	slot, err := c.Slot(ctx, from, service, file)
	if err != nil {
		if transports.AsError(err).Kind == transports.Unsupported {
			c.forget(domain) // it is not what it was
		}
		return "", err
	}
	if err := c.Put(ctx, slot, file, content); err != nil {
		return "", err
	}
	return slot.Get, nil
}
