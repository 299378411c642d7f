package world

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// maxLetter is as much of a mail as a scripted user reads, in bytes.
const maxLetter = 1 << 20

// Letter is a mail as its reader has it.
type Letter struct {
	mail.Header
	UID  imap.UID
	Body string // as it was sent, in all its parts
}

// String is who wrote and the subject.
func (l *Letter) String() string {
	return fmt.Sprintf("%d: %q from %s", l.UID, l.Get("Subject"), l.Get("From"))
}

// MailUser is a scripted person at their mail program: it shows a folder by IDLE.
// Its methods are safe for concurrent use.
type MailUser struct {
	MailAccount

	mail   *Mail
	client *imapclient.Client
	in     *received[*Letter]
	marks  *received[Mark]
	grown  chan struct{} // holds one when there may be new mail
	done   chan struct{} // closed when nobody watches any more
}

// User logs a scripted user in, who looks at the INBOX.
func (m *Mail) User(a MailAccount) (*MailUser, error) { return m.At(a, "INBOX") }

// At logs a scripted user in, who looks at a folder.
func (m *Mail) At(a MailAccount, folder string) (*MailUser, error) {
	u := &MailUser{
		MailAccount: a, mail: m, in: newReceived[*Letter](), marks: newReceived[Mark](), grown: make(chan struct{}, 1), done: make(chan struct{}),
	}
	var err error
	u.client, err = m.login(a, &imapclient.UnilateralDataHandler{Fetch: u.marked, Mailbox: func(*imapclient.UnilateralDataMailbox) {
		select {
		case u.grown <- struct{}{}:
		default:
		}
	}})
	if err != nil {
		return nil, err
	}
	if _, err := u.client.Select(folder, nil).Wait(); err != nil {
		u.client.Close()
		return nil, fmt.Errorf("%s: %w", a.Address, err)
	}
	go u.watch()
	return u, nil
}

// TLS is how a client verifies the server.
func (m *Mail) TLS() *tls.Config { return &tls.Config{ServerName: MailHost, RootCAs: m.roots} }

// Login connects a client to a mailbox, for what a MailUser cannot do. The caller
// closes it.
func (m *Mail) Login(a MailAccount) (*imapclient.Client, error) { return m.login(a, nil) }

func (m *Mail) login(a MailAccount, handler *imapclient.UnilateralDataHandler) (*imapclient.Client, error) {
	options := &imapclient.Options{
		TLSConfig: m.TLS(), UnilateralDataHandler: handler, Dialer: &net.Dialer{Timeout: DefaultWait},
	}
	c, err := imapclient.DialTLS(m.IMAPS, options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.Address, err)
	}
	if err := c.Login(a.Address, a.Password).Wait(); err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: %w", a.Address, err)
	}
	return c, nil
}

// watch reads what comes until the connection ends.
func (u *MailUser) watch() {
	defer close(u.done)
	for next := imap.UID(1); ; {
		var err error
		if next, err = u.read(next); err == nil {
			err = u.idle()
		}
		if err != nil {
			u.in.finish(err)
			u.marks.finish(err)
			return
		}
	}
}

// Mark tells that the flags of a mail were changed, by another program of its
// reader's.
type Mark struct {
	Number uint32 // of the mail in its folder, from 1 on
	Flags  []imap.Flag
}

// marked notes such a change.
func (u *MailUser) marked(msg *imapclient.FetchMessageData) {
	if got, err := msg.Collect(); err == nil {
		u.marks.add(Mark{got.SeqNum, got.Flags})
	}
}

// ExpectMark waits until a mail, by its number in the folder, is told to have a flag.
func (u *MailUser) ExpectMark(number uint32, flag imap.Flag) error {
	ctx, cancel := context.WithTimeout(context.Background(), DefaultWait)
	defer cancel()
	_, err := u.marks.take(ctx, func(m Mark) bool { return m.Number == number && slices.Contains(m.Flags, flag) })
	if err != nil {
		return u.marks.missed(u.Address, fmt.Sprintf("the flag %s of mail %d", flag, number), err)
	}
	return nil
}

// Marks returns all changes of flags so far.
func (u *MailUser) Marks() []Mark { return u.marks.snapshot() }

// read reads all mail from a UID on, and returns the UID to go on with.
func (u *MailUser) read(from imap.UID) (next imap.UID, err error) {
	part := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxLetter}}
	letters, err := u.client.Fetch(imap.UIDSet{{Start: from}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{part}}).Collect()
	if err != nil {
		return from, err
	}
	for _, l := range letters {
		if l.UID < from { // "from:*" has the last one, however low
			continue
		}
		from = l.UID + 1
		parsed, err := mail.ReadMessage(bytes.NewReader(l.FindBodySection(part)))
		if err != nil {
			return from, fmt.Errorf("read the mail %d: %w", l.UID, err)
		}
		body, err := io.ReadAll(parsed.Body)
		if err != nil {
			return from, fmt.Errorf("read the mail %d: %w", l.UID, err)
		}
		u.in.add(&Letter{Header: parsed.Header, UID: l.UID, Body: string(body)})
	}
	return from, nil
}

// idle waits until there may be new mail.
func (u *MailUser) idle() error {
	idle, err := u.client.Idle()
	if err != nil {
		return err
	}
	select {
	case <-u.grown:
	case <-u.client.Closed():
		err = errors.New("the mail server closed the connection")
	}
	return errors.Join(err, idle.Close(), idle.Wait())
}

// Send writes a plain mail.
func (u *MailUser) Send(to, subject, text string) error {
	return u.Submit(fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%d@%s>\r\n\r\n%s\r\n",
		u.Address, to, subject, time.Now().Format(time.RFC1123Z), time.Now().UnixNano(), MailHost, text), to)
}

// Submit sends a mail as it stands, which has CRLF at its lines' ends.
func (u *MailUser) Submit(raw string, to ...string) error {
	c, err := smtp.DialTLS(u.mail.Submissions, u.mail.TLS())
	if err != nil {
		return fmt.Errorf("%s: %w", u.Address, err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", u.Address, u.Password)); err != nil {
		return fmt.Errorf("%s: %w", u.Address, err)
	}
	if err := c.SendMail(u.Address, to, bytes.NewReader([]byte(raw))); err != nil {
		return fmt.Errorf("%s: send: %w", u.Address, err)
	}
	return c.Quit()
}

// Expect waits for the next mail that fits, whatever comes before it, and returns it.
func (u *MailUser) Expect(want string, match func(*Letter) bool) (*Letter, error) {
	return u.Within(DefaultWait, want, match)
}

// Within is Expect with a limit of its own.
func (u *MailUser) Within(limit time.Duration, want string, match func(*Letter) bool) (*Letter, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	l, err := u.in.take(ctx, match)
	if err != nil {
		return nil, u.in.missed(u.Address, want, err)
	}
	return l, nil
}

// ExpectSubject waits for a mail of a subject.
func (u *MailUser) ExpectSubject(subject string) (*Letter, error) {
	return u.Expect(fmt.Sprintf("the subject %q", subject), func(l *Letter) bool { return l.Get("Subject") == subject })
}

// Received returns all mail that came so far.
func (u *MailUser) Received() []*Letter { return u.in.snapshot() }

// Close ends the connection.
func (u *MailUser) Close() error {
	err := u.client.Close()
	<-u.done
	return err
}
