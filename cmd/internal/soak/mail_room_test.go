package soak

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/smtptest"
)

// mailroom is a gateway that mails, and what it stands between: stand-ins for mail
// servers, and people who have a mailbox there.
type mailroom struct {
	mailer
	imap  *imaptest.Server
	smtp  *smtptest.Server
	trust string // the file of their certificates

	fate func(user string) fate // of a mail; nil: it is delivered, and nobody says so

	mu     sync.Mutex // guards what follows
	posted []posted
	pushed []Pushed
}

// fate is what becomes of a mail that was taken.
type fate struct {
	filed     bool   // the provider puts it into Sent
	delivered bool   // and says so
	failed    string // the status of its bounce, RFC 3463
}

// posted is a mail that the provider took, each time that it did.
type posted struct {
	Taken
	id  string // Message-ID with <>
	raw []byte
}

func newMailroom(t *testing.T, server, domain string) *mailroom {
	t.Helper()
	m := &mailroom{mailer: mailer{t: t, domain: domain, tap: newTap(t, server)}}
	tls := mailtest.Config{Security: mailtest.TLS}
	m.imap = imaptest.New(t, imaptest.Config{Config: tls, Dialect: imaptest.Dovecot})
	m.smtp = smtptest.New(t, smtptest.Config{Config: tls, Deliver: m.take})
	var trust bytes.Buffer
	for _, l := range []*mailtest.Listener{m.imap.Listener, m.smtp.Listener} {
		certificate, err := l.Certificate()
		must(t, err)
		must(t, pem.Encode(&trust, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	m.trust = filepath.Join(t.TempDir(), "trust.pem")
	must(t, os.WriteFile(m.trust, trust.Bytes(), 0o600))
	return m
}

// component is the gateway's, which knows where mailboxes are.
func (m *mailroom) component() []world.Component {
	return []world.Component{{
		Domain: m.domain, Secret: secret(m.domain), Server: m.tap.addr(), Transport: "email",
		Network: fmt.Sprintf("ca_file = %q\nallow_private_hosts = true\n[[component.email.provider]]\ndomains = [%q]\n"+
			"imap_host = %q\nimap_port = %d\nimap_tls = \"tls\"\nsmtp_host = %q\nsmtp_port = %d\nsmtp_tls = \"tls\"\n",
			m.trust, mailHost, mailtest.Host, m.imap.Port(), mailtest.Host, m.smtp.Port()),
	}}
}

// newMailer returns a person who has a mailbox.
func (m *mailroom) newMailer(name string) *person {
	p := newPerson(name, m.domain)
	p.words = mailWords
	m.imap.AddUser(address(name), imaptest.Account{Password: password})
	m.smtp.AddUser(address(name), smtptest.Account{Password: password})
	return p
}

// within is a context for what must become so.
func (m *mailroom) within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(m.t.Context(), d)
}

// idling waits until the gateway waits for mail of so many people: what came before
// is committed.
func (m *mailroom) idling(people int) {
	m.t.Helper()
	ctx, cancel := m.within(mailPatience)
	defer cancel()
	if err := m.imap.WaitIdle(ctx, people); err != nil {
		m.t.Fatalf("%s: nobody waits for mail: %v; %+v", m.domain, err, m.imap.Stats())
	}
}

// sent waits for something to become so where mail is sent to.
func (m *mailroom) sent(what string, done func() bool) {
	m.t.Helper()
	m.until(m.smtp.Listener, what, done)
}

// filed waits for something to become so in the mailboxes.
func (m *mailroom) filed(what string, done func() bool) {
	m.t.Helper()
	m.until(m.imap.Listener, what, done)
}

func (m *mailroom) until(l *mailtest.Listener, what string, done func() bool) {
	m.t.Helper()
	ctx, cancel := m.within(mailPatience)
	defer cancel()
	if err := l.Await(ctx, done); err != nil {
		m.t.Fatalf("%s: waited in vain for %s: %v\n%v", m.domain, what, err, m.copies())
	}
}

// receive has a contact mail a person the next message of their conversation.
func (m *mailroom) receive(p *person, contact string) {
	p.mu.Lock()
	p.pushes[contact]++
	seq := p.pushes[contact]
	p.mu.Unlock()
	body := fmt.Sprintf(pushedBody, seq)
	from, _, _ := strings.Cut(contact, `\40`)
	head := fmt.Sprintf("From: <%s@%s>\r\nTo: <%s>\r\nSubject: The tide\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\n",
		from, otherHost, address(p.name), time.Now().Format(time.RFC1123Z), world.NewID(), otherHost)
	now := time.Now()
	m.mu.Lock()
	m.pushed = append(m.pushed, Pushed{Chat: Chat{p.name, contact}, Seq: seq, Body: body, At: now, Acked: now})
	m.mu.Unlock()
	m.imap.Add(address(p.name), "INBOX", imaptest.Mail{Raw: []byte(head + "\r\n" + body + "\r\n")})
}

// take notes a mail that the provider takes, and what it does with it.
func (m *mailroom) take(got smtptest.Message) {
	parsed, err := mail.ReadMessage(bytes.NewReader(got.Data))
	if err != nil {
		m.t.Errorf("a mail cannot be read: %v\n%s", err, got.Data)
		return
	}
	text, err := io.ReadAll(parsed.Body)
	if err != nil || len(got.To) != 1 {
		m.t.Errorf("a mail to %v cannot be read: %v", got.To, err)
		return
	}
	name, _, _ := strings.Cut(got.User, "@")
	to := got.To[0].Address
	one := posted{id: parsed.Header.Get("Message-ID"), raw: got.Data}
	one.Taken = Taken{
		Chat: Chat{name, escaped(to)}, At: time.Now(),
		Body: mailWords(strings.ReplaceAll(string(text), "\r\n", "\n")),
	}
	var f fate
	if m.fate != nil {
		f = m.fate(name)
	}
	m.mu.Lock()
	if one.Folded = m.has(one.id); !one.Folded {
		one.Delivered, one.Failed = f.delivered, f.failed != ""
	}
	m.posted = append(m.posted, one)
	m.mu.Unlock()
	if f.filed {
		m.imap.Add(got.User, "Sent", imaptest.Mail{Raw: got.Data, Flags: []string{`\Seen`}})
	}
	switch {
	case one.Failed:
		m.report(got.User, to, one.id, "failed", f.failed)
	case one.Delivered:
		m.report(got.User, to, one.id, "delivered", "2.0.0")
	}
}

// has tells whether a mail was taken before. The caller holds mu.
func (m *mailroom) has(id string) bool {
	return slices.ContainsFunc(m.posted, func(p posted) bool { return p.id == id })
}

// report has the provider say what became of a mail, RFC 3464.
func (m *mailroom) report(user, to, id, action, status string) {
	raw := fmt.Sprintf(`From: <MAILER-DAEMON@%[1]s>
To: <%[2]s>
Subject: What became of your mail
Date: %[3]s
Message-ID: <%[4]s@%[1]s>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=seam

--seam
Content-Type: text/plain

See below.
--seam
Content-Type: message/delivery-status

Reporting-MTA: dns; %[1]s
Original-Envelope-Id: %[5]s

Original-Recipient: rfc822;%[6]s
Final-Recipient: rfc822;%[6]s
Action: %[7]s
Status: %[8]s

--seam
Content-Type: text/rfc822-headers

Message-ID: %[9]s

--seam--
`, mailHost, user, time.Now().Format(time.RFC1123Z), world.NewID(), strings.Trim(id, "<>"), to, action, status, id)
	m.imap.Add(user, "INBOX", imaptest.Mail{Raw: []byte(strings.ReplaceAll(raw, "\n", "\r\n"))})
}

// mailed lists what was taken for a contact, in order, each mail once, as those show
// it who got it.
func (m *mailroom) mailed(user, contact string) (all []posted) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.posted {
		if p.Chat == (Chat{user, contact}) && !p.Folded {
			all = append(all, p)
		}
	}
	return all
}

// logs returns what both ends noted so far.
func (m *mailroom) logs() *Logs {
	l := &Logs{Faults: m.faults}
	l.Passed, l.Returned = m.tap.ids()
	for _, p := range m.people {
		p.add(l)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l.Pushed = slices.Clone(m.pushed)
	for _, p := range m.posted {
		l.Taken = append(l.Taken, p.Taken)
	}
	return l
}

// copies counts what stands in the folders of sent mails.
func (m *mailroom) copies() Copies {
	sent := make(map[string]string)
	m.mu.Lock()
	for _, p := range m.posted {
		sent[p.id] = p.User
	}
	m.mu.Unlock()
	var there []Copy
	for _, p := range m.people {
		for _, one := range m.imap.Mails(address(p.name), "Sent") {
			parsed, err := mail.ReadMessage(bytes.NewReader(one.Raw))
			if err != nil {
				m.t.Errorf("a copy cannot be read: %v\n%s", err, one.Raw)
				continue
			}
			there = append(there, Copy{p.name, parsed.Header.Get("Message-ID")})
		}
	}
	return CountCopies(sent, there)
}
