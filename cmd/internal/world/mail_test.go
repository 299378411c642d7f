package world_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// newMail starts a mail server.
func newMail(t *testing.T, c world.MailConfig) *world.Mail {
	t.Helper()
	worldtest.Need(t, "dovecot", "postfix")
	m, err := worldtest.New(t).Mail(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// submission is a client's connection that is logged in.
func submission(t *testing.T, m *world.Mail, a world.MailAccount) *smtp.Client {
	t.Helper()
	c, err := smtp.DialStartTLS(m.Submission, m.TLS())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Auth(sasl.NewPlainClient("", a.Address, a.Password)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMailComesByIdle(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{})
	ann, bob := worldtest.Mail(t, m, "ann"), worldtest.Mail(t, m, "bob")
	ann.Send(bob.Address, "one", "ahoy")
	if l := bob.ExpectSubject("one"); l.Body != "ahoy\r\n" || l.Get("From") != "<"+ann.Address+">" {
		t.Errorf("came: %v %q", l, l.Body)
	}
	bob.Send(ann.Address, "two", "ahoy yourself")
	ann.ExpectSubject("two")

	c, err := m.Login(bob.MailAccount)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	boxes, err := c.List("", "*", &imap.ListOptions{ReturnSpecialUse: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	special := make(map[imap.MailboxAttr]string)
	for _, box := range boxes {
		for _, attr := range box.Attrs {
			special[attr] = box.Mailbox
		}
	}
	for attr, name := range map[imap.MailboxAttr]string{
		imap.MailboxAttrSent: "Sent", imap.MailboxAttrDrafts: "Drafts", imap.MailboxAttrJunk: "Junk", imap.MailboxAttrTrash: "Trash",
	} {
		if special[attr] != name {
			t.Errorf("%s is %q, want %q", attr, special[attr], name)
		}
	}
}

func TestMailRestarts(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{})
	for server, addr := range map[*world.Server]string{m.Dovecot: m.IMAP, m.Postfix: m.Submission} {
		restart(t, server, addr)
	}
	ann := worldtest.Mail(t, m, "ann")
	ann.Send(ann.Address, "still here", "")
	ann.ExpectSubject("still here")
}

// Mail that cannot be delivered is kept while Dovecot is down.
func TestMailWaitsForDovecot(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{})
	account, err := m.AddUser("ann")
	if err != nil {
		t.Fatal(err)
	}
	c := submission(t, m, account)
	if err := m.Dovecot.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := c.SendMail(account.Address, []string{account.Address}, strings.NewReader("Subject: later\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := m.Dovecot.Start(); err != nil {
		t.Fatal(err)
	}
	ann, err := m.User(account)
	if err != nil {
		t.Fatal(err)
	}
	defer ann.Close()
	if _, err := ann.ExpectSubject("later"); err != nil {
		t.Error(err)
	}
}

func TestMailPasswords(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{})
	account, err := m.AddUser("ann")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.AddUser("ann"); err == nil {
		t.Error("a second ann")
	}
	account.Password += "x"
	var refused *imap.Error
	if _, err := m.Login(account); !errors.As(err, &refused) || refused.Code != imap.ResponseCodeAuthenticationFailed {
		t.Errorf("IMAP, wrong password: %v", err)
	}
	c, err := smtp.DialTLS(m.Submissions, m.TLS())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := code(c.Auth(sasl.NewPlainClient("", account.Address, account.Password))); got != 535 {
		t.Errorf("SMTP, wrong password: %d", got)
	}
	stranger, err := smtp.DialTLS(m.Submissions, m.TLS())
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if got := code(stranger.SendMail(account.Address, []string{account.Address}, strings.NewReader("\r\n"))); got < 500 {
		t.Errorf("a mail without a login: %d", got)
	}
	plain, err := imapclient.DialInsecure(m.IMAP, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if caps := plain.Caps(); !caps.Has("LOGINDISABLED") || !caps.Has(imap.CapStartTLS) {
		t.Errorf("without TLS: %v", caps)
	}
}

// code is the number of an SMTP server's refusal, or 0.
func code(err error) int {
	var refused *smtp.SMTPError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return 0
}

func TestMailBadCertificates(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{BadCertificates: true})
	expired := func(err error) bool {
		var invalid x509.CertificateInvalidError
		return errors.As(err, &invalid) && invalid.Reason == x509.Expired
	}
	wrongHost := func(err error) bool { var e x509.HostnameError; return errors.As(err, &e) }
	unknown := func(err error) bool { var e x509.UnknownAuthorityError; return errors.As(err, &e) }
	for name, test := range map[string]struct {
		ports world.MailPorts
		right func(error) bool
	}{
		"good":           {m.MailPorts, func(err error) bool { return err == nil }},
		"expired":        {m.Expired, expired},
		"wrong host":     {m.WrongHost, wrongHost},
		"unknown issuer": {m.UnknownIssuer, unknown},
	} {
		for way, dial := range map[string]func(*tls.Config) (io.Closer, error){
			"imap": func(c *tls.Config) (io.Closer, error) {
				client, err := imapclient.DialStartTLS(test.ports.IMAP, &imapclient.Options{TLSConfig: c})
				return client, err
			},
			"imaps": func(c *tls.Config) (io.Closer, error) {
				client, err := imapclient.DialTLS(test.ports.IMAPS, &imapclient.Options{TLSConfig: c})
				return client, err
			},
			"submission": func(c *tls.Config) (io.Closer, error) {
				client, err := smtp.DialStartTLS(test.ports.Submission, c)
				if err != nil {
					return nil, err
				}
				return client, client.Noop() // the handshake comes with the first command
			},
			"submissions": func(c *tls.Config) (io.Closer, error) {
				client, err := smtp.DialTLS(test.ports.Submissions, c)
				return client, err
			},
		} {
			conn, err := dial(m.TLS())
			if !test.right(err) {
				t.Errorf("%s, %s: %v", name, way, err)
			}
			if err == nil || way == "submission" {
				conn.Close()
			}
		}
	}
}

func TestMailBounces(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{})
	ann := worldtest.Mail(t, m, "ann")
	full := worldtest.MailWith(t, m, "full", world.MailOptions{Quota: 4 << 10})
	for _, test := range []struct{ to, text, status string }{
		{"nobody@" + world.MailHost, "hi", "Status: 5.1.1"},
		{"bob@elsewhere.test", "hi", "Status: 5.1.1"},
		{full.Address, strings.Repeat("0123456789\r\n", 1000), "Status: 5.2.2"},
	} {
		ann.Send(test.to, "lost", test.text)
		l := ann.Expect("a bounce", func(l *world.Letter) bool { return strings.Contains(l.Get("Content-Type"), "delivery-status") })
		if !strings.Contains(l.Body, test.status) || !strings.Contains(l.Body, "Final-Recipient: rfc822; "+test.to) || !strings.Contains(l.Body, "Action: failed") {
			t.Errorf("%s came back as %v\n%s", test.to, l, l.Body)
		}
	}
	ann.Send(full.Address, "small", "hi")
	full.ExpectSubject("small")
}

// Who asks for it is told that a mail was delivered, RFC 3461.
func TestMailDeliveryReports(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{})
	ann, bob := worldtest.Mail(t, m, "ann"), worldtest.Mail(t, m, "bob")
	c := submission(t, m, ann.MailAccount)
	if err := c.Mail(ann.Address, &smtp.MailOptions{EnvelopeID: "wherry-1", Return: smtp.DSNReturnHeaders}); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt(bob.Address, &smtp.RcptOptions{Notify: []smtp.DSNNotify{smtp.DSNNotifySuccess, smtp.DSNNotifyFailure}}); err != nil {
		t.Fatal(err)
	}
	data, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(data, "Subject: mark\r\n\r\nhi\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
	bob.ExpectSubject("mark")
	l := ann.Expect("a report", func(l *world.Letter) bool { return strings.Contains(l.Get("Content-Type"), "delivery-status") })
	if !strings.Contains(l.Body, "Original-Envelope-Id: wherry-1") || !strings.Contains(l.Body, "Status: 2.") {
		t.Errorf("the report is %v\n%s", l, l.Body)
	}
}

func TestMailPutOffAndRefused(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{})
	ann, bob := worldtest.Mail(t, m, "ann"), worldtest.Mail(t, m, "bob")
	m.Greylist("bob")
	m.Refuse("gone@" + world.MailHost)
	if got := code(ann.MailUser.Send(bob.Address, "put off", "")); got != 450 {
		t.Errorf("the first try: %d, want 450", got)
	}
	ann.Send(bob.Address, "put off", "")
	bob.ExpectSubject("put off")
	if got := code(ann.MailUser.Send("gone@"+world.MailHost, "refused", "")); got != 550 {
		t.Errorf("refused: %d, want 550", got)
	}
}

func TestMailListsAndAutoReplies(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{Lists: map[string][]string{"crew": {"bob", "carla"}}})
	ann, bob, carla := worldtest.Mail(t, m, "ann"), worldtest.Mail(t, m, "bob"), worldtest.Mail(t, m, "carla")
	worldtest.MailWith(t, m, "away", world.MailOptions{AutoReply: `I am "away".`})
	ann.Send("crew@"+world.MailHost, "all hands", "")
	for _, member := range []*worldtest.Writer{bob, carla} {
		l := member.ExpectSubject("all hands")
		if got := l.Get("List-Id"); got != "crew <crew.mail.test>" || l.Get("List-Post") != "<mailto:crew@mail.test>" || l.Get("List-Unsubscribe") == "" {
			t.Errorf("%s: List-Id %q, head %v", member.Address, got, l.Header)
		}
	}
	ann.Send("away@"+world.MailHost, "are you there", "")
	l := ann.Expect("an answer", func(l *world.Letter) bool { return strings.HasPrefix(l.Get("Subject"), "Auto:") })
	if !strings.Contains(l.Body, `I am "away".`) || !strings.HasPrefix(l.Get("Auto-Submitted"), "auto-replied") {
		t.Errorf("the answer is %v %q", l.Header, l.Body)
	}
}

// Mail from outside comes to the MX, without a login.
func TestMailFromOutside(t *testing.T) {
	t.Parallel()
	m := newMail(t, world.MailConfig{})
	ann := worldtest.Mail(t, m, "ann")
	c, err := smtp.Dial(m.MX)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	raw := "From: Ann <ann@example.org>\r\nSubject: from far away\r\n\r\n"
	if err := c.SendMail("ann@example.org", []string{ann.Address}, strings.NewReader(raw)); err != nil {
		t.Fatal(err)
	}
	ann.ExpectSubject("from far away")
	if got := code(c.SendMail("ann@example.org", []string{"bob@example.org"}, strings.NewReader(raw))); got/100 != 5 {
		t.Errorf("a relay: %d", got)
	}
}
