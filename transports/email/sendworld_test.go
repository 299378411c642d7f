package email_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/smtptest"
)

// accountKey is the key of the user's account.
const accountKey = "a key that nobody knows"

// written is when the messages of tests are written.
var written = time.Now().Add(-time.Minute).UTC().Truncate(time.Second)

// letters is a user's servers and gateway, of which sessions come and go.
type letters struct {
	world
	t  *testing.T
	tr *email.Transport

	sending sync.Mutex // held while a mail is sent, until that is committed

	mu     sync.Mutex // guards what follows
	saved  transports.Saved
	events []transports.Event
	rung   chan struct{} // closed and replaced when something was emitted
}

// setting is what a test of sending needs to be otherwise.
type setting struct {
	dialect imaptest.Dialect
	deliver func(*imaptest.Server, smtptest.Message)
	size    int64
	without string            // an extension of SMTP
	files   map[string]string // what filing was found out before; nil: that it is ours
	probes  int
	more    transports.Settings
	web     *httptest.Server // where files are
}

func newLetters(t *testing.T, s setting) *letters {
	t.Helper()
	if s.probes == 0 {
		s.probes = 2
	}
	if s.dialect.Name == "" {
		s.dialect = imaptest.Dovecot
	}
	w := &letters{t: t, saved: transports.Saved{}, rung: make(chan struct{})}
	w.imap = imaptest.New(t, imaptest.Config{Config: mailtest.Config{Security: mailtest.TLS}, Dialect: s.dialect})
	extensions := slices.DeleteFunc([]string{"8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "PIPELINING", "SMTPUTF8"}, func(e string) bool { return e == s.without })
	c := smtptest.Config{Config: mailtest.Config{Security: mailtest.TLS}, Size: s.size, Extensions: extensions}
	if s.deliver != nil {
		c.Deliver = func(m smtptest.Message) { s.deliver(w.imap, m) }
	}
	w.smtp = smtptest.New(t, c)
	w.connect()
	w.settings["address"] = user
	for k, v := range s.more {
		w.settings[k] = v
	}
	var conf email.Config
	if s.web != nil {
		conf.Roots = x509.NewCertPool()
		conf.Roots.AddCert(s.web.Certificate())
	}
	w.tr = w.transport(t, conf)
	w.tr.Hurry(time.Millisecond, s.probes)
	if s.files == nil {
		w.saved["files"] = []byte("no " + mailtest.Host)
	}
	for k, v := range s.files {
		w.saved[k] = []byte(v)
	}
	return w
}

// filesItself puts what is sent into a folder, as Gmail does.
func filesItself(folder string) func(*imaptest.Server, smtptest.Message) {
	return func(s *imaptest.Server, m smtptest.Message) {
		s.Add(user, folder, imaptest.Mail{Raw: m.Data, Flags: []string{`\Seen`}})
	}
}

// open opens a session by what was saved.
func (w *letters) open() *email.Session {
	w.t.Helper()
	s, err := w.tr.Open(transports.Account{Key: accountKey, Settings: w.settings}, w.state())
	if err != nil {
		w.t.Fatal(err)
	}
	return s.(*email.Session)
}

// run has a session run until stop is called, and waits for that it is logged in.
func (w *letters) run(s *email.Session) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	seen := w.seen()
	go func() {
		for {
			err := s.Run(ctx, w.emit)
			if ctx.Err() != nil {
				if e := transports.AsError(err); e != nil && e.Kind == transports.Unreachable {
					err = nil // the connection was cut just before
				}
				done <- err
				return
			}
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	w.t.Cleanup(stop)
	w.await("the log-in", func() bool {
		return slices.ContainsFunc(w.events[seen:], func(ev transports.Event) bool { _, ok := ev.(transports.Online); return ok })
	})
	return stop
}

func (w *letters) emit(_ context.Context, b transports.Batch) error {
	if len(b.Saves) > 0 {
		w.sending.Lock()
		defer w.sending.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, b.Events...)
	w.save(b.Saves)
	return nil
}

// save keeps saves. The caller holds mu.
func (w *letters) save(saves []transports.Save) {
	for _, s := range saves {
		if s.Value == nil {
			delete(w.saved, s.Name)
		} else {
			w.saved[s.Name] = s.Value
		}
	}
	close(w.rung)
	w.rung = make(chan struct{})
}

func (w *letters) state() transports.Saved {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := transports.Saved{}
	for k, v := range w.saved {
		out[k] = v
	}
	return out
}

func (w *letters) seen() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.events)
}

// await waits until something of what was emitted holds; mu is held meanwhile.
func (w *letters) await(what string, holds func() bool) {
	w.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		w.mu.Lock()
		ok, rung := holds(), w.rung
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-rung:
		case <-late.C:
			w.t.Fatalf("%s: it did not come: %v", what, w.state())
		}
	}
}

// filed waits until no copy is to be made any more.
func (w *letters) filed() {
	w.t.Helper()
	w.await("the copies", func() bool { return w.pending() == 0 })
}

// pending counts copies that are to be made. The caller holds mu.
func (w *letters) pending() (n int) {
	for name := range w.saved {
		if strings.HasPrefix(name, "file.") {
			n++
		}
	}
	return n
}

// keep commits that a message was sent, as the core does.
func (w *letters) keep(sent transports.Sent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.save(sent.Saves)
}

// send sends, and commits that.
func (w *letters) send(s *email.Session, m transports.Message) transports.Sent {
	w.t.Helper()
	w.sending.Lock()
	defer w.sending.Unlock()
	sent, err := s.Send(w.t.Context(), m)
	if err != nil {
		w.t.Fatalf("send %+v: %v", m, err)
	}
	w.keep(sent)
	return sent
}

// post is a message to somebody.
func post(id, to, text string) transports.Message {
	return transports.Message{ID: id, Chat: transports.Address{Kind: transports.Contact, Name: to}, Text: text, Time: written}
}

// lookups is how often a mail was looked for by its id.
func (w *letters) lookups() (n int) {
	for _, c := range w.imap.Commands() {
		if strings.Contains(c, "SEARCH") && strings.Contains(strings.ToLower(c), "message-id") {
			n++
		}
	}
	return n
}

// letter is a mail as it was sent.
type letter struct {
	smtptest.Message
	head mail.Header
	text string
	to   []string
}

// posted returns all mails that were sent.
func (w *letters) posted() (all []letter) {
	w.t.Helper()
	for _, m := range w.smtp.Messages() {
		all = append(all, read(w.t, m))
	}
	return all
}

func read(t *testing.T, m smtptest.Message) letter {
	t.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(parsed.Body)
	if err != nil {
		t.Fatal(err)
	}
	l := letter{Message: m, head: parsed.Header, text: strings.TrimSuffix(string(text), "\r\n")}
	for _, r := range m.To {
		l.to = append(l.to, r.Address)
	}
	return l
}

func (w *letters) last() letter {
	w.t.Helper()
	all := w.posted()
	if len(all) == 0 {
		w.t.Fatal("nothing was sent")
	}
	return all[len(all)-1]
}

// copies returns what is in a folder.
func (w *letters) copies(folder string) []imaptest.Mail { return w.imap.Mails(user, folder) }
