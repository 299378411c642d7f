package imap_test

import (
	"context"
	"crypto/tls"
	"slices"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/hosts"
	"wherry/transports/email/imap"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

const (
	user   = "ann@mail.test"
	secret = "hunter2"
)

func start(t *testing.T, security mailtest.Security) (*imaptest.Server, *imap.Dialer, hosts.Host) {
	t.Helper()
	s := imaptest.New(t, imaptest.Config{Config: mailtest.Config{Security: security}, Dialect: imaptest.Dovecot})
	s.AddUser(user, imaptest.Account{Password: secret})
	d := &imap.Dialer{}
	d.AnyPort, d.Guard.AllowPrivate = true, true
	d.Config = func(host string) *tls.Config { return dial.TLSConfig(host, s.Roots()) }
	h := hosts.Host{Name: mailtest.Host, Port: s.Port(), TLS: hosts.TLS}
	if security == mailtest.StartTLS {
		h.TLS = hosts.StartTLS
	}
	return s, d, h
}

func TestDial(t *testing.T) {
	t.Parallel()
	for _, security := range []mailtest.Security{mailtest.TLS, mailtest.StartTLS} {
		s, d, h := start(t, security)
		c, err := d.Dial(t.Context(), h, imap.Login{Username: user, Password: secret}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Do(t.Context(), func() error { _, err := c.Select("INBOX", nil).Wait(); return err }); err != nil {
			t.Error(err)
		}
		if got := s.Stats().Logins; got != 1 {
			t.Errorf("%d log-ins", got)
		}
		_ = c.Close()
	}
}

// MAIL-T2, MAIL-T7, MAIL-N2
func TestDialRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		step     string
		fault    mailtest.Fault
		password string
		kind     transports.ErrorKind
	}{
		{"", mailtest.Fault{}, "wrong", transports.Credentials},
		{"GREETING", mailtest.Fault{Reply: "BYE hunter2 come later", Cut: true}, secret, transports.Busy},
		{"GREETING", mailtest.Fault{Cut: true}, secret, transports.Unreachable},
		{"GREETING", mailtest.Fault{Freeze: true}, secret, transports.Unreachable},
		{"SELECT", mailtest.Fault{Freeze: true}, secret, transports.Unreachable},
		{"SELECT", mailtest.Fault{Reply: "NO [LIMIT] hunter2"}, secret, transports.Busy},
		{"AUTHENTICATE", mailtest.Fault{Reply: "NO [UNAVAILABLE] later"}, secret, transports.Busy},
		{"AUTHENTICATE", mailtest.Fault{Reply: "NO [ALERT] Too many simultaneous connections. (Failure)"}, secret, transports.Busy},
		{"AUTHENTICATE", mailtest.Fault{Reply: "NO Maximum number of connections exceeded"}, secret, transports.Busy},
		{"AUTHENTICATE", mailtest.Fault{Reply: "NO [ALERT] Wrong password, try again"}, secret, transports.Credentials},
		{"AUTHENTICATE", mailtest.Fault{Reply: "NO failed"}, secret, transports.Credentials},
	} {
		s, d, h := start(t, mailtest.TLS)
		if tt.step != "" {
			s.Fail(tt.step, -1, tt.fault)
		}
		if tt.fault.Freeze {
			d.CommandWithin = 200 * time.Millisecond
		}
		c, err := d.Dial(t.Context(), h, imap.Login{Username: user, Password: tt.password}, nil)
		if err == nil {
			err = c.Do(t.Context(), func() error { _, err := c.Select("INBOX", nil).Wait(); return err })
			_ = c.Close()
		}
		if e := transports.AsError(err); e == nil || e.Kind != tt.kind || strings.Contains(err.Error(), secret) {
			t.Errorf("%s %+v: %v", tt.step, tt.fault, err)
		}
		if n := s.Stats().Logins; n > 1 {
			t.Errorf("%s: %d log-ins", tt.step, n)
		}
	}
}

// MAIL-R4
func TestUntrusted(t *testing.T) {
	t.Parallel()
	s, d, h := start(t, mailtest.TLS)
	d.Config = nil
	_, err := d.Dial(context.Background(), h, imap.Login{Username: user, Password: secret}, nil)
	if e := transports.AsError(err); e == nil || e.Kind != transports.Unfit || s.Stats().Logins != 0 {
		t.Errorf("%v", err)
	}
}

// A server that does not come to an end is left before it fills the memory, long
// before its time is up. MAIL-T8
func TestTalkative(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]mailtest.Fault{
		"a line":   {Endless: true},
		"a list":   {Before: strings.Repeat("* SEARCH"+strings.Repeat(" 7", 1<<10)+"\r\n", 1000)},
		"a string": {Before: "* LIST () \"/\" {1000000000}\r\n", Endless: true},
	} {
		s, d, h := start(t, mailtest.TLS)
		d.CommandWithin, d.AnswerMost = 10*time.Minute, 1<<20
		c, err := d.Dial(t.Context(), h, imap.Login{Username: user, Password: secret}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.Fail("NOOP", 1, fault)
		err = c.Do(t.Context(), func() error { return c.Noop().Wait() })
		if e := transports.AsError(err); e == nil || e.Kind != transports.Unreachable {
			t.Errorf("%s: %v", name, err)
		}
		_ = c.Close()
	}
}

// What a search finds is numbers, and not too many of them. MAIL-T8
func TestUIDs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		set  goimap.UIDSet
		want []goimap.UID
		bad  bool
	}{
		"none":      {nil, nil, false},
		"some":      {goimap.UIDSet{{Start: 7, Stop: 9}, {Start: 3, Stop: 3}, {Start: 8, Stop: 8}}, []goimap.UID{3, 7, 8, 9}, false},
		"the last":  {goimap.UIDSet{{Start: 1<<32 - 1, Stop: 1<<32 - 1}}, []goimap.UID{1<<32 - 1}, false},
		"all":       {goimap.UIDSet{{Start: 1, Stop: 1<<32 - 1}}, nil, true},
		"no end":    {goimap.UIDSet{{Start: 5, Stop: 0}}, nil, true},
		"no number": {goimap.UIDSet{{Start: 0, Stop: 0}}, nil, true},
	} {
		got, err := imap.UIDs(&goimap.SearchData{All: tt.set})
		if !slices.Equal(got, tt.want) || (err != nil) != tt.bad {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
