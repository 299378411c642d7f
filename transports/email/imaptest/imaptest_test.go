package imaptest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

const (
	user   = "ann@mail.test"
	secret = "right"
)

// wait is how long something may take that happens.
const wait = 20 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	t.Cleanup(cancel)
	return ctx
}

// start starts a server with one user.
func start(t *testing.T, c imaptest.Config) *imaptest.Server {
	t.Helper()
	s := imaptest.New(t, c)
	s.AddUser(user, imaptest.Account{Password: secret, Token: "token"})
	return s
}

// client is a client that passes on what the server tells it unasked.
type client struct {
	*imapclient.Client
	exists   chan uint32
	expunged chan uint32
	flags    chan []imap.Flag
}

func dial(t *testing.T, s *imaptest.Server) *client {
	t.Helper()
	c := &client{exists: make(chan uint32, 100), expunged: make(chan uint32, 100), flags: make(chan []imap.Flag, 100)}
	options := &imapclient.Options{
		TLSConfig: &tls.Config{RootCAs: s.Roots(), ServerName: mailtest.Host},
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(d *imapclient.UnilateralDataMailbox) {
				if d.NumMessages != nil {
					c.exists <- *d.NumMessages
				}
			},
			Expunge: func(n uint32) { c.expunged <- n },
			Fetch: func(d *imapclient.FetchMessageData) {
				if m, err := d.Collect(); err == nil {
					c.flags <- m.Flags
				}
			},
		},
	}
	var err error
	switch s.Security() {
	case mailtest.TLS:
		c.Client, err = imapclient.DialTLS(s.Addr(), options)
	case mailtest.StartTLS:
		c.Client, err = imapclient.DialStartTLS(s.Addr(), options)
	default:
		c.Client, err = imapclient.DialInsecure(s.Addr(), options)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// login logs a client in and selects the INBOX.
func login(t *testing.T, s *imaptest.Server) *client {
	t.Helper()
	c := dial(t, s)
	if err := c.Login(user, secret).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func next[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case got := <-c:
		return got
	case <-time.After(wait):
		t.Fatalf("%s does not come", what)
		panic("not reached")
	}
}

func raw(subject string) []byte {
	return []byte("From: bob@mail.test\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject + "@mail.test>\r\n\r\nAhoy.\r\n")
}

func code(err error) imap.ResponseCode {
	var refused *imap.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// must fails the test for an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	when := time.Date(2026, 11, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	uid := s.Add(user, "INBOX", imaptest.Mail{Raw: raw("one"), Date: when, Flags: []string{`\Seen`}}, imaptest.Mail{Raw: raw("two")})
	c := login(t, s)
	header := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	field := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"SUBJECT"}, Peek: true}
	whole := &imap.FetchItemBodySection{Peek: true}
	part := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: 6, Size: 4}}
	got := must[[]*imapclient.FetchMessageBuffer](t)(c.Fetch(imap.UIDSet{{Start: imap.UID(uid)}}, &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, RFC822Size: true, ModSeq: true, BodySection: []*imap.FetchItemBodySection{header, field, whole, part},
	}).Collect())
	if len(got) != 2 || got[0].UID != imap.UID(uid) || got[1].UID != imap.UID(uid+1) {
		t.Fatalf("fetched %v", got)
	}
	m := got[0]
	if !m.InternalDate.Equal(when) || m.RFC822Size != int64(len(raw("one"))) || !slices.Equal(m.Flags, []imap.Flag{imap.FlagSeen}) || m.ModSeq == 0 {
		t.Errorf("fetched %+v", m)
	}
	for section, want := range map[*imap.FetchItemBodySection]string{
		header: strings.TrimSuffix(string(raw("one")), "Ahoy.\r\n"), field: "Subject: one\r\n\r\n", whole: string(raw("one")), part: "bob@",
	} {
		if got := string(m.FindBodySection(section)); got != want {
			t.Errorf("%+v is %q, want %q", section, got, want)
		}
	}
	if mails := s.Mails(user, "INBOX"); len(mails[1].Flags) != 0 {
		t.Errorf("to peek set %v", mails[1].Flags)
	}
	if err := c.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{Envelope: true}).Close(); err == nil {
		t.Error("an ENVELOPE")
	}
	commands := strings.Join(s.Commands(), "\n")
	if !strings.Contains(commands, "UID FETCH 1:* (") || strings.Contains(commands, secret) {
		t.Errorf("remembered:\n%s", commands)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	day := func(d int) time.Time { return time.Date(2026, 11, d, 23, 0, 0, 0, time.UTC) }
	s.Add(user, "INBOX",
		imaptest.Mail{Raw: raw("one"), Date: day(1), Flags: []string{`\Seen`}},
		imaptest.Mail{Raw: raw("two"), Date: day(2), Flags: []string{"$MDNSent"}},
		imaptest.Mail{Raw: raw("three"), Date: day(3)})
	c := login(t, s)
	for name, test := range map[string]struct {
		criteria imap.SearchCriteria
		want     []imap.UID
	}{
		"all":        {imap.SearchCriteria{}, []imap.UID{1, 2, 3}},
		"since":      {imap.SearchCriteria{Since: day(2)}, []imap.UID{2, 3}},
		"unseen":     {imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, []imap.UID{2, 3}},
		"keyword":    {imap.SearchCriteria{Flag: []imap.Flag{"$MDNSent"}}, []imap.UID{2}},
		"message-id": {imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: "<three@mail.test>"}}}, []imap.UID{3}},
		"uids":       {imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 2, Stop: 0}}}}, []imap.UID{2, 3}},
		"or":         {imap.SearchCriteria{Or: [][2]imap.SearchCriteria{{{Before: day(2)}, {Since: day(3)}}}}, []imap.UID{1, 3}},
		"none":       {imap.SearchCriteria{Body: []string{"Tschüss"}}, nil},
	} {
		got := must[*imap.SearchData](t)(c.UIDSearch(&test.criteria, nil).Wait())
		if uids := got.AllUIDs(); !slices.Equal(uids, test.want) {
			t.Errorf("%s: %v, want %v", name, uids, test.want)
		}
	}
	got := must[*imap.SearchData](t)(c.UIDSearch(&imap.SearchCriteria{}, &imap.SearchOptions{ReturnCount: true, ReturnMax: true, ReturnAll: true}).Wait())
	if got.Count != 3 || got.Max != 3 || !slices.Equal(got.AllUIDs(), []imap.UID{1, 2, 3}) {
		t.Errorf("extended: %+v", got)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	s.Add(user, "INBOX", imaptest.Mail{Raw: raw("one")}, imaptest.Mail{Raw: raw("two")})
	c := login(t, s)
	if err := c.Store(imap.UIDSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen, "$MDNSent"}, Silent: true}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Store(imap.UIDSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsDel, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if flags := s.Mails(user, "INBOX")[0].Flags; !slices.Equal(flags, []string{"$MDNSent"}) {
		t.Errorf("flags: %v", flags)
	}
	content := raw("sent")
	add := c.Append("Sent", int64(len(content)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: time.Unix(1700000000, 0)})
	if _, err := add.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := add.Close(); err != nil {
		t.Fatal(err)
	}
	data := must[*imap.AppendData](t)(add.Wait())
	sent := s.Mails(user, "Sent")
	if data.UID != 1 || data.UIDValidity == 0 || len(sent) != 1 || string(sent[0].Raw) != string(content) || sent[0].Date.Unix() != 1700000000 || sent[0].Flags[0] != `\Seen` {
		t.Errorf("appended as %+v: %+v", data, sent)
	}
	moved := must[*imapclient.MoveData](t)(c.Move(imap.UIDSetNum(1), "Junk").Wait())
	if moved.DestUIDs.String() != "1" || len(s.Mails(user, "INBOX")) != 1 || len(s.Mails(user, "Junk")) != 1 {
		t.Errorf("moved: %+v", moved)
	}
	if n := next(t, c.expunged, "EXPUNGE"); n != 1 {
		t.Errorf("EXPUNGE %d, want 1", n)
	}
	status := must[*imap.StatusData](t)(c.Status("Junk", &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true, NumUnseen: true}).Wait())
	if *status.NumMessages != 1 || status.UIDNext != 2 || *status.NumUnseen != 1 {
		t.Errorf("status: %+v", status)
	}
}

func TestIdle(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Config: mailtest.Config{Security: mailtest.TLS}, Dialect: imaptest.Dovecot})
	c := login(t, s)
	idle := must[*imapclient.IdleCommand](t)(c.Idle())
	if err := s.WaitIdle(within(t), 1); err != nil {
		t.Fatal(err)
	}
	s.Add(user, "INBOX", imaptest.Mail{Raw: raw("one")})
	s.Add(user, "INBOX", imaptest.Mail{Raw: raw("two")})
	for want := range uint32(2) {
		if n := next(t, c.exists, "EXISTS"); n != want+1 {
			t.Errorf("EXISTS %d", n)
		}
	}
	s.SetFlags(user, "INBOX", 2, `\Seen`)
	if flags := next(t, c.flags, "FETCH"); !slices.Equal(flags, []imap.Flag{imap.FlagSeen}) {
		t.Errorf("flags: %v", flags)
	}
	s.Expunge(user, "INBOX", 1)
	if n := next(t, c.expunged, "EXPUNGE"); n != 1 {
		t.Errorf("EXPUNGE %d", n)
	}
	s.Deafen(user, "INBOX", true)
	s.Add(user, "INBOX", imaptest.Mail{Raw: raw("three")})
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		t.Fatal(err)
	}
	if len(c.exists) != 0 {
		t.Error("deaf IDLE told of a mail")
	}
	if err := c.Noop().Wait(); err != nil {
		t.Fatal(err)
	}
	if n := next(t, c.exists, "EXISTS"); n != 2 {
		t.Errorf("EXISTS %d, want 2", n)
	}
	if stats := s.Stats(); stats.Idling != 0 || stats.Commands["IDLE"] != 1 || stats.Open != 1 {
		t.Errorf("%+v", stats)
	}
}

// UIDVALIDITY changes, and UIDNEXT goes back.
func TestRenumbered(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	s.Add(user, "INBOX", imaptest.Mail{Raw: raw("one"), UID: 7}, imaptest.Mail{Raw: raw("two")})
	c := login(t, s)
	before := must[*imap.SelectData](t)(c.Select("INBOX", nil).Wait())
	s.Renumber(user, "INBOX")
	after := must[*imap.SelectData](t)(c.Select("INBOX", nil).Wait())
	if before.UIDNext != 9 || after.UIDNext != 3 || after.UIDValidity == before.UIDValidity || after.NumMessages != 2 {
		t.Errorf("%+v, then %+v", before, after)
	}
	s.SetNextUID(user, "INBOX", 2)
	back := must[*imap.SelectData](t)(c.Select("INBOX", nil).Wait())
	if back.UIDNext != 2 || back.UIDValidity != after.UIDValidity || back.NumMessages != 1 {
		t.Errorf("back: %+v", back)
	}
}

func TestDialects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		dialect imaptest.Dialect
		sent    string
		idle    bool
	}{
		{imaptest.Bare, "", false}, {imaptest.Dovecot, "Sent", true}, {imaptest.Gmail, "[Gmail]/Sent Mail", true},
		{imaptest.Exchange, "", true}, {imaptest.Cyrus, "INBOX.Sent", true}, {imaptest.Dovecot.Without("idle"), "Sent", false},
	} {
		t.Run(test.dialect.Name, func(t *testing.T) {
			s := start(t, imaptest.Config{Dialect: test.dialect})
			c := login(t, s)
			if got := c.Caps().Has(imap.CapIdle); got != test.idle {
				t.Errorf("IDLE: %v", got)
			}
			if !test.idle {
				if _, err := c.Idle(); err == nil {
					t.Error("it idles all the same")
				}
			}
			sent := ""
			for _, box := range must[[]*imap.ListData](t)(c.List("", "*", nil).Collect()) {
				for _, attr := range box.Attrs {
					if strings.EqualFold(string(attr), string(imap.MailboxAttrSent)) {
						sent = box.Mailbox
					}
				}
				if _, err := c.Select(box.Mailbox, nil).Wait(); (err != nil) != slices.Contains(box.Attrs, imap.MailboxAttrNoSelect) {
					t.Errorf("select %s: %v", box.Mailbox, err)
				}
			}
			if sent != test.sent {
				t.Errorf(`\Sent is %q, want %q`, sent, test.sent)
			}
			if c.Caps().Has(imap.CapNamespace) {
				space := must[*imap.NamespaceData](t)(c.Namespace().Wait())
				if len(space.Personal) != 1 || string(space.Personal[0].Delim) != test.dialect.Separator {
					t.Errorf("namespace: %+v", space)
				}
			}
			if c.Caps().Has(imap.CapID) {
				if id := must[*imap.IDData](t)(c.ID(nil).Wait()); id.Name == "" {
					t.Errorf("ID: %+v", id)
				}
			}
			if c.Caps().Has(imap.CapSpecialUse) {
				if _, err := c.List("", "%", &imap.ListOptions{ReturnSpecialUse: true, ReturnStatus: &imap.StatusOptions{NumMessages: true}}).Collect(); err != nil {
					t.Error(err)
				}
			}
			if err := c.Logout().Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// xoauth2 is the mechanism that Google invented.
type xoauth2 struct{ user, token string }

func (x xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

func (x xoauth2) Next(challenge []byte) ([]byte, error) {
	return nil, fmt.Errorf("refused: %s", challenge)
}

// oauth is RFC 7628's mechanism.
type oauth xoauth2

func (o oauth) Start() (string, []byte, error) {
	return "OAUTHBEARER", []byte("n,a=" + o.user + ",\x01host=mail.test\x01auth=Bearer " + o.token + "\x01\x01"), nil
}

func (o oauth) Next([]byte) ([]byte, error) { return []byte("\x01"), nil }

func TestLogins(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Config: mailtest.Config{Security: mailtest.StartTLS}, Dialect: imaptest.Dovecot})
	insecure, err := imapclient.DialInsecure(s.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer insecure.Close()
	if err := insecure.Login(user, secret).Wait(); err == nil {
		t.Error("a login in the clear")
	}
	wrong := dial(t, s)
	if got := code(wrong.Login(user, "wrong").Wait()); got != imap.ResponseCodeAuthenticationFailed {
		t.Errorf("wrong password: %q", got)
	}
	if err := wrong.Authenticate(plain{user, secret}); err != nil {
		t.Errorf("PLAIN: %v", err)
	}
	if err := dial(t, s).Authenticate(xoauth2{user, "token"}); err != nil {
		t.Errorf("XOAUTH2: %v", err)
	}
	if err := dial(t, s).Authenticate(xoauth2{user, "old"}); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("XOAUTH2, old token: %v", err)
	}
	if err := dial(t, s).Authenticate(oauth{user, "token"}); err != nil {
		t.Errorf("OAUTHBEARER: %v", err)
	}
	if got := code(dial(t, s).Authenticate(oauth{user, "old"})); got != imap.ResponseCodeAuthenticationFailed {
		t.Errorf("OAUTHBEARER, old token: %q", got)
	}
	if stats := s.Stats(); stats.Logins != 6 || stats.Refused != 3 || stats.Dials != 6 {
		t.Errorf("%+v", stats)
	}
	s.AddUser(user, imaptest.Account{Password: secret, Limit: 1})
	if got := code(dial(t, s).Login(user, secret).Wait()); got != "LIMIT" {
		t.Errorf("too many connections: %q", got)
	}
}

type plain struct{ user, password string }

func (p plain) Start() (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.user + "\x00" + p.password), nil
}

func (p plain) Next([]byte) ([]byte, error) { return nil, errors.New("no challenge") }

func TestManyMessages(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Dialect: imaptest.Dovecot})
	mails := make([]imaptest.Mail, 30_000)
	for i := range mails {
		mails[i].Raw = raw("many")
	}
	s.Add(user, "INBOX", mails...)
	c := login(t, s)
	got := must[[]*imapclient.FetchMessageBuffer](t)(c.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{UID: true, RFC822Size: true}).Collect())
	if len(got) != len(mails) || got[len(got)-1].UID != imap.UID(len(mails)) {
		t.Errorf("fetched %d", len(got))
	}
}

// A command in the clear that comes along with STARTTLS is not obeyed.
func TestStartTLSForgets(t *testing.T) {
	t.Parallel()
	s := start(t, imaptest.Config{Config: mailtest.Config{Security: mailtest.StartTLS}})
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "1 STARTTLS\r\n2 NOOP\r\n"); err != nil {
		t.Fatal(err)
	}
	secured := tls.Client(conn, &tls.Config{RootCAs: s.Roots(), ServerName: mailtest.Host})
	buffer := make([]byte, 1024)
	for said := ""; !strings.Contains(said, "1 OK"); {
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		said += string(buffer[:n])
	}
	if err := secured.HandshakeContext(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(secured, "3 LOGOUT\r\n"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(secured)
	if strings.Contains(string(rest), "2 OK") || !strings.Contains(string(rest), "3 OK") {
		t.Errorf("it said %q, %v", rest, err)
	}
}
