package smtptest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"wherry/transports/email/mailtest"
	"wherry/transports/email/smtptest"
)

const (
	user   = "ann@mail.test"
	other  = "bob@mail.test"
	secret = "right"
	letter = "Subject: ahoy\r\n\r\nHi.\r\n.\r\n..two dots\r\n"
	// wait is how long something may take that happens.
	wait = 20 * time.Second
)

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	t.Cleanup(cancel)
	return ctx
}

// start starts a server with one user.
func start(t *testing.T, c smtptest.Config) *smtptest.Server {
	t.Helper()
	s := smtptest.New(t, c)
	s.AddUser(user, smtptest.Account{Password: secret, Token: "token"})
	return s
}

func dial(s *smtptest.Server) (*smtp.Client, error) {
	config := &tls.Config{RootCAs: s.Roots(), ServerName: mailtest.Host}
	switch s.Security() {
	case mailtest.TLS:
		return smtp.DialTLS(s.Addr(), config)
	case mailtest.StartTLS:
		return smtp.DialStartTLS(s.Addr(), config)
	}
	return smtp.Dial(s.Addr())
}

// login connects and logs in.
func login(t *testing.T, s *smtptest.Server) *smtp.Client {
	t.Helper()
	c, err := dial(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Auth(sasl.NewPlainClient("", user, secret)); err != nil {
		t.Fatal(err)
	}
	return c
}

func send(c *smtp.Client, to ...string) error {
	return c.SendMail(user, to, strings.NewReader(letter))
}

// code is the number of a refusal, 0 for none, -1 for another error.
func code(err error) int {
	var refused *smtp.SMTPError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &refused):
		return refused.Code
	}
	return -1
}

func TestSend(t *testing.T) {
	t.Parallel()
	for _, security := range []mailtest.Security{mailtest.Plain, mailtest.StartTLS, mailtest.TLS} {
		delivered := make(chan smtptest.Message, 1)
		s := start(t, smtptest.Config{
			Config: mailtest.Config{Security: security}, Deliver: func(m smtptest.Message) { delivered <- m },
		})
		c := login(t, s)
		if err := send(c, other, user); err != nil {
			t.Fatal(err)
		}
		all, err := s.WaitMessages(within(t), 1)
		if err != nil {
			t.Fatal(err)
		}
		m := all[0]
		if m.User != user || m.From != user || len(m.To) != 2 || m.To[0].Address != other || string(m.Data) != letter {
			t.Errorf("taken: %+v", m)
		}
		if early := <-delivered; string(early.Data) != letter {
			t.Errorf("delivered: %+v", early)
		}
		if err := c.Quit(); err != nil {
			t.Error(err)
		}
		if stats := s.Stats(); stats.Dials != 1 || stats.Logins != 1 || stats.Refused != 0 || stats.Commands["MESSAGE"] != 1 {
			t.Errorf("%+v", stats)
		}
	}
}

func TestExpired(t *testing.T) {
	t.Parallel()
	s := start(t, smtptest.Config{Config: mailtest.Config{Security: mailtest.TLS, Expired: true}})
	var invalid x509.CertificateInvalidError
	if _, err := dial(s); !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
		t.Errorf("expired: %v", err)
	}
}

// The parameters of RFC 3461, 6152 and 6531.
func TestParameters(t *testing.T) {
	t.Parallel()
	s := start(t, smtptest.Config{})
	c := login(t, s)
	if err := c.Mail(user, &smtp.MailOptions{
		Size: 100, Body: smtp.Body8BitMIME, UTF8: true, Return: smtp.DSNReturnHeaders, EnvelopeID: "a+b=c",
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("böb@mail.test", &smtp.RcptOptions{
		Notify: []smtp.DSNNotify{smtp.DSNNotifySuccess, smtp.DSNNotifyDelayed}, OriginalRecipientType: smtp.DSNAddressTypeRFC822, OriginalRecipient: "b+b@mail.test",
	}); err != nil {
		t.Fatal(err)
	}
	data, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(data, "Subject: Tschüss\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
	m := s.Messages()[0]
	if m.Body != "8BITMIME" || !m.UTF8 || m.Return != "HDRS" || m.Envelope != "a+b=c" || m.To[0].Address != "böb@mail.test" ||
		!slices.Equal(m.To[0].Notify, []string{"SUCCESS", "DELAY"}) || !strings.EqualFold(m.To[0].Original, "rfc822;b+b@mail.test") {
		t.Errorf("taken: %+v", m)
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

func TestLogins(t *testing.T) {
	t.Parallel()
	s := start(t, smtptest.Config{Config: mailtest.Config{Security: mailtest.StartTLS}})
	bearer := func(token string) sasl.Client {
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: user, Token: token, Host: "mail.test", Port: 587})
	}
	for name, test := range map[string]struct {
		mechanism sasl.Client
		good      bool
	}{
		"plain":            {sasl.NewPlainClient("", user, secret), true},
		"plain, wrong":     {sasl.NewPlainClient("", user, "wrong"), false},
		"nobody":           {sasl.NewPlainClient("", "nobody", secret), false},
		"login":            {sasl.NewLoginClient(user, secret), true},
		"login, wrong":     {sasl.NewLoginClient(user, "wrong"), false},
		"oauthbearer":      {bearer("token"), true},
		"oauthbearer, old": {bearer("old"), false},
		"xoauth2":          {xoauth2{user, "token"}, true},
		"xoauth2, old":     {xoauth2{user, "old"}, false},
	} {
		c, err := dial(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Auth(test.mechanism); (err == nil) != test.good || strings.HasPrefix(name, "plain,") && code(err) != 535 {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
	}
	if stats := s.Stats(); stats.Logins != 9 || stats.Refused != 5 {
		t.Errorf("%+v", stats)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := start(t, smtptest.Config{Size: 200, Extensions: []string{}})
	s.AddUser("carla", smtptest.Account{Password: secret, Froms: []string{"carla@mail.test"}})
	c := login(t, s)
	if ok, _ := c.Extension("DSN"); ok {
		t.Error("DSN is offered")
	}
	if size, ok := c.MaxMessageSize(); !ok || size != 200 {
		t.Errorf("SIZE %d", size)
	}
	if got := code(c.SendMail(user, []string{other}, strings.NewReader(strings.Repeat("x", 300)))); got != 552 {
		t.Errorf("too long: %d", got)
	}
	if got := code(c.SendMail(user, []string{other}, strings.NewReader("ü\r\n"))); got != 554 {
		t.Errorf("8-bit: %d", got)
	}
	if got := code(c.Mail(user, &smtp.MailOptions{Size: 201})); got != 552 {
		t.Errorf("too long, as it says: %d", got)
	}
	s.Answer(other, "450 4.7.1 Greylisted", 1)
	if got := code(send(c, other)); got != 450 {
		t.Errorf("greylisted: %d", got)
	}
	if err := c.Reset(); err != nil {
		t.Fatal(err)
	}
	if err := send(c, other); err != nil {
		t.Errorf("then: %v", err)
	}
	if n := len(s.Messages()); n != 1 {
		t.Errorf("%d mails were taken", n)
	}
	stranger, err := dial(s)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if got := code(stranger.Mail(user, nil)); got != 530 {
		t.Errorf("without a login: %d", got)
	}
	if err := stranger.Auth(sasl.NewPlainClient("", "carla", secret)); err != nil {
		t.Fatal(err)
	}
	if got := code(stranger.Mail(user, nil)); got != 553 {
		t.Errorf("from somebody else: %d", got)
	}
}
