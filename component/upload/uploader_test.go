package upload_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"wherry/component/jid"
	"wherry/component/upload"
	"wherry/transports"
)

// file is an open file that notes its closing.
type file struct {
	io.Reader
	closed bool
}

func (f *file) Close() error { f.closed = true; return nil }

func uploader(t *testing.T, policy upload.Policy, x *xmpp) *upload.Uploader {
	t.Helper()
	return &upload.Uploader{
		Policy: policy, Client: client(x), Shelf: shelf(t, t.TempDir(), upload.ShelfOptions{}),
		Base: "https://gw.example.org/w", Dir: t.TempDir(),
	}
}

func send(t *testing.T, u *upload.Uploader, name, typ, content string, size int64) (url, got string, n int64, err error) {
	t.Helper()
	body := &file{Reader: strings.NewReader(content)}
	url, got, n, err = u.Upload(t.Context(), juliet, asking, &transports.Content{Body: body, Name: name, Type: typ, Size: size})
	if !body.closed {
		t.Error("the file stays open")
	}
	if left := list(t, u.Dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	return url, got, n, err
}

// SMS-I4: a file gets a place on the user's server, with its size and type
// however it came.
func TestUploadToServer(t *testing.T) {
	for name, test := range map[string]struct {
		name, typ string
		size      int64
	}{
		"told":    {"a.png", "image/png", int64(len(png))},
		"no size": {"a.png", "image/png", -1},
		"nothing": {"", "", 0},
		"odd":     {"../a\x00b", "application/octet-stream", -1},
	} {
		s := newTarget(t, http.StatusCreated)
		u := uploader(t, upload.Auto, server(s.URL+"/up"))
		url, typ, n, err := send(t, u, test.name, test.typ, png, test.size)
		if err != nil || url != s.URL+"/up?get" || typ != "image/png" || n != int64(len(png)) {
			t.Errorf("%s: %s %s %d %v", name, url, typ, n, err)
			continue
		}
		if got := <-s.got; got.body != png || got.typ != "image/png" || got.length != int64(len(png)) || got.chunked {
			t.Errorf("%s: %+v", name, got)
		}
		if files, _ := u.Shelf.Usage(); files != 0 {
			t.Errorf("%s: %d files on the shelf", name, files)
		}
	}
}

// SMS-I4: whatever is wrong with the user's server, the file gets a place.
func TestUploadFallsBack(t *testing.T) {
	refusing, taking := newTarget(t, http.StatusForbidden), newTarget(t, http.StatusCreated)
	for name, change := range map[string]func(*xmpp, *upload.Uploader){
		"no service": func(x *xmpp, _ *upload.Uploader) { delete(x.answers, infoKey) },
		"no stream":  func(x *xmpp, _ *upload.Uploader) { x.err = errors.New("no stream") },
		"too large":  func(x *xmpp, _ *upload.Uploader) { x.answers[infoKey] = info("3") },
		"too large, told later": func(x *xmpp, _ *upload.Uploader) {
			x.answers[slotKey] = refused("modify", "not-acceptable", `<file-too-large xmlns="urn:xmpp:http:upload:0"/>`)
		},
		"denied":    func(x *xmpp, _ *upload.Uploader) { x.answers[slotKey] = refused("auth", "forbidden", "") },
		"odd slot":  func(x *xmpp, _ *upload.Uploader) { x.answers[slotKey] = `<slot xmlns="urn:xmpp:http:upload:0"/>` },
		"PUT fails": func(x *xmpp, _ *upload.Uploader) { x.answers[slotKey] = slot(refusing.URL, refusing.URL, "") },
		"own":       func(_ *xmpp, u *upload.Uploader) { u.Policy = upload.Own },
		"no client": func(_ *xmpp, u *upload.Uploader) { u.Client = nil },
	} {
		x := server(taking.URL)
		u := uploader(t, upload.Auto, x)
		change(x, u)
		url, typ, n, err := send(t, u, "a cat.png", "image/png", png, -1)
		if err != nil || !strings.HasPrefix(url, "https://gw.example.org/w/media/") || !strings.HasSuffix(url, "/a_cat.png") || typ != "image/png" || n != int64(len(png)) {
			t.Errorf("%s: %s %s %d %v", name, url, typ, n, err)
			continue
		}
		if w := ask(u.Shelf, http.MethodGet, strings.TrimPrefix(url, u.Base)); w.Body.String() != png {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
		if u.Policy == upload.Own && len(x.asked) > 0 {
			t.Errorf("%s: asked %q", name, x.asked)
		}
	}
}

// A service that is gone is looked for again.
func TestUploadForgetsService(t *testing.T) {
	s := newTarget(t, http.StatusCreated)
	x := server(s.URL)
	u := uploader(t, upload.Auto, x)
	x.set(slotKey, refused("cancel", "service-unavailable", ""))
	for range 2 {
		if _, _, _, err := send(t, u, "", "", png, -1); err != nil {
			t.Fatal(err)
		}
	}
	if n := x.count(itemsKey); n != 2 {
		t.Errorf("looked for %d times", n)
	}
}

// The gateway's own server is asked behind the user's.
func TestUploadHome(t *testing.T) {
	s := newTarget(t, http.StatusCreated)
	u := uploader(t, upload.Auto, server(s.URL))
	u.Home = "example.org"
	f := &transports.Content{Body: io.NopCloser(strings.NewReader(png)), Size: -1}
	url, _, _, err := u.Upload(t.Context(), jid.MustParse("romeo@example.net"), asking, f)
	if err != nil || url != s.URL+"?get" || f.Name != "image.png" {
		t.Errorf("%s, %v, %q", url, err, f.Name)
	}
}

func TestUploadRefuses(t *testing.T) {
	down := func() *xmpp { return &xmpp{err: errors.New("no stream")} }
	for name, test := range map[string]struct {
		policy  upload.Policy
		change  func(*upload.Uploader)
		content io.Reader
		size    int64
		kind    transports.ErrorKind
	}{
		"off":                   {policy: upload.Off, kind: transports.Unsupported},
		"own without a shelf":   {policy: upload.Own, change: func(u *upload.Uploader) { u.Shelf = nil }, kind: transports.Unsupported},
		"no place":              {policy: upload.Auto, change: func(u *upload.Uploader) { u.Shelf, u.Client = nil, nil }, kind: transports.Unsupported},
		"server down, no shelf": {policy: upload.Auto, change: func(u *upload.Uploader) { u.Shelf = nil }, content: strings.NewReader("x"), size: -1, kind: transports.Unreachable},
		"told too large":        {policy: upload.Own, size: 101, kind: transports.TooLong},
		"too large":             {policy: upload.Own, content: endless{}, size: -1, kind: transports.TooLong},
		"empty":                 {policy: upload.Own, content: strings.NewReader(""), size: -1, kind: transports.Incomplete},
		"cut off":               {policy: upload.Own, content: strings.NewReader("x"), size: 5, kind: transports.Unreachable},
		"breaks":                {policy: upload.Own, content: iotest.ErrReader(errors.New("broken")), size: -1, kind: transports.Unreachable},
		"breaks for a reason":   {policy: upload.Own, content: iotest.ErrReader(&transports.Error{Kind: transports.NotFound}), size: -1, kind: transports.NotFound},
		"no folder to wait in":  {policy: upload.Own, change: func(u *upload.Uploader) { u.Dir += "/x" }, content: strings.NewReader("x"), size: -1, kind: transports.Internal},
	} {
		u := uploader(t, test.policy, down())
		dir := u.Dir
		u.Most = 100
		if test.change != nil {
			test.change(u)
		}
		body := &file{Reader: test.content}
		_, _, _, err := u.Upload(t.Context(), juliet, asking, &transports.Content{Body: body, Size: test.size})
		if err == nil || kind(err) != test.kind || !body.closed || len(list(t, dir)) > 0 {
			t.Errorf("%s: %v, closed %v, left %q", name, err, body.closed, list(t, dir))
		}
	}
}

// Nothing is put anywhere once nobody waits for it.
func TestUploadEndsWithContext(t *testing.T) {
	u := uploader(t, upload.Auto, &xmpp{err: errors.New("no stream")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, _, err := u.Upload(ctx, juliet, asking, &transports.Content{Body: io.NopCloser(strings.NewReader("x")), Size: 1})
	if files, _ := u.Shelf.Usage(); kind(err) != transports.Unreachable || files != 0 {
		t.Errorf("%v, %d files", err, files)
	}
}

// Who leaves one network leaves no files of it behind, and keeps the others'.
func TestUploaderForgets(t *testing.T) {
	t.Parallel()
	shelf, err := upload.OpenShelf(t.TempDir(), upload.ShelfOptions{})
	if err != nil {
		t.Fatal(err)
	}
	u := &upload.Uploader{Policy: "own", Shelf: shelf, Base: "https://gw.example.org"}
	who := jid.MustParse("juliet@example.org")
	put := func(domain string) string {
		url, _, _, err := u.Upload(t.Context(), who, jid.MustParse("u-1@"+domain), &transports.Content{Body: io.NopCloser(strings.NewReader("meow")), Name: "cat.txt", Type: "text/plain", Size: 4})
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(url, u.Base)
	}
	sms, mail := put("sms.example.org"), put("mail.example.org")
	u.Forget("sms.example.org", who)
	for path, want := range map[string]int{sms: http.StatusNotFound, mail: http.StatusOK} {
		w := httptest.NewRecorder()
		shelf.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s answered %d, want %d", path, w.Code, want)
		}
	}
}
