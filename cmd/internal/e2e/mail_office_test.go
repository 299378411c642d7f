package e2e

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// The domains of the tests of mail.
const (
	lettersDomain = "letters.test"
	mailGateway   = "mail." + lettersDomain
	apartGateway  = "apart." + lettersDomain // for gateways of their own
	crewList      = "crew"                   // a mailing list
)

// crew is the local part of a list's member who has that XMPP server.
func crew(kind string) string { return "sailor-" + kind }

// office is a mail server, a component that fetches and sends there, and the XMPP
// server that the component is attached to.
type office struct {
	*harbour // with no IRC
	mail     *world.Mail
	domain   string // of the component
	sailor   func() (world.MailAccount, error)

	mu     sync.Mutex // guards what follows
	hidden []string   // must show neither in the log nor in the store
	unsaid []string   // must not show in the log
}

// onEachOffice runs a test on each XMPP server, with a gateway that all tests
// share; the mail server is one for both.
func onEachOffice(t *testing.T, test func(*testing.T, *office)) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			worldtest.Need(t, append(s.programs, "/usr/bin/python3", "dovecot", "postfix")...)
			o, err := offices[s.name]()
			if err != nil {
				t.Fatal(err)
			}
			test(t, o)
			o.healthy(t)
			o.discreet(t)
		})
	}
}

// postal is the mail server of all offices.
var postal = sync.OnceValues(func() (*world.Mail, error) {
	w, err := shared()
	if err != nil {
		return nil, err
	}
	var members []string
	for _, s := range servers {
		members = append(members, crew(s.name))
	}
	return w.Mail(world.MailConfig{BadCertificates: true, Lists: map[string][]string{crewList: members}})
})

var offices = func() map[string]func() (*office, error) {
	all := make(map[string]func() (*office, error))
	for _, s := range servers {
		all[s.name] = sync.OnceValues(func() (*office, error) {
			w, err := shared()
			if err != nil {
				return nil, err
			}
			return openOffice(w, s.start)
		})
	}
	return all
}()

// openOffice starts an XMPP server, and a gateway that is told of the mail server.
func openOffice(w *world.World, start server) (*office, error) {
	mail, err := postal()
	if err != nil {
		return nil, err
	}
	secrets := map[string]string{mailGateway: secretOf(mailGateway), apartGateway: secretOf(apartGateway)}
	xmpp, err := start(w, world.XMPPConfig{
		Domain: lettersDomain, Components: secrets,
		Users: map[string]string{"watch": password}, Archive: true, Upload: true,
	})
	if err != nil {
		return nil, err
	}
	o := &office{harbour: &harbour{world: w, xmpp: xmpp}, mail: mail, domain: mailGateway}
	o.sailor = sync.OnceValues(func() (world.MailAccount, error) { return mail.AddUser(crew(xmpp.Kind)) })
	return o, o.open()
}

// open starts the gateway.
func (o *office) open() error {
	path, err := binary()
	if err != nil {
		return err
	}
	o.gateway, err = o.world.Gateway(world.GatewayConfig{
		Name: fresh("wherry-" + o.domain + "-" + o.xmpp.Kind + "-"), Binary: path, Debug: true,
		Components: []world.Component{{
			Domain: o.domain, Secret: secretOf(o.domain), Server: o.xmpp.ComponentAddr,
			Transport: "email", Network: o.world.TrustsMail(o.mail),
		}},
		Ready: func(ctx context.Context) error { return o.answers(ctx, o.domain) },
	})
	return err
}

// onEachOfficeApart runs a test on each XMPP server, with a gateway of its own,
// which it may wreck.
func onEachOfficeApart(t *testing.T, test func(*testing.T, *office)) {
	onEachOffice(t, func(t *testing.T, shared *office) {
		o := &office{harbour: &harbour{world: shared.world, xmpp: shared.xmpp}, mail: shared.mail, domain: apartGateway}
		if err := o.open(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := o.gateway.Stop(); err != nil {
				t.Error(err)
			}
		})
		test(t, o)
		o.healthy(t)
		o.discreet(t)
	})
}

// hides notes what must show nowhere: passwords.
func (o *office) hides(secrets ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hidden = append(o.hidden, secrets...)
}

// discreet fails the test where the gateway's log, which tells everything, has a
// password or a text in it, or its database a password.
func (o *office) discreet(t *testing.T) {
	t.Helper()
	o.mu.Lock()
	hidden, unsaid := append([]string(nil), o.hidden...), append([]string(nil), o.unsaid...)
	o.mu.Unlock()
	log := o.gateway.Tail(1 << 26)
	for _, text := range append(unsaid, hidden...) {
		if at := strings.Index(log, text); at >= 0 {
			t.Errorf("%q is in the log: …%s…", text, log[max(0, at-300):min(len(log), at+300)])
		}
	}
	wantInNoFile(t, o.gateway, hidden...)
}

// boxholder is a user of XMPP with a mailbox.
type boxholder struct {
	*passenger
	o    *office
	name string // local part of the mailbox
	box  world.MailAccount
}

// holder makes a user with a mailbox; they are not registered yet.
func (o *office) holder(t *testing.T) *boxholder {
	t.Helper()
	name := fresh("ann")
	box, err := o.mail.AddUser(name)
	if err != nil {
		t.Fatal(err)
	}
	return o.with(t, name, box)
}

// with makes a user with that mailbox. It is given up after the test: else its
// connection stayed.
func (o *office) with(t *testing.T, name string, box world.MailAccount) *boxholder {
	t.Helper()
	o.hides(box.Password)
	b := &boxholder{passenger: o.passenger(t), o: o, name: name, box: box}
	t.Cleanup(func() { b.unregister(o.domain) })
	return b
}

// member makes a user with the mailbox that is on the list, and is the same in all
// runs of a test.
func (o *office) member(t *testing.T) *boxholder {
	t.Helper()
	box, err := o.sailor()
	if err != nil {
		t.Fatal(err)
	}
	return o.with(t, crew(o.xmpp.Kind), box)
}

// subscriber makes a user who is registered, and connected.
func (o *office) subscriber(t *testing.T) *boxholder {
	t.Helper()
	b := o.holder(t)
	b.signUp(map[string]string{"name": "Ann Lee"})
	return b
}

// signUp registers with the mailbox, and what else is given, and waits until mail
// comes and goes.
func (b *boxholder) signUp(more map[string]string) {
	b.t.Helper()
	if answer := b.register(b.o.domain, b.fields(more)); answer.Type() != "result" {
		b.t.Fatalf("refused: %v", answer)
	}
	b.connected()
}

// fields are what the form is answered by: the mailbox, and what else is given.
func (b *boxholder) fields(more map[string]string) map[string]string {
	all := map[string]string{"address": b.box.Address, "password": b.box.Password}
	maps.Copy(all, more)
	return all
}

// connected waits until the gateway is logged in to the mailbox: then its
// contacts are there.
func (b *boxholder) connected() {
	b.t.Helper()
	anyone := b.o.contact(fresh("carl") + "@" + world.MailHost)
	b.Sendf(`<presence to="%s" type="subscribe"/>`, anyone)
	b.Expect("the mailbox to be connected", func(e *world.Element) bool {
		from, _, _ := strings.Cut(e.From(), "/")
		return e.Name() == "presence" && from == anyone && e.Type() == ""
	})
}

// contact is the address of somebody with a mailbox.
func (o *office) contact(address string) string {
	return strings.Replace(address, "@", `\40`, 1) + "@" + o.domain
}

// writer is somebody with a mail program.
func (o *office) writer(t *testing.T) *worldtest.Writer {
	t.Helper()
	return worldtest.Mail(t, o.mail, fresh("bob"))
}

// at are the fields that name the mail server by some of its ports.
func at(p world.MailPorts) map[string]string {
	_, imap, _ := strings.Cut(p.IMAPS, ":")
	_, smtp, _ := strings.Cut(p.Submissions, ":")
	return map[string]string{
		"imap_host": p.IP, "imap_port": imap, "imap_tls": "tls",
		"smtp_host": p.IP, "smtp_port": smtp, "smtp_tls": "tls",
	}
}

// atStartTLS are the same, for connections that begin in the clear.
func atStartTLS(p world.MailPorts) map[string]string {
	_, imap, _ := strings.Cut(p.IMAP, ":")
	_, smtp, _ := strings.Cut(p.Submission, ":")
	return map[string]string{
		"imap_host": p.IP, "imap_port": imap, "imap_tls": "starttls",
		"smtp_host": p.IP, "smtp_port": smtp, "smtp_tls": "starttls",
	}
}

// mismatches is how often the mail server was given a wrong password for the
// mailbox, by IMAP or SMTP.
func (b *boxholder) mismatches() (n int) {
	for line := range strings.Lines(b.o.mail.Dovecot.Tail(1 << 26)) {
		if strings.Contains(line, "("+b.box.Address+",") && strings.Contains(line, "Password mismatch") {
			n++
		}
	}
	return n
}

// wantNothingKept: neither the user nor what they typed is in the store.
func (b *boxholder) wantNothingKept() {
	b.t.Helper()
	db := opened(b.t, b.o.gateway)
	for _, needle := range []string{b.box.Address, b.box.Password, b.Bare} {
		wantInNoRow(b.t, db, needle)
	}
	wantInNoFile(b.t, b.o.gateway, b.box.Password)
}
