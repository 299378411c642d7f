package email_test

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/hosts"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/smtptest"
)

const (
	user   = "ann@mail.test"
	secret = "hunter2"
)

// world is the servers of a user, and what their form says.
type world struct {
	imap     *imaptest.Server
	smtp     *smtptest.Server
	settings transports.Settings
}

func start(t *testing.T) world {
	t.Helper()
	return startWith(t, imaptest.Config{Dialect: imaptest.Dovecot})
}

// startWith is start with a certain IMAP server.
func startWith(t *testing.T, c imaptest.Config) world {
	t.Helper()
	c.Security = mailtest.TLS
	if c.Dialect.Name == "" {
		c.Dialect = imaptest.Dovecot
	}
	w := world{
		imap: imaptest.New(t, c),
		smtp: smtptest.New(t, smtptest.Config{Config: mailtest.Config{Security: mailtest.TLS}}),
	}
	w.connect()
	return w
}

// connect has the user log in to the servers.
func (w *world) connect() {
	w.imap.AddUser(user, imaptest.Account{Password: secret})
	w.smtp.AddUser(user, smtptest.Account{Password: secret})
	w.settings = transports.Settings{
		"address": " ann@MAIL.test ", "password": secret,
		"imap_host": mailtest.Host, "imap_port": strconv.Itoa(w.imap.Port()), "imap_tls": "tls",
		"smtp_host": mailtest.Host, "smtp_port": strconv.Itoa(w.smtp.Port()), "smtp_tls": "tls",
	}
}

// transport trusts both servers of a world, beside those that c does.
func (w world) transport(t *testing.T, c email.Config) *email.Transport {
	t.Helper()
	pool := c.Roots
	if pool == nil {
		pool = x509.NewCertPool()
	}
	imap, err := w.imap.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(imap)
	cert, err := w.smtp.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(cert)
	c.Roots, c.AllowPrivateHosts = pool, true
	return email.New(c)
}

// MAIL-R6
func TestVerify(t *testing.T) {
	t.Parallel()
	w := start(t)
	got, err := w.transport(t, email.Config{}).Verify(t.Context(), "", w.settings)
	if err != nil {
		t.Fatal(err)
	}
	if got.Settings["address"] != user || got.Settings["password"] != secret || w.smtp.Stats().Logins != 1 || w.imap.Stats().Logins != 1 {
		t.Errorf("%+v", got)
	}
}

// MAIL-R2
func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	w := start(t)
	at := func(port int) []autoconfig.Server {
		return []autoconfig.Server{{Host: hosts.Host{Name: mailtest.Host, Port: port, TLS: hosts.TLS}}}
	}
	tr := w.transport(t, email.Config{Table: map[string]autoconfig.Servers{"mail.test": {IMAP: at(w.imap.Port()), SMTP: at(w.smtp.Port())}}})
	got, err := tr.Verify(t.Context(), "", transports.Settings{"address": user, "password": secret})
	if err != nil || got.Settings["imap_port"] != strconv.Itoa(w.imap.Port()) || got.Settings["smtp_host"] != mailtest.Host {
		t.Errorf("%+v, %v", got, err)
	}
}

// A server that does not answer keeps nobody waiting for long. MAIL-R6
func TestVerifyInTime(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"GREETING", "AUTHENTICATE", "SELECT"} {
		w := start(t)
		w.imap.Fail(step, -1, mailtest.Fault{Freeze: true})
		tr := w.transport(t, email.Config{})
		tr.SetTry(300 * time.Millisecond)
		begun := time.Now()
		_, err := tr.Verify(t.Context(), "", w.settings)
		if e := transports.AsError(err); e == nil || e.Kind != transports.Unreachable || time.Since(begun) > 10*time.Second {
			t.Errorf("%s: %v after %v", step, err, time.Since(begun))
		}
	}
}

// A server that anybody could have named is shown to a person, before a password goes
// there. MAIL-R3
func TestVerifyAsks(t *testing.T) {
	t.Parallel()
	w := start(t)
	tr := w.transport(t, email.Config{})
	found := func(port int) []autoconfig.Candidate {
		return []autoconfig.Candidate{{Host: hosts.Host{Name: mailtest.Host, Port: port, TLS: hosts.TLS}, Confirm: true}}
	}
	tr.SetFind(autoconfig.Found{IMAP: found(w.imap.Port()), SMTP: found(w.smtp.Port())})
	typed := transports.Settings{"address": user, "password": secret}
	asked, err := tr.Verify(t.Context(), "", typed)
	if err != nil || asked.Next == nil || asked.Settings != nil || w.imap.Stats().Dials+w.smtp.Stats().Dials != 0 {
		t.Fatalf("%+v, %v, %d connections", asked, err, w.imap.Stats().Dials)
	}
	for _, f := range asked.Next.Fields {
		if f.Kind != transports.Secret {
			typed[f.Name] = f.Value
		} else if f.Value != "" {
			t.Errorf("%s is shown", f.Name)
		}
	}
	if typed["imap_host"] != mailtest.Host || typed["smtp_port"] != strconv.Itoa(w.smtp.Port()) {
		t.Errorf("asked about %v", typed)
	}
	if got, err := tr.Verify(t.Context(), "", typed); err != nil || got.Settings["password"] != secret {
		t.Errorf("%+v, %v", got, err)
	}
}

// MAIL-R6
func TestVerifyRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		field, value string
		blamed       string
		kind         transports.ErrorKind
	}{
		{"password", "wrong", "password", transports.Credentials},
		{"password", "", "password", transports.Malformed},
		{"address", "ann", "address", transports.Malformed},
		{"aliases", "bob@mail.test\ncarl", "aliases", transports.Malformed},
		{"imap_tls", "none", "imap_tls", transports.Malformed},
		{"smtp_port", "99999", "smtp_port", transports.Malformed},
		{"imap_host", "a b", "imap_host", transports.Malformed},
	} {
		w := start(t)
		w.settings[tt.field] = tt.value
		_, err := w.transport(t, email.Config{}).Verify(t.Context(), "", w.settings)
		var field *transports.FieldError
		if !errors.As(err, &field) || field.Field != tt.blamed || field.Err.Kind != tt.kind || strings.Contains(err.Error(), secret) {
			t.Errorf("%s = %q: %v", tt.field, tt.value, err)
		}
		if n := w.imap.Stats().Logins; n > 1 || w.smtp.Stats().Logins != 0 {
			t.Errorf("%s = %q: %d log-ins", tt.field, tt.value, n)
		}
	}
}

// MAIL-R4, MAIL-R5
func TestUntrusted(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, err := email.New(email.Config{AllowPrivateHosts: true}).Verify(t.Context(), "", w.settings)
	if e := transports.AsError(err); e == nil || e.Kind != transports.Unfit || w.imap.Stats().Logins != 0 {
		t.Errorf("%v", err)
	}
	_, err = email.New(email.Config{}).Verify(t.Context(), "", w.settings)
	if e := transports.AsError(err); e == nil || e.Kind != transports.NotAllowed {
		t.Errorf("%v", err)
	}
}

// A certificate that nobody known has signed is told by its fingerprint, and is good once
// the user names that: at each server its own, and others only as ever. MAIL-R4
func TestPinned(t *testing.T) {
	t.Parallel()
	w := start(t)
	tr := email.New(email.Config{AllowPrivateHosts: true})
	var prints []string
	for _, server := range []*mailtest.Listener{w.imap.Listener, w.smtp.Listener} {
		cert, err := server.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		prints = append(prints, fmt.Sprintf("%x", sha256.Sum256(cert.Raw)))
	}
	colons := strings.ToUpper(strings.Join(regexp.MustCompile("..").FindAllString(prints[0], -1), ":"))
	stranger := strings.Repeat("ab", sha256.Size)
	for _, tt := range []struct {
		pins string
		kind transports.ErrorKind
		says string
	}{
		{"", transports.Unfit, prints[0]},
		{stranger, transports.Unfit, prints[0]},
		{colons, transports.Unfit, prints[1]},
		{prints[1], transports.Unfit, prints[0]},
		{"abcd", transports.Malformed, "64 digits"},
		{strings.Repeat("ab", 20), transports.Malformed, "64 digits"},
		{colons + "\n" + prints[1], 0, ""},
	} {
		settings := maps.Clone(w.settings)
		settings["fingerprint"] = tt.pins
		got, err := tr.Verify(t.Context(), "", settings)
		if tt.says == "" {
			if err != nil || got.Settings["fingerprint"] != tt.pins {
				t.Errorf("%s: %+v, %v", tt.pins, got, err)
			}
			l := live(t, tr, got.Settings, nil)
			l.online(1)
			if _, err := l.session.Send(t.Context(), post("m1", bob, "hi")); err != nil {
				t.Error(err)
			}
			continue
		}
		if e := transports.AsError(err); e == nil || e.Kind != tt.kind || !strings.Contains(e.Text.String(), tt.says) {
			t.Errorf("%s: %v", tt.pins, err)
		}
	}
	if n := w.imap.Stats().Logins; n != 3 {
		t.Errorf("%d log-ins", n)
	}
	settings := maps.Clone(w.settings)
	settings["fingerprint"] = stranger
	if _, err := w.transport(t, email.Config{}).Verify(t.Context(), "", settings); err != nil {
		t.Errorf("with good certificates: %v", err)
	}
}

// MAIL-A1, MAIL-A2, MAIL-A3
func TestAddress(t *testing.T) {
	t.Parallel()
	tr := email.New(email.Config{})
	for text, want := range map[string]string{"Ann@MAIL.test": user, `"a b"@mail.test`: "a b@mail.test", "ann@bücher.test": "ann@xn--bcher-kva.test", "Ann%mail.test": user, "a%b%mail.test": "a%b@mail.test", "Dev.Lists.test": "dev.lists.test"} {
		a, err := tr.Address(text, transports.Account{})
		if err != nil || a.Name != want {
			t.Errorf("%s is %v, %v", text, a, err)
		}
		if again, err := tr.Address(a.String(), transports.Account{}); err != nil || again != a {
			t.Errorf("%v again is %v, %v", a, again, err)
		}
	}
	for _, text := range []string{"no body", "", "@mail.test", `" a"@mail.test`, `"\"a"@mail.test`, "a@b c"} {
		if a, err := tr.Address(text, transports.Account{}); err == nil || transports.AsError(err).Kind != transports.Malformed {
			t.Errorf("%s is %v, %v", text, a, err)
		}
	}
}

// MAIL-R1
func TestForm(t *testing.T) {
	t.Parallel()
	f := email.New(email.Config{}).Form("", transports.Settings{"address": user, "password": secret})
	if f.Fields[0].Value != user || f.Fields[1].Value != "" || len(f.Secrets()) != 1 {
		t.Errorf("%+v", f)
	}
}
