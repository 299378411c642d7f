package upload

import (
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	serveWithin = 30 * time.Second // to send the first of a file
	serveRate   = 32 << 10         // bytes a second that who fetches one must take at least
)

// Handler serves the files under MediaPath. Whatever is not exactly the path
// of a file gets the same 404.
func (s *Shelf) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Shelf) serve(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, MediaPath)
	id, name, _ := strings.Cut(rest, "/")
	it := s.find(id)
	if !ok || it == nil || name != it.Name || r.Method != http.MethodGet && r.Method != http.MethodHead {
		NotFound(w)
		return
	}
	f, err := os.Open(filepath.Join(s.dir, it.id))
	if err != nil {
		NotFound(w)
		return
	}
	defer f.Close()
	// Not all writers know deadlines, and those of tests need none.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(serveWithin + time.Duration(it.size/serveRate)*time.Second))
	it.describe(w.Header(), s.now())
	http.ServeContent(w, r, "", time.Unix(it.Made, 0), io.NewSectionReader(f, headSize, it.size))
}

// describe sets the headers of a file. No browser shows one as a document or
// takes one for something else; what it runs all the same it runs in a sandbox
// (SMS-X5).
func (it *item) describe(h http.Header, now time.Time) {
	typ, how := it.Type, "attachment"
	switch _, shown := inline[typ]; {
	case shown:
		how = "inline"
	case document(typ):
		typ = unknown
	case typ == "text/plain":
		typ += "; charset=utf-8"
	}
	h.Set("Content-Type", typ)
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": it.Name}))
	h.Set("Cache-Control", "private, immutable, max-age="+strconv.FormatInt(it.Until-now.Unix(), 10))
	h.Set("ETag", `"`+it.id[:8]+`"`)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*") // clients in browsers fetch it by script
	protect(h)
}

// protect sets the headers that all answers have.
func protect(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")
}

// NotFound gives the answer to all that is not there: always the same one.
func NotFound(w http.ResponseWriter) {
	h := w.Header()
	protect(h)
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, "not found\n")
}
