package email_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// patience is how long tests wait for what must come.
const patience = time.Minute

// life is an account whose session lives, as the gateway has it: connected again
// and again, its saves kept, and no message taken twice.
type life struct {
	t        *testing.T
	session  transports.Session
	stop     func()
	settings transports.Settings
	patience time.Duration // where that is longer than usual

	mu     sync.Mutex
	seen   map[string]bool
	events []transports.Event
	saved  transports.Saved
	fails  []error
	more   chan struct{}
}

// live opens the account of a world, with what an earlier life left, if any.
func live(t *testing.T, tr *email.Transport, settings transports.Settings, before *life) *life {
	t.Helper()
	l := &life{t: t, seen: map[string]bool{}, saved: transports.Saved{}, more: make(chan struct{}), settings: settings}
	if before != nil {
		before.stop()
		l.seen, l.saved = maps.Clone(before.seen), maps.Clone(before.saved)
	}
	var err error
	if l.session, err = tr.Open(transports.Account{Key: "account", Owner: "ann", Settings: settings}, l.saved); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			err := l.session.Run(ctx, l.emit)
			if err == nil {
				continue
			}
			l.note(func() { l.fails = append(l.fails, err) })
			if transports.AsError(err).Kind == transports.Credentials {
				return
			}
			select {
			case <-time.After(max(transports.AsError(err).After, 10*time.Millisecond)):
			case <-ctx.Done():
			}
		}
	}()
	l.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(l.stop)
	return l
}

func (l *life) note(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.more)
	l.more = make(chan struct{})
}

func (l *life) emit(_ context.Context, b transports.Batch) error {
	l.note(func() {
		for _, ev := range b.Events {
			if m, ok := ev.(transports.Received); ok {
				if l.seen[m.Message.ID] {
					continue
				}
				l.seen[m.Message.ID] = true
			}
			l.events = append(l.events, ev)
		}
		for _, s := range b.Saves {
			if l.saved[s.Name] = s.Value; s.Value == nil {
				delete(l.saved, s.Name)
			}
		}
	})
	return nil
}

// await waits until what there is fits.
func (l *life) await(what string, fits func() bool) {
	l.t.Helper()
	deadline := time.After(max(patience, l.patience))
	for {
		l.mu.Lock()
		ok, more := fits(), l.more
		l.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-more:
		case <-deadline:
			l.t.Fatalf("%s: not so in time: %.2000s, %.2000s", what, fmt.Sprintf("%+v", l.events), fmt.Sprint(l.fails))
		}
	}
}

// messages are those that came.
func (l *life) messages() (all []transports.Message) {
	for _, ev := range l.events {
		if m, ok := ev.(transports.Received); ok {
			all = append(all, m.Message)
		}
	}
	return all
}

// got waits until so many messages came, and returns them.
func (l *life) got(n int) []transports.Message {
	l.t.Helper()
	l.await(fmt.Sprintf("%d messages", n), func() bool { return len(l.messages()) >= n })
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.messages()
}

// online waits until the account was logged in so often.
func (l *life) online(n int) {
	l.t.Helper()
	l.await("online", func() bool {
		times := 0
		for _, ev := range l.events {
			if _, ok := ev.(transports.Online); ok {
				times++
			}
		}
		return times >= n
	})
}

// incoming is a mail from bob.
func incoming(id string, lines ...string) []byte {
	head := []string{"From: Bob Brown <Bob@Other.test>", "To: ann@mail.test", "Subject: Hello", "Date: Sat, 28 Nov 2026 10:00:00 +0000", "Message-ID: <" + id + ">"}
	blank := slices.Index(lines, "")
	if blank < 0 {
		blank, lines = 0, append([]string{""}, lines...)
	}
	for _, l := range lines[:blank] { // replaces a field of the same name
		name, _, _ := strings.Cut(l, ":")
		head = slices.DeleteFunc(head, func(h string) bool { return strings.HasPrefix(h, name+":") })
		head = append(head, l)
	}
	return []byte(strings.Join(append(head, lines[blank:]...), "\r\n") + "\r\n")
}

func settled(t *testing.T, tr *email.Transport, w world) transports.Settings {
	t.Helper()
	got, err := tr.Verify(t.Context(), "", w.settings)
	if err != nil {
		t.Fatal(err)
	}
	return got.Settings
}

// dwell returns a world whose account has a life.
func dwell(t *testing.T, c imaptest.Config, before func(world)) (world, *email.Transport, *life) {
	t.Helper()
	w := startWith(t, c)
	tr := w.transport(t, email.Config{})
	settings := settled(t, tr, w)
	if before != nil {
		before(w)
	}
	tr.Quicken(time.Second, 50*time.Millisecond, 50*time.Millisecond, 2*time.Second)
	return w, tr, live(t, tr, settings, nil)
}

// MAIL-T6, MAIL-I1, MAIL-I3, MAIL-D3, MAIL-R9
func TestArrives(t *testing.T) {
	t.Parallel()
	for _, d := range []imaptest.Dialect{imaptest.Bare, imaptest.Dovecot, imaptest.Gmail, imaptest.Exchange, imaptest.Cyrus} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			w, _, l := dwell(t, imaptest.Config{Dialect: d}, func(w world) {
				w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("old@other.test", "old")})
			})
			l.online(1)
			l.await("a position", func() bool { return l.saved["inbox"] != nil })
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("one@other.test", "Hi Ann")}, imaptest.Mail{Raw: incoming("two@other.test", "In-Reply-To: <one@other.test>", "", "more")})
			got := l.got(2)
			one, two := got[0], got[1]
			if one.Text != "Hi Ann" || one.Subject != "Hello" || one.Chat.Name != "bob@other.test" || one.Nick != "Bob Brown" || one.Ref != "one@other.test" || one.Delayed {
				t.Errorf("%+v", one)
			}
			if len(one.Notes) != 1 || one.Notes[0].String() != "Subject: Hello" || len(two.Notes) != 0 {
				t.Errorf("%v, %v", one.Notes, two.Notes)
			}
			if two.Thread != one.Thread || two.ReplyTo != one.Ref || two.ID == one.ID || len(two.Trail) == 0 {
				t.Errorf("%+v", two)
			}
			if len(got) != 2 || len(l.fails) != 0 {
				t.Errorf("%+v, %v", got, l.fails)
			}
			for _, m := range w.imap.Mails(user, "INBOX") {
				if len(m.Flags) != 0 {
					t.Errorf("fetching changed a mail: %v", m.Flags)
				}
			}
		})
	}
}

// MAIL-R9
func TestBackfill(t *testing.T) {
	t.Parallel()
	w := start(t)
	tr := w.transport(t, email.Config{})
	w.settings["backfill"] = "2"
	settings := settled(t, tr, w)
	for i := range 5 {
		m := imaptest.Mail{Raw: incoming(fmt.Sprintf("%d@other.test", i), fmt.Sprint(i)), Date: time.Now().Add(-time.Hour)}
		if i == 4 {
			m.Flags = []string{`\Seen`}
		}
		w.imap.Add(user, "INBOX", m)
	}
	got := live(t, tr, settings, nil).got(2)
	if got[0].Text != "2" || got[1].Text != "3" || !got[0].Delayed || len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

// What came while the gateway was away comes when it is back, and nothing twice.
// MAIL-I1, MAIL-I5, MAIL-K1
func TestCatchesUp(t *testing.T) {
	t.Parallel()
	w, tr, l := dwell(t, imaptest.Config{}, nil)
	l.await("a position", func() bool { return l.saved["inbox"] != nil })
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")})
	l.got(1)
	l.stop()
	for i := 2; i < 300; i++ {
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(fmt.Sprintf("%d@other.test", i), fmt.Sprint(i))})
	}
	again := live(t, tr, l.settings, l)
	got := again.got(298)
	for i, m := range got {
		if m.Text != fmt.Sprint(i+2) {
			t.Fatalf("message %d is %q", i, m.Text)
		}
	}
}

// A folder that is numbered anew hands out nothing twice, and nothing of what was
// there before the account; what is new comes. MAIL-K3
func TestRenumbered(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{false, true} {
		now := time.Now()
		w, _, l := dwell(t, imaptest.Config{}, func(w world) {
			for i := range 300 {
				w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(fmt.Sprintf("old%d@other.test", i), "old"), Date: now.Add(-time.Hour)})
			}
		})
		l.await("a position", func() bool { return l.saved["inbox"] != nil })
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1"), Date: now.Add(-10 * time.Second)})
		l.got(1)
		if back {
			w.imap.SetNextUID(user, "INBOX", 100)
		} else {
			w.imap.Renumber(user, "INBOX")
		}
		w.imap.Drop(user)
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@other.test", "2")})
		l.got(2)
		w.imap.Drop(user)
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("3@other.test", "3")})
		if got := l.got(3); len(got) != 3 || got[1].Text != "2" || got[2].Text != "3" {
			t.Errorf("%+v", got)
		}
	}
}

// A mail that ends the connection each time is left out after three times; what
// came behind it is not lost. MAIL-T1, MAIL-T13
func TestPoison(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.await("a position", func() bool { return l.saved["inbox"] != nil })
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")},
		imaptest.Mail{Raw: incoming("2@other.test", "2"), Fault: mailtest.Fault{Cut: true}},
		imaptest.Mail{Raw: incoming("3@other.test", "3"), Fault: mailtest.Fault{Reply: "NO something is wrong"}},
		imaptest.Mail{Raw: incoming("4@other.test", "4")})
	got := l.got(2)
	if got[0].Text != "1" || got[1].Text != "4" {
		t.Errorf("%+v", got)
	}
	told := 0
	for _, ev := range l.events {
		if n, ok := ev.(transports.Told); ok && strings.Contains(n.Text.String(), "could not be read") {
			told++
		}
	}
	if told != 2 || w.imap.Stats().Logins > 8 {
		t.Errorf("told %d times, %d log-ins: %v", told, w.imap.Stats().Logins, l.fails)
	}
}

// A mail that the server has and does not hand out is left out at once. MAIL-T1
func TestWithheld(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.await("a position", func() bool { return l.saved["inbox"] != nil })
	w.imap.FailAfter("FETCH", 1, 1, mailtest.Fault{Reply: "NO it is broken"})
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")}, imaptest.Mail{Raw: incoming("2@other.test", "2")})
	if got := l.got(1); got[0].Text != "2" || len(l.fails) != 0 {
		t.Errorf("%+v, %v", got, l.fails)
	}
}

// A link on which nothing moves any more is left, in IDLE and within a mail. MAIL-T2
func TestFrozen(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.await("a position", func() bool { return l.saved["inbox"] != nil })
	w.imap.Freeze(user)
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")})
	l.got(1)
	w.imap.Fail("FETCH", 1, mailtest.Fault{Endless: true})
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@other.test", "2")})
	l.got(2)
	w.imap.Bye(user, "[UNAVAILABLE] going down")
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("3@other.test", "3")})
	l.got(3)
}

// A password that is good no longer is tried no more than twice, so that the
// provider locks nobody out. MAIL-N3
func TestRefusedLater(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.await("a position", func() bool { return l.saved["inbox"] != nil })
	before := w.imap.Stats().Logins
	w.imap.AddUser(user, imaptest.Account{Password: "another"})
	w.imap.Drop(user)
	l.await("the end", func() bool {
		n := len(l.fails)
		return n > 0 && transports.AsError(l.fails[n-1]).Kind == transports.Credentials
	})
	if n := w.imap.Stats().Logins - before; n != 2 {
		t.Errorf("%d log-ins", n)
	}
}

// A file of a mail is there whenever it is asked for; a long text is cut, and all
// of it a file. MAIL-X5, MAIL-F1
func TestFilesOfMails(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.await("a position", func() bool { return l.saved["inbox"] != nil })
	long := strings.Repeat("word ", 3000)
	w.imap.Add(user, "INBOX",
		imaptest.Mail{Raw: incoming("1@other.test", "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`, "",
			"--b", "Content-Type: text/plain", "", "see the file", "--b", "Content-Type: image/png", "Content-Transfer-Encoding: base64",
			`Content-Disposition: attachment; filename="../a.png"`, "", "iVBORw0KGgo=", "--b--")},
		imaptest.Mail{Raw: incoming("2@other.test", long)})
	got := l.got(2)
	read := func(ref string) (string, *transports.Content) {
		c, err := l.session.(transports.Fetcher).Fetch(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(c.Body)
		if err := errors.Join(err, c.Body.Close()); err != nil {
			t.Error(err)
		}
		return string(b), c
	}
	if len(got[0].Attachments) != 1 || got[0].Attachments[0].Name != "a.png" || got[0].Attachments[0].Type != "image/png" || got[0].Text != "see the file" {
		t.Fatalf("%+v", got[0])
	}
	if b, c := read(got[0].Attachments[0].Ref); b != "\x89PNG\r\n\x1a\n" || c.Name != "a.png" {
		t.Errorf("%q, %+v", b, c)
	}
	if n := len(got[1].Text); n > 8100 || !strings.HasSuffix(got[1].Text, "[…]") || len(got[1].Attachments) != 1 {
		t.Fatalf("%d, %+v", n, got[1].Attachments)
	}
	if b, _ := read(got[1].Attachments[0].Ref); strings.TrimSpace(b) != strings.TrimSpace(long) {
		t.Errorf("%d bytes of text", len(b))
	}
	w.imap.Renumber(user, "INBOX")
	if b, _ := read(got[0].Attachments[0].Ref); b != "\x89PNG\r\n\x1a\n" {
		t.Errorf("after it was numbered anew: %q", b)
	}
	w.imap.Expunge(user, "INBOX", 1)
	if _, err := l.session.(transports.Fetcher).Fetch(t.Context(), got[0].Attachments[0].Ref); transports.AsError(err).Kind != transports.NotFound {
		t.Errorf("of a mail that is gone: %v", err)
	}
}

// Only what the user has read is marked so: that of the contact, up to then. MAIL-D3
func TestRead(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.await("a position", func() bool { return l.saved["inbox"] != nil })
	at := time.Now().Truncate(time.Second)
	for i := range 3 {
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(fmt.Sprintf("%d@other.test", i), fmt.Sprint(i)), Date: at.Add(time.Duration(i) * time.Second)})
	}
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("4@other.test", "From: carl@other.test", "", "4"), Date: at})
	got := l.got(4)
	if err := l.session.(transports.Reader).Read(t.Context(), got[1].Chat, got[1].Time); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, m := range w.imap.Mails(user, "INBOX") {
		seen = append(seen, strings.Join(m.Flags, " "))
	}
	if !slices.Equal(seen, []string{`\Seen`, `\Seen`, "", ""}) {
		t.Errorf("%q", seen)
	}
}
