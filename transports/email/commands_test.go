package email_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// place is where a command on a contact finds what came from there.
func (l *life) place(chat transports.Address) transports.Place {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := transports.Place{Chat: chat, Session: l.session, Saved: maps.Clone(l.saved), Account: transports.Account{Settings: l.settings}}
	for _, m := range slices.Backward(l.messages()) {
		if m.Chat == chat {
			at.Past = append(at.Past, transports.Past{Ref: m.Ref, Time: m.Time, Own: m.Own, Trail: m.Trail})
		}
	}
	return at
}

// command begins a command at a place.
func command(t *testing.T, tr *email.Transport, name string, at transports.Place) (transports.Turn, error) {
	t.Helper()
	for _, c := range tr.Commands() {
		if c.Name == name && c.At == at.Chat.Kind {
			return c.Begin(t.Context(), at)
		}
	}
	t.Fatalf("no command %s", name)
	return transports.Turn{}, nil
}

// answered begins a command and answers what it asks, by pairs of names and values.
func answered(t *testing.T, tr *email.Transport, name string, at transports.Place, pairs ...string) (transports.Turn, error) {
	t.Helper()
	turn, err := command(t, tr, name, at)
	if err != nil || turn.Next == nil {
		t.Fatalf("%s: %+v, %v", name, turn, err)
	}
	settings := transports.Settings{}
	for i := 0; i < len(pairs); i += 2 {
		settings[pairs[i]] = pairs[i+1]
	}
	return turn.Next(t.Context(), at, settings)
}

func (l *life) content(t *testing.T, a transports.Attachment) string {
	t.Helper()
	c, err := l.session.(transports.Fetcher).Fetch(t.Context(), a.Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Body.Close()
	b, err := io.ReadAll(c.Body)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// The last mails of a contact can be had whole: uncut, and as they came. MAIL-X4
func TestOriginal(t *testing.T) {
	t.Parallel()
	w, tr, l := dwell(t, imaptest.Config{}, nil)
	l.settledIn()
	long := strings.Repeat("word ", 3000)
	mails := [][]byte{
		incoming("1@other.test", "In-Reply-To: <0@mail.test>", "Subject: Re: Tea / \x07 time", "", "Yes.", "", "On Monday Ann wrote:", "> Tea?", "> Or coffee?"),
		incoming("2@other.test", long),
	}
	for _, raw := range mails {
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: raw})
	}
	for i := range 12 {
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(fmt.Sprintf("other%d@other.test", i), "From: carl@other.test", "", "x")})
	}
	bob := l.got(14)[0].Chat
	first, err := command(t, tr, "original", l.place(bob))
	if err != nil || !first.Last || len(first.Form.Fields[0].Options) != 2 || !strings.HasPrefix(first.Form.Fields[0].Options[0].Label.String(), "Hello (20") {
		t.Fatalf("%+v, %v", first.Form, err)
	}
	if f, err := command(t, tr, "original", l.place(email.Person(tr, "carl@other.test"))); err != nil || len(f.Form.Fields[0].Options) != 10 {
		t.Errorf("of many mails: %+v, %v", f.Form, err)
	}
	for i, number := range []string{"2", "1"} {
		turn, err := answered(t, tr, "original", l.place(bob), "mail", number)
		if err != nil || len(turn.Batch.Events) != 1 || turn.Said.IsZero() {
			t.Fatalf("%+v, %v", turn, err)
		}
		m := turn.Batch.Events[0].(transports.Received).Message
		was := l.got(14)[i]
		if m.Chat != bob || m.Thread != was.Thread || m.Ref != was.Ref || string(m.Trail) != string(was.Trail) || m.ID == was.ID || m.ID == "" || !m.Delayed || len(m.Notes) != 1 {
			t.Errorf("%+v", m)
		}
		file := m.Attachments[len(m.Attachments)-1]
		if got := l.content(t, file); got != string(mails[i]) || file.Type != "message/rfc822" {
			t.Errorf("%+v is %d bytes, want %d", file, len(got), len(mails[i]))
		}
		switch i {
		case 0:
			if !strings.Contains(m.Text, "> Or coffee?") || len(m.Attachments) != 1 || file.Name != "Re-Tea-time.eml" {
				t.Errorf("%+v", m)
			}
		case 1:
			if m.Text != "" || len(m.Attachments) != 2 || strings.TrimSpace(l.content(t, m.Attachments[0])) != strings.TrimSpace(long) {
				t.Errorf("%+v", m)
			}
		}
	}
	w.imap.Renumber(user, "INBOX")
	if turn, err := answered(t, tr, "original", l.place(bob), "mail", "2"); err != nil || l.content(t, turn.Batch.Events[0].(transports.Received).Message.Attachments[0]) != string(mails[0]) {
		t.Errorf("after it was numbered anew: %v", err)
	}
	w.imap.Expunge(user, "INBOX", 1, 2) // there is one whose id ends like that of the first
	at := l.place(bob)
	if _, err := answered(t, tr, "original", at, "mail", "2"); transports.AsError(err).Kind != transports.NotFound {
		t.Errorf("of a mail that is gone: %v", err)
	}
	if _, err := answered(t, tr, "original", at, "mail", "7"); err == nil {
		t.Error("there is no such mail")
	}
	at.Session = nil
	if _, err := answered(t, tr, "original", at, "mail", "1"); transports.AsError(err).Kind != transports.Unreachable {
		t.Errorf("without a session: %v", err)
	}
	if turn, err := command(t, tr, "original", transports.Place{Chat: bob}); err != nil || turn.Next != nil || turn.Said.IsZero() {
		t.Errorf("of nobody: %+v, %v", turn, err)
	}
}

// What is spam goes to the folder of spam, and nothing else does: by whatever way the
// server has. MAIL-V6
func TestSpam(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dialect imaptest.Dialect
		junk    string
		stays   bool
	}{
		{imaptest.Dovecot, "Junk", false},
		{imaptest.Gmail, "[Gmail]/Spam", false},
		{imaptest.Exchange, "Junk Email", false},
		{imaptest.Cyrus, "INBOX.Junk", false},
		{imaptest.Dovecot.Without("MOVE"), "Junk", false},
		{imaptest.Bare, "Junk", true},
	} {
		t.Run(tt.dialect.Name, func(t *testing.T) {
			t.Parallel()
			w, tr, l := dwell(t, imaptest.Config{Dialect: tt.dialect}, nil)
			l.settledIn()
			for i := range 3 {
				w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(fmt.Sprintf("%d@other.test", i), fmt.Sprint(i))})
			}
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("deleted@other.test", "deleted"), Flags: []string{`\Deleted`}})
			bob := l.got(3)[0].Chat
			turn, err := answered(t, tr, "spam", l.place(bob), "mail", "1\n3")
			if err != nil || turn.Said.IsZero() || strings.Contains(turn.Said.String(), "marked") != tt.stays {
				t.Fatalf("%s, %v", turn.Said, err)
			}
			in, spam := w.imap.Mails(user, "INBOX"), w.imap.Mails(user, tt.junk)
			if tt.stays {
				if len(in) != 4 || len(spam) != 0 || !slices.Contains(in[0].Flags, "$Junk") || slices.Contains(in[1].Flags, "$Junk") || !slices.Contains(in[2].Flags, "$Junk") {
					t.Errorf("%v, %v", in, spam)
				}
				return
			}
			if len(in) != 2 || !strings.HasSuffix(string(in[0].Raw), "\r\n1\r\n") || len(spam) != 2 || !slices.Contains(spam[0].Flags, "$Junk") || !slices.Contains(spam[1].Flags, "$Junk") {
				t.Errorf("%d stay, %d are spam: %+v", len(in), len(spam), spam)
			}
			if _, err := answered(t, tr, "spam", l.place(bob), "mail", "1"); transports.AsError(err).Kind != transports.NotFound {
				t.Errorf("a second time: %v", err)
			}
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("4@other.test", "4")})
			if got := l.got(4); got[3].Text != "4" || len(l.fails) != 0 {
				t.Errorf("%+v, %v", got, l.fails)
			}
		})
	}
}

// A server that does not do it is believed, and its words are not repeated. MAIL-V6
func TestSpamRefused(t *testing.T) {
	t.Parallel()
	w, tr, l := dwell(t, imaptest.Config{}, nil)
	l.settledIn()
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")})
	bob := l.got(1)[0].Chat
	w.imap.Fail("MOVE", 1, mailtest.Fault{Reply: "NO [OVERQUOTA] hunter2"})
	_, err := answered(t, tr, "spam", l.place(bob), "mail", "1")
	if e := transports.AsError(err); e == nil || e.Kind != transports.Forbidden || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	if _, err := answered(t, tr, "spam", l.place(bob), "mail", "1\n9"); err == nil {
		t.Error("there is no such mail")
	}
	if n := len(w.imap.Mails(user, "INBOX")); n != 1 {
		t.Errorf("%d mails are left", n)
	}
}

// leaver is who takes requests to be taken off a list.
type leaver struct {
	*httptest.Server
	got chan string
}

func newLeaver(t *testing.T) leaver {
	l := leaver{got: make(chan string, 10)}
	l.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		l.got <- r.Method + " " + r.URL.RequestURI() + " " + r.Header.Get("Content-Type") + " " + string(b) + r.Header.Get("Cookie")
		switch r.URL.Path {
		case "/elsewhere":
			http.Redirect(w, r, "/off", http.StatusTemporaryRedirect)
		case "/no":
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(l.Close)
	return l
}

// Nobody is asked to be left before the user wants that; then it is done once, as the
// mail says: by a request (RFC 8058), else by a mail, else by the user. MAIL-L1
func TestLeave(t *testing.T) {
	t.Parallel()
	web := newLeaver(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}))
	w := start(t)
	tr := w.transport(t, email.Config{Roots: pool})
	w.settings["aliases"] = "news@mail.test"
	settings := settled(t, tr, w)
	tr.Quicken(time.Second, 50*time.Millisecond, 50*time.Millisecond, 5*time.Second)
	l := live(t, tr, settings, nil)
	l.settledIn()
	const click = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
	count := 0
	from := func(fields ...string) transports.Place {
		count++
		who := fmt.Sprintf("shop%d@other.test", count)
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(fmt.Sprintf("%d@other.test", count), slices.Concat([]string{"From: " + who, "To: news@mail.test"}, fields, []string{"", "buy"})...)})
		l.got(count)
		return l.place(email.Person(tr, who))
	}
	one := from("List-Unsubscribe: <mailto:off@other.test>, <"+web.URL+"/off?u=1>", click)
	if turn, err := answered(t, tr, "unsubscribe", one, "confirm", "false"); err != nil || turn.Send != nil || len(web.got) != 0 {
		t.Errorf("not wanted: %+v, %v", turn, err)
	}
	turn, err := answered(t, tr, "unsubscribe", one, "confirm", "true")
	if err != nil || turn.Send != nil || !strings.HasPrefix(turn.Said.String(), "127.0.0.1 was told") {
		t.Fatalf("%+v, %v", turn, err)
	}
	if got := <-web.got; got != "POST /off?u=1 application/x-www-form-urlencoded List-Unsubscribe=One-Click" {
		t.Errorf("asked %q", got)
	}
	for _, path := range []string{"/no", "/elsewhere"} {
		at := from("List-Unsubscribe: <"+web.URL+path+">", click)
		if _, err := answered(t, tr, "unsubscribe", at, "confirm", "true"); err == nil || !strings.Contains(transports.AsError(err).Text.String(), web.URL+path) {
			t.Errorf("%s: %v", path, err)
		}
		if got := <-web.got; !strings.HasPrefix(got, "POST "+path) {
			t.Errorf("asked %q", got)
		}
	}
	at := from("List-Unsubscribe: <mailto:Off+AnN@other.test?subject=off%0D%0ABcc:%20all@other.test>")
	turn, err = answered(t, tr, "unsubscribe", at, "confirm", "true")
	if err != nil || len(turn.Send) != 1 {
		t.Fatalf("%+v, %v", turn, err)
	}
	m := turn.Send[0]
	m.ID, m.Time = "s1", time.Now()
	if _, err := l.session.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	sent := w.smtp.Messages()
	if len(sent) != 1 || sent[0].From != "news@mail.test" || len(sent[0].To) != 1 || sent[0].To[0].Address != "Off+AnN@other.test" {
		t.Fatalf("%+v", sent)
	}
	if raw := string(sent[0].Data); !strings.Contains(raw, "\r\nSubject: off Bcc: all@other.test\r\n") || strings.Contains(raw, "\nBcc:") || strings.Contains(raw, "In-Reply-To") || !strings.HasSuffix(raw, "\r\nunsubscribe\r\n") {
		t.Errorf("%s", raw)
	}
	for name, tt := range map[string]struct {
		fields []string
		says   string
	}{
		"a page":            {[]string{"List-Unsubscribe: <" + web.URL + "/page>"}, web.URL + "/page"},
		"nothing":           {nil, "do not say"},
		"a forged mail":     {[]string{"Authentication-Results: mail.test; dmarc=fail", "List-Unsubscribe: <" + web.URL + "/off>", click}, "not verified"},
		"an unsafe address": {[]string{"List-Unsubscribe: <http://other.test/off>", click}, "do not say"},
	} {
		at := from(tt.fields...)
		at.Saved["authserv"] = []byte("mail.test")
		turn, err := command(t, tr, "unsubscribe", at)
		if err != nil || turn.Next != nil || !strings.Contains(turn.Said.String(), tt.says) {
			t.Errorf("%s: %s, %v", name, turn.Said, err)
		}
	}
	if len(web.got) != 0 {
		t.Errorf("asked %q", <-web.got)
	}
}

// Requests go nowhere that is not public. MAIL-L1, MAIL-R7
func TestLeaveGuarded(t *testing.T) {
	t.Parallel()
	web := newLeaver(t)
	if err := email.Leave(context.Background(), email.New(email.Config{}), web.URL+"/off"); err == nil || strings.Contains(err.Error(), "/off") {
		t.Errorf("%v", err)
	}
	if len(web.got) != 0 {
		t.Errorf("asked %q", <-web.got)
	}
}
