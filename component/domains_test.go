package component_test

import (
	"context"
	"path/filepath"
	"testing"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports/transporttest"
)

// Several domains have a stream each. A stanza belongs to the domain in its to,
// whichever stream it comes on, and is answered on that domain's.
func TestTwoDomains(t *testing.T) {
	t.Parallel()
	const other = "sms.example.org"
	dir := t.TempDir()
	st, err := store.Open(context.Background(), store.Config{URL: "sqlite:" + filepath.Join(dir, "db"), KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	server := componenttest.NewServer(t, "secret", domain, other)
	conf := component.Config{Store: st}
	for _, name := range []string{domain, other} {
		conf.Domains = append(conf.Domains, component.DomainConfig{
			Domain: name, Secret: "secret", Server: server.Addr(), Transport: transporttest.NewNetwork(),
		})
	}
	gate, err := component.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gate.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	server.Connected(domain, 1)
	server.Connected(other, 1)
	ping := func(on, to string) {
		t.Helper()
		server.SendStanza(on, &stanza.IQ{
			Header:  stanza.Header{From: jid.MustParse(phone), To: jid.MustParse(to), ID: on + to, Type: "get"},
			Payload: []stanza.Element{stanza.E(nsPing, "ping")},
		})
		if st := server.Next(to); st.Head().ID != on+to || st.Head().From.Domain != to || st.Head().Type != "result" {
			t.Errorf("ping to %s on the stream of %s: %s", to, on, dump(st))
		}
	}
	for _, at := range [][2]string{{domain, domain}, {other, other}, {domain, other}, {other, domain}} {
		ping(at[0], at[1])
	}
	// One stream that is gone is no matter for the other.
	server.Refuse("host-unknown")
	server.Drop(other)
	server.Disconnected(other)
	ping(domain, domain)
	if s := gate.Status(); len(s) != 2 || s[0].Domain != domain || !s[0].Connected || s[1].Connected {
		t.Errorf("Status = %+v", s)
	}
	// Users of one are not users of the other.
	if a, err := gate.Domain(other).Accounts(ctx, jid.MustParse(juliet)); err != nil || len(a) != 0 {
		t.Errorf("accounts %v, %v", a, err)
	}
}

// What was put together wrongly is told at once.
func TestWrongAssembly(t *testing.T) {
	network := transporttest.NewNetwork()
	twice := component.DomainConfig{Domain: domain, Transport: network}
	if _, err := component.New(component.Config{Domains: []component.DomainConfig{twice, twice}}); err == nil {
		t.Error("a domain may stand twice")
	}
	gate, err := component.New(component.Config{Domains: []component.DomainConfig{twice}})
	if err != nil {
		t.Fatal(err)
	}
	if gate.Domain("nope") != nil || gate.Domain(domain).Transport() != network || gate.Domain(domain).JID().String() != domain {
		t.Error("domains are mixed up")
	}
	defer func() {
		if recover() == nil {
			t.Error("a payload may be handled twice in one place")
		}
	}()
	gate.Handle(component.Endpoint{Space: nsPing, Name: "ping", On: component.AtContact})
}
