package check_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// real starts a real server for the domain and its sister.
func real(t *testing.T, start func(*world.World, world.XMPPConfig) (*world.XMPP, error)) (*world.World, *world.XMPP) {
	t.Helper()
	w := worldtest.New(t)
	x, err := start(w, world.XMPPConfig{Domain: "example.org", Components: map[string]string{domain: secret, sister: secret, "sms.example.org": "other"}})
	if err != nil {
		t.Fatal(err)
	}
	return w, x
}

// faults checks against a real server what is told to each fault.
func faults(t *testing.T, x *world.XMPP) {
	t.Helper()
	expect(t, configuration(t, x.ComponentAddr, domain, sister),
		`ok    irc.example.org: the server accepts domain and secret`,
		`ok    irc2.example.org: the server accepts domain and secret`,
		`ok    irc.example.org, irc2.example.org: each domain's stanzas come over its own stream`)
	expect(t, configuration(t, x.ComponentAddr, "sms.example.org"), `FAIL  sms.example.org: .*the secret is wrong`)
	expect(t, configuration(t, x.ComponentAddr, "unknown.example.org"),
		`FAIL  unknown.example.org: .*(the server knows no component of this domain|the domain is not configured)`)
	expect(t, configuration(t, x.Addr, domain), `FAIL  irc.example.org: .*(this port is not for components|give the port of the component listener)`)
}

func TestProsody(t *testing.T) {
	worldtest.Need(t, "prosody")
	_, x := real(t, (*world.World).Prosody)
	faults(t, x)
}

func TestEjabberd(t *testing.T) {
	worldtest.Need(t, "erl")
	w, x := real(t, (*world.World).Ejabberd)
	faults(t, x)

	file := filepath.Join(w.Dir(), "ejabberd-example.org", "ejabberd.yml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(text, []byte("global_routes: false"), []byte("global_routes: true"), 1)
	if bytes.Equal(changed, text) {
		t.Fatal("the server's configuration says nothing of global_routes")
	}
	if err := x.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	expect(t, configuration(t, x.ComponentAddr, domain, sister),
		`FAIL  irc.example.org, irc2.example.org: the server mixes these domains: .*global_routes: false`)
}
