package corpus_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wherry/cmd/internal/corpus"
	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

const (
	user   = "ann@mail.test"
	secret = "hunter2"
)

// patience is how long one mail may take to come.
const patience = time.Minute

// life is a session that runs, once.
type life struct {
	tb      testing.TB
	session transports.Session
	batches chan transports.Batch
	ended   chan error
}

// live runs a session of the user, and returns when it waits for mail.
func live(t *testing.T, c email.Config, settings transports.Settings) *life {
	t.Helper()
	session, err := email.New(c).Open(transports.Account{Key: "account", Owner: "ann", Settings: settings}, transports.Saved{})
	if err != nil {
		t.Fatal(err)
	}
	l := &life{tb: t, session: session, batches: make(chan transports.Batch), ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		l.ended <- session.Run(ctx, func(ctx context.Context, b transports.Batch) error {
			select {
			case l.batches <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-l.ended; err != nil {
			t.Error(err)
		}
	})
	for online, knows := false, false; !online || !knows; { // where the mailbox ends
		b := l.next()
		online, knows = online || len(b.Events) > 0, knows || len(b.Saves) > 0
	}
	return l
}

// next returns the next batch. The session may not end before.
func (l *life) next() transports.Batch {
	l.tb.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case b := <-l.batches:
		return b
	case err := <-l.ended:
		l.ended <- nil
		l.tb.Fatalf("the session ended: %v", err)
	case <-late.C:
		l.tb.Fatal("nothing came")
	}
	panic("unreachable")
}

// mail returns the batch of the next mail: each moves the place in the mailbox.
func (l *life) mail() transports.Batch {
	l.tb.Helper()
	for {
		b := l.next()
		if slices.ContainsFunc(b.Saves, func(s transports.Save) bool { return s.Name == "inbox" }) {
			return b
		}
		if len(b.Events) > 0 {
			l.tb.Fatalf("unexpected: %+v", b)
		}
	}
}

// message returns what comes next, which has to be one message.
func (l *life) message(mail corpus.Mail) transports.Message {
	l.tb.Helper()
	b := l.mail()
	if len(b.Events) == 1 {
		if r, ok := b.Events[0].(transports.Received); ok {
			return r.Message
		}
	}
	l.tb.Errorf("%s is not one message: %+v", mail, b.Events)
	return transports.Message{}
}

// check holds a message to the contract, and to its mail.
func check(tb testing.TB, mail corpus.Mail, m transports.Message) {
	tb.Helper()
	lines := map[string]string{"id": m.ID, "name": m.Nick, "subject": m.Subject, "thread": m.Thread, "answered": m.ReplyTo, "ref": m.Ref, "contact": m.Chat.Name}
	size := 0
	for _, n := range m.Notes {
		lines["note "+n.String()] = n.String()
		size += len(n.String())
	}
	for _, a := range m.Attachments {
		lines["file "+a.Ref], lines["type of "+a.Ref] = a.Name, a.Type
		if a.Ref == "" {
			tb.Errorf("%s: %+v cannot be fetched", mail, a)
		}
	}
	for what, text := range lines {
		if strings.ContainsRune(text, '\n') || !shown(text) || len(text) > 3000 {
			tb.Errorf("%s: the %s is %q", mail, what, text)
		}
	}
	if !shown(m.Text) || utf8.RuneCountInString(m.Text) > 10000 || size > 8000 || len(m.Attachments) > 60 || len(m.Trail) > transports.TrailMost {
		tb.Errorf("%s: %d bytes of notes, %d files, %d bytes of trail, the text %q", mail, size, len(m.Attachments), len(m.Trail), m.Text)
	}
	if m.ID == "" || m.Thread == "" || m.Time.IsZero() || m.Own || m.Introduce {
		tb.Errorf("%s: %+v", mail, m)
	}
	if m.Text == "" && len(m.Attachments) == 0 && m.Subject == "" && len(m.Notes) == 0 {
		tb.Errorf("%s says nothing: %+v", mail, m)
	}
	if m.Ref != "" && len(m.Trail) == 0 && len(m.Ref) < 900 {
		tb.Errorf("%s cannot be answered: %+v", mail, m)
	}
	if !contact(m.Chat) {
		tb.Errorf("%s: the contact is %+v", mail, m.Chat)
	}
}

// contact tells whether an address is one that the transport takes.
func contact(a transports.Address) bool {
	again, err := email.New(email.Config{}).Address(a.Name, transports.Account{})
	return a.Kind == transports.Contact && err == nil && again == a
}

// crlf is a mail as it is transported.
func crlf(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// settings are those of the user at servers of these addresses.
func settings(address, password, imap, smtp string) transports.Settings {
	host, port, _ := net.SplitHostPort(imap)
	_, smtpPort, _ := net.SplitHostPort(smtp)
	return transports.Settings{
		"address": address, "password": password,
		"imap_host": host, "imap_port": port, "imap_tls": "tls", "smtp_host": host, "smtp_port": smtpPort, "smtp_tls": "tls",
	}
}

// TestSession: each mail comes, once, as one message; none ends the connection. MAIL-I1
func TestSession(t *testing.T) {
	t.Parallel()
	all := mails(t)
	server := imaptest.New(t, imaptest.Config{Config: mailtest.Config{Security: mailtest.TLS}, Dialect: imaptest.Dovecot})
	server.AddUser(user, imaptest.Account{Password: secret})
	l := live(t, email.Config{Roots: server.Roots(), AllowPrivateHosts: true}, settings(user, secret, server.Addr(), server.Addr()))
	for _, mail := range all {
		server.Add(user, "INBOX", imaptest.Mail{Raw: crlf(mail.Raw)})
	}
	fetched := 0
	for i, mail := range all {
		m := l.message(mail)
		check(t, mail, m)
		if n := len(m.Attachments); n > 0 && i%20 == 0 {
			l.fetch(mail, m.Attachments[n-1])
			fetched++
		}
	}
	if n := server.Stats().Logins - fetched; n != 1 || fetched == 0 {
		t.Errorf("%d log-ins besides those for %d files", n, fetched)
	}
	for _, m := range server.Mails(user, "INBOX") {
		if len(m.Flags) > 0 {
			t.Fatalf("mail %d is %v", m.UID, m.Flags)
		}
	}
}

// fetch reads a file.
func (l *life) fetch(mail corpus.Mail, a transports.Attachment) {
	l.tb.Helper()
	c, err := l.session.(transports.Fetcher).Fetch(l.tb.Context(), a.Ref)
	if err != nil {
		l.tb.Errorf("%s: %+v: %v", mail, a, err)
		return
	}
	n, err := io.Copy(io.Discard, c.Body)
	if err := errors.Join(err, c.Body.Close()); err != nil || a.Size > 0 && n != a.Size || c.Name != a.Name && a.Name != "" && c.Name != "" {
		l.tb.Errorf("%s: %+v is %d bytes, %+v, %v", mail, a, n, c, err)
	}
}

// TestDovecot: as it is from a real server, which has its own mind about some mails.
// MAIL-T10
func TestDovecot(t *testing.T) {
	t.Parallel()
	all := mails(t)
	worldtest.Need(t, "dovecot", "postfix")
	server, err := worldtest.New(t).Mail(world.MailConfig{})
	if err != nil {
		t.Fatal(err)
	}
	account, err := server.AddUser("ann")
	if err != nil {
		t.Fatal(err)
	}
	c, err := server.Login(account)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := live(t, email.Config{Roots: server.TLS().RootCAs, AllowPrivateHosts: true}, settings(account.Address, account.Password, server.IMAPS, server.Submissions))
	added := make(chan error, 1)
	go func() {
		for _, mail := range all {
			raw := crlf(mail.Raw)
			cmd := c.Append("INBOX", int64(len(raw)), nil)
			_, err := cmd.Write(raw)
			err = errors.Join(err, cmd.Close())
			if _, failed := cmd.Wait(); failed != nil || err != nil {
				added <- errors.Join(err, failed)
				return
			}
		}
		added <- nil
	}()
	for _, mail := range all {
		check(t, mail, l.message(mail))
	}
	if err := <-added; err != nil {
		t.Error(err)
	}
}
