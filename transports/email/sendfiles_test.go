package email_test

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/message"
)

// photo is what a file holds.
var photo = bytes.Repeat([]byte("a photo \x00\xff\r\n.\r\n"), 5000)

// web is where users' files are.
type web struct {
	*httptest.Server
	gets atomic.Int64 // whole files that were asked for
	gone atomic.Bool
}

func newWeb(t *testing.T) *web {
	t.Helper()
	w := &web{}
	mux := http.NewServeMux()
	mux.HandleFunc("/photo.jpg", func(rw http.ResponseWriter, r *http.Request) {
		if w.gone.Load() {
			http.NotFound(rw, r)
			return
		}
		if r.Method == http.MethodGet {
			w.gets.Add(1)
		}
		rw.Header().Set("Content-Type", "image/jpeg")
		http.ServeContent(rw, r, "", written, bytes.NewReader(photo))
	})
	mux.Handle("/moved", http.RedirectHandler("/photo.jpg", http.StatusFound))
	mux.Handle("/private", http.RedirectHandler("https://10.0.0.1/photo.jpg", http.StatusFound))
	mux.HandleFunc("/longer", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "image/jpeg")
		if r.Method == http.MethodHead {
			rw.Header().Set("Content-Length", "100")
			return
		}
		_, _ = rw.Write(photo)
	})
	mux.HandleFunc("/cut", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "image/jpeg")
		rw.Header().Set("Content-Length", fmt.Sprint(len(photo)))
		_, _ = rw.Write(photo[:1000])
	})
	mux.HandleFunc("/unknown", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "image/jpeg")
		rw.(http.Flusher).Flush()
		_, _ = rw.Write(photo)
	})
	mux.HandleFunc("/huge", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "image/jpeg")
		rw.Header().Set("Content-Length", "20000001")
	})
	mux.HandleFunc("/endless", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "image/jpeg")
		rw.(http.Flusher).Flush()
		for r.Method == http.MethodGet {
			if _, err := rw.Write(photo); err != nil {
				return
			}
		}
	})
	w.Server = httptest.NewTLSServer(mux)
	w.Config.ErrorLog = nil
	t.Cleanup(w.Close)
	return w
}

// enclosed is a message with files.
func (w *web) enclosed(id, text string, paths ...string) transports.Message {
	m := post(id, bob, text)
	for _, p := range paths {
		m.Attachments = append(m.Attachments, transports.Attachment{Ref: w.URL + p})
	}
	return m
}

// parts returns the names and contents of a mail's files.
func parts(t *testing.T, l letter) (text string, names []string, contents [][]byte) {
	t.Helper()
	_, params, err := mime.ParseMediaType(l.head.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(strings.NewReader(l.text+"\r\n"), params["boundary"])
	m, err := message.Read(bytes.NewReader(l.Data))
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.FileName() == "" {
			b, _ := io.ReadAll(p)
			text = strings.TrimSpace(string(b))
		}
	}
	for _, p := range m.Parts {
		names = append(names, p.Name+" "+p.Type)
		f, _, err := message.OpenPart(bytes.NewReader(l.Data), p.Path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, b)
	}
	return text, names, contents
}

// MAIL-F5
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, paths := range [][]string{{"/photo.jpg"}, {"/moved", "/photo.jpg"}, {"/unknown"}} {
		web := newWeb(t)
		w := newLetters(t, setting{web: web.Server})
		s := w.open()
		w.run(s)
		w.send(s, web.enclosed("m1", "look", paths...))
		text, names, contents := parts(t, w.last())
		if text != "look" || len(names) != len(paths) {
			t.Errorf("%v: %q, %q", paths, text, names)
		}
		for i, b := range contents {
			if !bytes.Equal(b, photo) || names[i] != strings.TrimPrefix(paths[i], "/")+" image/jpeg" {
				t.Errorf("%v: %d bytes of %q", paths, len(b), names[i])
			}
		}
		gets := web.gets.Load()
		w.filed()
		if copies := w.copies("Sent"); len(copies) != 1 || !bytes.Equal(copies[0].Raw, w.last().Data) || web.gets.Load() != gets {
			t.Errorf("%d copies, %d fetches more", len(copies), web.gets.Load()-gets)
		}
	}
}

// A file that cannot be had, and one that cannot be sent, hold back the mail. MAIL-F5,
// MAIL-F6
func TestFilesRefused(t *testing.T) {
	t.Parallel()
	web := newWeb(t)
	for path, kind := range map[string]transports.ErrorKind{
		"/nowhere": transports.NotFound,
		"/huge":    transports.TooLong,
		"/endless": transports.TooLong,
		"/longer":  transports.Undelivered,
		"/cut":     transports.Unreachable,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{web: web.Server, size: 1 << 20})
			s := w.open()
			w.run(s)
			sent, err := s.Send(t.Context(), web.enclosed("m1", "look", "/photo.jpg", path))
			if e := transports.AsError(err); e == nil || e.Kind != kind || e.Unsure || len(sent.Saves) > 0 {
				t.Errorf("%v", err)
			}
			w.send(s, post("m2", bob, "never mind"))
			if all := w.posted(); len(all) != 1 || all[0].text != "never mind" {
				t.Errorf("%d mails", len(all))
			}
		})
	}
	w := newLetters(t, setting{web: web.Server, size: 100_000}) // of which 70,000 may be files
	if _, err := w.open().Send(t.Context(), web.enclosed("m1", "look", "/photo.jpg")); transports.AsError(err).Kind != transports.TooLong {
		t.Errorf("%v", err)
	}
	if n := w.smtp.Stats().Commands["MAIL"]; n != 0 {
		t.Errorf("%d mails were begun", n)
	}
}

// Files are fetched from public hosts only, and securely. MAIL-F6
func TestFilesGuarded(t *testing.T) {
	t.Parallel()
	web := newWeb(t)
	w := newLetters(t, setting{})
	tr := email.New(email.Config{})
	s, err := tr.Open(transports.Account{Key: accountKey, Settings: w.settings}, nil)
	if err != nil {
		t.Fatal(err)
	}
	plain := post("m2", bob, "look")
	plain.Attachments = []transports.Attachment{{Ref: "http://example.org/photo.jpg"}}
	for kind, m := range map[transports.ErrorKind]transports.Message{
		transports.NotAllowed: web.enclosed("m1", "look", "/photo.jpg"),
		transports.Malformed:  plain,
	} {
		if _, err := s.Send(t.Context(), m); transports.AsError(err).Kind != kind {
			t.Errorf("%v", err)
		}
	}
	if web.gets.Load() != 0 {
		t.Error("it was fetched")
	}
}

// After a crash the copy of a mail with files is made all the same; where the files
// are gone, it names them. MAIL-F5
func TestFilesCrash(t *testing.T) {
	t.Parallel()
	for _, gone := range []bool{false, true} {
		web := newWeb(t)
		w := newLetters(t, setting{web: web.Server})
		w.send(w.open(), web.enclosed("m1", "look", "/photo.jpg"))
		web.gone.Store(gone)
		w.run(w.open())
		w.filed()
		copies := w.copies("Sent")
		if len(copies) != 1 {
			t.Fatalf("%d copies", len(copies))
		}
		if whole := bytes.Equal(copies[0].Raw, w.last().Data); whole == gone {
			t.Errorf("gone %v:\n%.2000s", gone, copies[0].Raw)
		}
		if gone && !strings.Contains(string(copies[0].Raw), "look\r\n\r\n[photo.jpg, 75 kB]") {
			t.Errorf("%s", copies[0].Raw)
		}
	}
}
