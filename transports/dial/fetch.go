package dial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"wherry/transports"
)

// agent is how requests of ours call themselves.
const agent = "Wherry"

const (
	sniffMost   = 512              // bytes of a file that tell its type
	lookWithin  = 45 * time.Second // one request of Probe
	stallWithin = 30 * time.Second // a file of which nothing comes for so long is given up
	nameMost    = 255              // bytes of a file's name
)

// Info is what is known of a file before it is fetched.
type Info struct {
	Type string // media type without parameters; never empty
	Size int64  // in bytes; -1 where unknown
	URL  string // where it really is, behind all redirects
}

// Probe asks what file a URL leads to. A server that does not answer a HEAD, or
// not with all, is asked by a GET, of which no more than a first piece is read.
// Errors are those of Failure and StatusFailure.
func Probe(ctx context.Context, client *http.Client, address string) (Info, error) {
	info, err := look(ctx, client, http.MethodHead, address)
	switch {
	case err == nil && info.Type != "" && info.Size > 0, err != nil && !answersGet(ctx, err):
		return info, err
	}
	got, failed := look(ctx, client, http.MethodGet, address)
	if failed != nil && err == nil && info.Type != "" {
		return info, nil
	}
	return got, failed
}

// answersGet tells whether a HEAD that failed so says nothing of a GET.
func answersGet(ctx context.Context, err error) bool {
	var dialled *net.OpError
	switch transports.AsError(err).Kind {
	case transports.NotAllowed, transports.Malformed:
		return false
	}
	return ctx.Err() == nil && (!errors.As(err, &dialled) || dialled.Op != "dial")
}

// look makes one request, and takes the type of what a GET brings from its
// first bytes where the server tells none.
func look(ctx context.Context, client *http.Client, method, address string) (Info, error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	r, err := ask(ctx, client, method, address)
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = r.Body.Close() }()
	if r.StatusCode != http.StatusOK {
		return Info{}, StatusFailure(r)
	}
	info := about(r)
	if info.Type != "" || method == http.MethodHead {
		return info, nil
	}
	head := make([]byte, sniffMost)
	n, err := io.ReadFull(r.Body, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Info{}, Failure(err)
	}
	info.Type, _, _ = mime.ParseMediaType(http.DetectContentType(head[:n]))
	return info, nil
}

// Open fetches the file that a URL leads to. Reading its body fails with
// transports.TooLong behind max bytes, and with Unreachable where nothing comes
// for half a minute. It ends with ctx.
func Open(ctx context.Context, client *http.Client, address string, max int64) (*transports.Content, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	r, err := ask(ctx, client, http.MethodGet, address)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	c, err := content(r, max)
	if err != nil {
		_ = r.Body.Close()
		cancel(nil)
		return nil, err
	}
	c.Body = newBody(r.Body, cancel, max)
	return c, nil
}

// content reads the head of an answer.
func content(r *http.Response, max int64) (*transports.Content, error) {
	switch code := r.Header.Get("Content-Encoding"); {
	case r.StatusCode != http.StatusOK:
		return nil, StatusFailure(r)
	case code != "" && !strings.EqualFold(code, "identity"):
		return nil, &transports.Error{Kind: transports.Unsupported, Text: transports.T("The server of that file sends it in a form that cannot be read here."),
			Err: fmt.Errorf("content encoding %.40q", code)}
	case r.ContentLength > max:
		return nil, tooLong(max)
	}
	info := about(r)
	return &transports.Content{Name: named(r), Type: info.Type, Size: info.Size}, nil
}

// ask makes one request, with its redirects.
func ask(ctx context.Context, client *http.Client, method, address string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		// The error has the address in it.
		return nil, &transports.Error{Kind: transports.Malformed, Text: textNoURL, Err: errors.New("no URL")}
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept-Encoding", "identity")
	answer, err := client.Do(r)
	if err != nil {
		return nil, Failure(err)
	}
	return answer, nil
}

// about reads type and size from the head of an answer. The type is empty
// where it says nothing.
func about(r *http.Response) Info {
	info := Info{Size: r.ContentLength, URL: r.Request.URL.String()}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && strings.Count(t, "/") == 1 {
		info.Type = t
	}
	switch code := r.Header.Get("Content-Encoding"); {
	case info.Size < 0, code != "" && !strings.EqualFold(code, "identity"):
		info.Size = -1
	case r.Request.Method == http.MethodHead && r.Header.Get("Content-Length") == "":
		info.Size = -1
	}
	return info
}

// named returns the name of a file: the server's, else the end of the path.
func named(r *http.Response) string {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Disposition"))
	name := params["filename"]
	if err != nil || name == "" {
		name = r.Request.URL.Path
	}
	name = path.Base("/" + strings.ReplaceAll(name, `\`, "/"))
	if name == "/" || len(name) > nameMost {
		return ""
	}
	return strings.ToValidUTF8(name, "")
}

// body is a file on its way.
type body struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
	stall  *time.Timer
	left   int64 // bytes that may still come
	max    int64
}

func newBody(r io.ReadCloser, cancel context.CancelCauseFunc, max int64) *body {
	stall := time.AfterFunc(stallWithin, func() { cancel(errStall) })
	return &body{ReadCloser: r, cancel: cancel, stall: stall, left: max, max: max}
}

func (b *body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.stall.Reset(stallWithin)
	}
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		return n, tooLong(b.max)
	}
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = Failure(err)
	}
	return n, err
}

func (b *body) Close() error {
	b.stall.Stop()
	b.cancel(nil)
	return b.ReadCloser.Close()
}

func tooLong(max int64) *transports.Error {
	return &transports.Error{Kind: transports.TooLong, Text: transports.T("The file is larger than %s.", Bytes(max)),
		Err: fmt.Errorf("more than %d bytes", max)}
}

// Bytes returns a number of bytes as people read it: "1.5 MB".
func Bytes(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	size, i := float64(n)/1000, 0
	for ; size >= 999.95; i++ {
		size /= 1000
	}
	return strings.TrimSuffix(strconv.FormatFloat(size, 'f', 1, 64), ".0") + " " + units[i:i+1] + "B"
}
