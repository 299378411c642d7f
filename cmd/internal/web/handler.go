package web

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"wherry/component/upload"
	"wherry/transports"
)

// InstanceHeader is a header of every answer. What it says is random, and the
// same for the life of a Listener: by it one tells whose answer came.
const InstanceHeader = "Wherry-Instance"

// HooksPath is where networks call, below the public URL.
const HooksPath = "/hooks/"

// retryAfter is when to come back where too much is asked at once.
const retryAfter = 5 * time.Second

// handler answers all requests.
type handler struct {
	prefix   string
	instance string
	hooks    Hooks
	media    http.Handler
	log      *slog.Logger

	hookSlots, mediaSlots chan struct{} // full: as many requests as may be at once
}

// ServeHTTP answers one request, whatever becomes of it.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	out := &answer{ResponseWriter: w}
	out.Header().Set(InstanceHeader, h.instance)
	path, respond := h.route(r)
	defer func() {
		if cause := recover(); cause != nil {
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause) // the server's own way to cut an answer
			}
			h.log.Error("a request panicked", "path", path, "panic", cause, "stack", string(debug.Stack()))
			if out.status == 0 {
				out.WriteHeader(http.StatusInternalServerError)
			}
		}
		h.log.Debug("request", "from", r.RemoteAddr, "method", r.Method, "path", path, "status", out.status, "took", time.Since(began))
	}()
	respond(out, r)
}

// route returns who answers a request, and its path as it may be logged.
func (h *handler) route(r *http.Request) (path string, respond func(*answer, *http.Request)) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), h.prefix)
	switch {
	case ok && h.hooks != nil && strings.HasPrefix(path, HooksPath):
		return h.prefix + HooksPath + masked, h.hook
	case ok && h.media != nil && strings.HasPrefix(path, upload.MediaPath):
		return h.prefix + upload.MediaPath + masked, h.file
	}
	return masked, func(w *answer, _ *http.Request) { upload.NotFound(w) }
}

// masked stands for what only who knows it may know. A path that is none of
// ours may be one of ours with a slip in it.
const masked = "…"

// file has a file served.
func (h *handler) file(w *answer, r *http.Request) {
	leave, ok := enter(h.mediaSlots)
	if !ok {
		crowded(w)
		return
	}
	defer leave()
	http.StripPrefix(h.prefix, h.media).ServeHTTP(w, r)
}

// hook has a call taken. Its path counts as it came: what is escaped in it
// names nothing of ours.
func (h *handler) hook(w *answer, r *http.Request) {
	domain, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), h.prefix+HooksPath), "/")
	key, _, more := strings.Cut(rest, "/")
	if domain == "" || key == "" || strings.Contains(domain+key, "%") {
		upload.NotFound(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w.ResponseWriter, r.Body, bodyMost)) // the server's own writer: it cuts off what is too long
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	call := transports.Request{Method: r.Method, Query: r.URL.RawQuery, Header: told(r.Header), Body: body}
	if more {
		call.Path = rest[len(key):]
	}
	leave, ok := enter(h.hookSlots) // only now: who sends slowly keeps nobody else out
	if !ok {
		crowded(w)
		return
	}
	defer leave()
	reply(w, h.hooks.Hook(r.Context(), domain, key, call))
}

// told returns the headers of the caller's own. Those by which proxies, or
// whoever likes to, tell of it are left out.
func told(all http.Header) http.Header {
	out := make(http.Header, len(all))
	for name, values := range all {
		if name != "Forwarded" && name != "Via" && name != "X-Real-Ip" && !strings.HasPrefix(name, "X-Forwarded") {
			out[name] = values
		}
	}
	return out
}

// reply gives a network its answer.
func reply(w http.ResponseWriter, a transports.Reply) {
	if a.Status == http.StatusNotFound {
		upload.NotFound(w) // as if there were no such path
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header["Content-Type"] = nil
	if a.Type != "" {
		header.Set("Content-Type", a.Type)
	}
	if a.After > 0 {
		header.Set("Retry-After", seconds(a.After))
	}
	if a.Status < 200 || a.Status > 599 {
		a.Status = http.StatusInternalServerError
	}
	w.WriteHeader(a.Status)
	if len(a.Body) > 0 && a.Status != http.StatusNoContent && a.Status != http.StatusNotModified {
		_, _ = w.Write(a.Body)
	}
}

// crowded tells to come back later.
func crowded(w http.ResponseWriter) {
	w.Header().Set("Retry-After", seconds(retryAfter))
	w.WriteHeader(http.StatusServiceUnavailable)
}

// seconds returns d rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// enter takes a slot, where one is free.
func enter(slots chan struct{}) (leave func(), ok bool) {
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, true
	default:
		return nil, false
	}
}

// answer remembers the status of an answer.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the writer.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
