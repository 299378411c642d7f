package upload_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"wherry/component/upload"
	"wherry/transports"
)

func shelf(t *testing.T, dir string, o upload.ShelfOptions) *upload.Shelf {
	t.Helper()
	s, err := upload.OpenShelf(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *upload.Shelf, owner, name, typ, content string) string {
	t.Helper()
	path, err := s.Put(owner, name, typ, strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func ask(s *upload.Shelf, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// SMS-X5: files lie under random names, and nothing but those leads anywhere.
func TestShelf(t *testing.T) {
	s := shelf(t, t.TempDir(), upload.ShelfOptions{})
	path := put(t, s, "juliet@example.org", "my cat.png", "image/png", png)
	other := put(t, s, "juliet@example.org", "my cat.png", "image/png", png)
	parts := strings.Split(path, "/")
	if len(parts) != 4 || parts[1] != "media" || len(parts[2]) != 32 || parts[3] != "my_cat.png" || path == other {
		t.Errorf("paths %s, %s", path, other)
	}
	w := ask(s, http.MethodGet, path)
	if w.Code != http.StatusOK || w.Body.String() != png || w.Header().Get("Content-Length") != fmt.Sprint(len(png)) {
		t.Errorf("GET: %d %v %q", w.Code, w.Header(), w.Body)
	}
	if w = ask(s, http.MethodHead, path); w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") != fmt.Sprint(len(png)) {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	if w = ask(s, http.MethodGet, path, "Range", "bytes=1-3"); w.Code != http.StatusPartialContent || w.Body.String() != "PNG" {
		t.Errorf("range: %d %q", w.Code, w.Body)
	}
	if w = ask(s, http.MethodGet, path, "Range", "bytes=9999-"); w.Code != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("range: %d", w.Code)
	}
	missing := ask(s, http.MethodGet, "/media/")
	for _, test := range []struct{ method, path string }{
		{http.MethodGet, path + "x"},
		{http.MethodGet, path + "/"},
		{http.MethodGet, "/media/" + parts[2]},
		{http.MethodGet, "/media/" + parts[2] + "/"},
		{http.MethodGet, "/media/" + strings.ToUpper(parts[2]) + "/my_cat.png"},
		{http.MethodGet, "/media/" + strings.Repeat("a", 32) + "/my_cat.png"},
		{http.MethodGet, "/media/x/../" + parts[2] + "/my_cat.png"},
		{http.MethodGet, "/media/..%2f..%2fetc%2fpasswd/x"},
		{http.MethodGet, "/media/" + parts[2] + "/..%2fmy_cat.png"},
		{http.MethodGet, "/other"},
		{http.MethodPost, path},
		{http.MethodPut, path},
		{http.MethodDelete, path},
		{http.MethodOptions, path},
	} {
		got := ask(s, test.method, test.path)
		if got.Code != http.StatusNotFound || got.Body.String() != missing.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(missing.Header()) {
			t.Errorf("%s %s: %d %v %q", test.method, test.path, got.Code, got.Header(), got.Body)
		}
	}
}

// SMS-X5: only pictures, sound and film are shown in place, and no browser runs
// anything.
func TestShelfHeaders(t *testing.T) {
	s := shelf(t, t.TempDir(), upload.ShelfOptions{})
	for _, test := range []struct{ name, typ, content, served, how string }{
		{"a.png", "image/png", png, "image/png", `inline; filename=a.png`},
		{"a.png", "image/png", html, "application/octet-stream", `attachment; filename=a.png`},
		{"a.html", "text/html", html, "application/octet-stream", `attachment; filename=a.html`},
		{"a.xhtml", "application/xhtml+xml", html, "application/octet-stream", `attachment; filename=a.xhtml`},
		{"a.svg", "image/svg+xml", svg, "application/octet-stream", `attachment; filename=a.svg`},
		{"a.xml", "application/xml", svg, "application/octet-stream", `attachment; filename=a.xml`},
		{"a.xml", "text/xml", svg, "application/octet-stream", `attachment; filename=a.xml`},
		{"a.xml", "", svg, "application/octet-stream", `attachment; filename=a.xml`},
		{"a.js", "text/javascript", "alert(1)", "application/octet-stream", `attachment; filename=a.js`},
		{"a.css", "text/css", "*{}", "application/octet-stream", `attachment; filename=a.css`},
		{"a.txt", "text/plain", html, "text/plain; charset=utf-8", `attachment; filename=a.txt`},
		{"a.vcf", "text/vcard", "BEGIN:VCARD", "text/vcard", `attachment; filename=a.vcf`},
		{"a.pdf", "application/pdf", "%PDF-1", "application/pdf", `attachment; filename=a.pdf`},
		{"日.mp4", "video/mp4", "\x00\x00\x00\x18ftypisom", "video/mp4", `inline; filename*=utf-8''%E6%97%A5.mp4`},
	} {
		h := ask(s, http.MethodGet, put(t, s, "a", test.name, test.typ, test.content)).Header()
		for name, want := range map[string]string{
			"Content-Type": test.served, "Content-Disposition": test.how, "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; sandbox", "Referrer-Policy": "no-referrer",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", test.name, test.typ, name, got, want)
			}
		}
		if !strings.HasPrefix(h.Get("Cache-Control"), "private, immutable, max-age=") {
			t.Errorf("%s: %q", test.name, h.Get("Cache-Control"))
		}
	}
}

// SMS-X5: files expire.
func TestShelfExpires(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := shelf(t, dir, upload.ShelfOptions{Keep: time.Hour})
	s.SetNow(func() time.Time { return now })
	path := put(t, s, "a", "a.png", "image/png", png)
	now = now.Add(time.Hour - time.Second)
	s.Sweep()
	if w := ask(s, http.MethodGet, path); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "private, immutable, max-age=1" {
		t.Errorf("before: %d %v", w.Code, w.Header())
	}
	now = now.Add(time.Second)
	if w := ask(s, http.MethodGet, path); w.Code != http.StatusNotFound {
		t.Errorf("after: %d", w.Code)
	}
	s.Sweep()
	if files, bytes := s.Usage(); files != 0 || bytes != 0 || len(list(t, dir)) != 0 {
		t.Errorf("%d files of %d bytes, %q", files, bytes, list(t, dir))
	}
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// SMS-X5: a restart keeps the files, and clears away what was not finished.
func TestShelfRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "media")
	s := shelf(t, dir, upload.ShelfOptions{})
	path := put(t, s, "juliet@example.org", "a.png", "image/png", png)
	for name, content := range map[string]string{
		"new-123":                    "half",
		strings.Repeat("b", 32):      "no head",
		strings.Repeat("c", 32):      strings.Repeat(" ", 2000),
		strings.Repeat("d", 32):      `{"owner":"x","name":"a/b","type":"image/png","made":1,"until":99999999999}` + strings.Repeat(" ", 2000),
		strings.Repeat("e", 32):      `{"owner":"x","name":"old.png","type":"image/png","made":1,"until":2}` + strings.Repeat(" ", 2000),
		"README":                     "somebody else's",
		strings.Repeat("0", 32):      "somebody else's",
		strings.Repeat("a", 2000>>6): "somebody else's",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, strings.Repeat("f", 32)), 0o700); err != nil {
		t.Fatal(err)
	}
	s = shelf(t, dir, upload.ShelfOptions{})
	if w := ask(s, http.MethodGet, path); w.Code != http.StatusOK || w.Body.String() != png || w.Header().Get("Content-Type") != "image/png" {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
	if files, bytes := s.Usage(); files != 1 || bytes != int64(len(png)) {
		t.Errorf("%d files of %d bytes", files, bytes)
	}
	if got := list(t, dir); len(got) != 5 {
		t.Errorf("%q", got)
	}
	for _, name := range list(t, dir) {
		raw, _ := os.ReadFile(filepath.Join(dir, name))
		if bytes.Contains(raw, []byte("juliet")) {
			t.Errorf("%s names its owner", name)
		}
	}
	s.Forget("romeo@example.org")
	if w := ask(s, http.MethodGet, path); w.Code != http.StatusOK {
		t.Errorf("somebody else was forgotten: %d", w.Code)
	}
	s.Forget("juliet@example.org")
	if w := ask(s, http.MethodGet, path); w.Code != http.StatusNotFound || len(list(t, dir)) != 4 {
		t.Errorf("forgotten: %d, %q", w.Code, list(t, dir))
	}
}

// SMS-X5: the oldest files go, the owner's first.
func TestShelfQuota(t *testing.T) {
	now := time.Unix(1e9, 0)
	s := shelf(t, t.TempDir(), upload.ShelfOptions{OwnerMost: 25, Most: 45})
	s.SetNow(func() time.Time { now = now.Add(time.Second); return now })
	var paths []string
	add := func(owner string) {
		paths = append(paths, put(t, s, owner, "a.txt", "text/plain", "0123456789"))
	}
	there := func(want string) {
		t.Helper()
		got := ""
		for _, p := range paths {
			if ask(s, http.MethodHead, p).Code == http.StatusOK {
				got += "x"
			} else {
				got += "-"
			}
		}
		if got != want {
			t.Errorf("there are %s, want %s", got, want)
		}
	}
	add("a")
	add("a")
	add("b")
	there("xxx")
	add("a") // a third of a's
	there("-xxx")
	add("c")
	there("-xxxx")
	add("b") // a fifth in all
	there("--xxxx")
}

func TestShelfBounds(t *testing.T) {
	dir := t.TempDir()
	s := shelf(t, dir, upload.ShelfOptions{FileMost: 1000})
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		r    io.Reader
		size int64
		kind transports.ErrorKind
	}{
		"told":         {strings.NewReader(""), 1001, transports.TooLong},
		"untold":       {strings.NewReader(strings.Repeat("x", 1001)), -1, transports.TooLong},
		"endless":      {endless{}, -1, transports.TooLong},
		"a lie":        {endless{}, 10, transports.TooLong},
		"more":         {strings.NewReader("xx"), 1, transports.Malformed},
		"less":         {strings.NewReader("x"), 2, transports.Malformed},
		"breaks":       {iotest.ErrReader(broken), -1, transports.Unreachable},
		"breaks later": {io.MultiReader(strings.NewReader(strings.Repeat("x", 600)), iotest.ErrReader(broken)), -1, transports.Unreachable},
	} {
		path, err := s.Put("a", "a.txt", "text/plain", test.r, test.size)
		if kind(err) != test.kind || err == nil || path != "" {
			t.Errorf("%s: %q, %v", name, path, err)
		}
	}
	if got := list(t, dir); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
	for _, size := range []int{0, 1, 511, 512, 513, 1000} {
		content := strings.Repeat("y", size)
		path, err := s.Put("a", "a.txt", "text/plain", iotest.OneByteReader(strings.NewReader(content)), -1)
		if err != nil {
			t.Fatal(err)
		}
		if w := ask(s, http.MethodGet, path); w.Body.String() != content {
			t.Errorf("%d bytes became %d", size, w.Body.Len())
		}
	}
}

// endless is a file without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestShelfNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := upload.OpenShelf(file, upload.ShelfOptions{}); err == nil {
		t.Error("a file is no folder")
	}
}

// Whatever is put comes back as it was, or not at all, and the bounds hold.
func TestShelfKeeps(t *testing.T) {
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(root, fmt.Sprint(n))
		o := upload.ShelfOptions{OwnerMost: 3000, Most: 6000, FileMost: 2000}
		s, err := upload.OpenShelf(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		contents := map[string][]byte{}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			content := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "content")
			owner := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "owner")
			path, err := s.Put(owner, rapid.String().Draw(t, "name"), rapid.SampledFrom([]string{"", "image/png", "text/html"}).Draw(t, "type"),
				bytes.NewReader(content), -1)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := url.Parse("https://gw.example.org" + path); err != nil {
				t.Fatal(err)
			}
			contents[path] = content
			if w := ask(s, http.MethodGet, path); w.Code != http.StatusOK {
				t.Fatalf("the last file is not there: %d", w.Code)
			}
			if rapid.Bool().Draw(t, "restart") {
				if s, err = upload.OpenShelf(dir, o); err != nil {
					t.Fatal(err)
				}
			}
		}
		files, size := s.Usage()
		if size > 6000 {
			t.Fatalf("%d bytes", size)
		}
		for path, want := range contents {
			switch w := ask(s, http.MethodGet, path); {
			case w.Code == http.StatusNotFound:
				continue
			case w.Code != http.StatusOK, !bytes.Equal(w.Body.Bytes(), want):
				t.Fatalf("%s: %d", path, w.Code)
			}
			files--
		}
		if files != 0 {
			t.Fatalf("%d files that nobody put", files)
		}
	})
}

func TestShelfConcurrent(t *testing.T) {
	dir := t.TempDir()
	s := shelf(t, dir, upload.ShelfOptions{OwnerMost: 500, Most: 1000})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				path, err := s.Put(fmt.Sprint(i%3), "a.txt", "text/plain", strings.NewReader(strings.Repeat("x", 100)), 100)
				if err != nil {
					t.Error(err)
				}
				ask(s, http.MethodGet, path)
				s.Sweep()
			}
			s.Forget(fmt.Sprint(i % 3))
		})
	}
	all.Wait()
	if files, size := s.Usage(); size > 1000 || len(list(t, dir)) != files {
		t.Errorf("%d files of %d bytes, %d on disk", files, size, len(list(t, dir)))
	}
}
