package email

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/compose"
)

// filesMost bounds the files of a mail, all together, in bytes.
const filesMost = 20_000_000

// file is a file that goes with a mail: where it is, not what it holds.
type file struct {
	URL  string
	Name string `json:",omitempty"`
	Type string `json:",omitempty"`
	Size int64  // in bytes; -1 where unknown
}

// attach notes the files of a message. It refuses what can only be read by who has
// the sender's key (XEP-0454), and what is no link.
func (d *draft) attach(all []transports.Attachment) error {
	for _, a := range all {
		u, err := url.Parse(a.Ref)
		switch {
		case strings.HasPrefix(strings.ToLower(a.Ref), "aesgcm:"):
			return &transports.Error{Kind: transports.Impossible,
				Text: transports.T("Encrypted files can't be sent by mail. Turn encryption off for this chat.")}
		case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
			return &transports.Error{Kind: transports.Unfit,
				Text: transports.T("Only files that are on the web can be sent: their link begins with https://.")}
		}
		f := file{URL: a.Ref, Name: a.Name, Type: a.Type, Size: a.Size}
		if f.Name == "" {
			if f.Name = path.Base("/" + u.Path); f.Name == "/" {
				f.Name = ""
			}
		}
		d.Files = append(d.Files, f)
	}
	return nil
}

// look asks for the types and sizes of files, before anything is said of the mail.
// What their server says counts, where it says anything.
func (t *Transport) look(ctx context.Context, files []file) error {
	for i := range files {
		f := &files[i]
		info, err := dial.Probe(ctx, t.files, f.URL)
		if err != nil {
			return err
		}
		if f.Size = info.Size; f.Type == "" {
			f.Type = info.Type
		}
	}
	return nil
}

// fetching is the files of a mail, on their way.
type fetching struct {
	ctx     context.Context
	client  *http.Client
	most    int64 // bytes of all of them
	left    int64 // of these, what may still come
	known   int64 // bytes of those whose size is known
	readers []compose.File
	opened  []*fetched
}

// fetching returns files that are fetched when they are read, for a server that
// takes mails of so many bytes; 0 where it does not say.
func (t *Transport) fetching(ctx context.Context, files []file, size int64) *fetching {
	all := &fetching{ctx: ctx, client: t.files, most: filesMost}
	if size > 0 {
		all.most = min(all.most, size/10*7) // base64 makes four bytes of three
	}
	all.left = all.most
	for _, f := range files {
		one := &fetched{of: all, url: f.URL}
		all.opened = append(all.opened, one)
		all.readers = append(all.readers, compose.File{Name: f.Name, Type: f.Type, Size: f.Size, Body: one})
		all.known += max(f.Size, 0)
	}
	return all
}

// fit refuses files that are too large, before they are fetched.
func (all *fetching) fit() error {
	if all.known <= all.most {
		return nil
	}
	return &transports.Error{Kind: transports.TooLong,
		Text: transports.T("The files of this mail have %s. No more than %s can be sent.", dial.Bytes(all.known), dial.Bytes(all.most))}
}

// close gives up what is not read to its end.
func (all *fetching) close() {
	for _, f := range all.opened {
		if f.body != nil {
			_ = f.body.Close()
			f.body = nil
		}
	}
}

// fetched is one file. It is asked for when it is read.
type fetched struct {
	of   *fetching
	url  string
	body io.ReadCloser
}

func (f *fetched) Read(p []byte) (int, error) {
	if f.body == nil {
		c, err := dial.Open(f.of.ctx, f.of.client, f.url, f.of.left)
		if err != nil {
			return 0, err
		}
		f.body = c.Body
	}
	n, err := f.body.Read(p)
	f.of.left = max(0, f.of.left-int64(n))
	return n, err
}
