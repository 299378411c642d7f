package soak

import (
	"fmt"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/wire"
	"wherry/transports/wire/wiretest"
)

const password = "anchor" // of everybody, everywhere

// stage is a gateway, and all that it stands between.
type stage struct {
	t       *testing.T
	plan    plan
	domain  string // the gateway's
	world   *world.World
	xmpp    *world.XMPP
	net     *wiretest.Network
	gateway *world.Gateway
	tap     *tap
	people  []*person
	faults  []Fault
}

// startServer starts the XMPP server of a plan, and makes users on it.
func startServer(t *testing.T, w *world.World, p plan, domains ...string) *world.XMPP {
	t.Helper()
	worldtest.Need(t, append(p.server.programs, "/usr/bin/python3")...)
	c := world.XMPPConfig{
		Components: make(map[string]string), Users: make(map[string]string), Archive: true, SQL: p.server.sql,
	}
	for _, domain := range domains {
		c.Components[domain] = secret(domain)
	}
	for i := range p.users {
		c.Users[userName(i)] = password
	}
	x, err := p.server.start(w, c)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func secret(domain string) string { return "secret of " + domain }

func userName(i int) string { return fmt.Sprintf("u%d", i+1) }

func contactName(i int) string { return fmt.Sprintf("c%d", i+1) }

// newStage starts a gateway, and the network behind it.
func newStage(t *testing.T, w *world.World, x *world.XMPP, p plan, domain string) *stage {
	t.Helper()
	s := &stage{t: t, plan: p, domain: domain, world: w, xmpp: x, net: wiretest.New(t, p.mode == wire.Fold), tap: newTap(t, x.ComponentAddr)}
	path, err := binary()
	s.must(err)
	var environ []string
	if p.broken != "" {
		environ = append(environ, "WHERRY_BROKEN="+p.broken)
	}
	s.gateway, err = w.Gateway(world.GatewayConfig{
		Name:   domain,
		Binary: path,
		Components: []world.Component{{
			Domain: domain, Secret: secret(domain), Server: s.tap.addr(), Transport: "wire",
			Network: fmt.Sprintf("url = %q\nmode = %q", s.net.URL, p.mode),
		}},
		Debug:   true,
		Environ: environ,
	})
	s.must(err)
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// logs returns what both ends noted so far.
func (s *stage) logs() *Logs {
	l := &Logs{Faults: s.faults}
	l.Passed, l.Returned = s.tap.ids()
	for _, p := range s.people {
		p.add(l)
	}
	for _, sent := range s.net.Sends() {
		if sent.NetID != "" {
			l.Taken = append(l.Taken, takenOf(sent))
		}
	}
	for _, p := range s.net.Pushes() {
		var seq int
		if _, err := fmt.Sscanf(p.Text, pushedBody, &seq); err != nil {
			s.t.Errorf("a pushed message says %q", p.Text)
		}
		l.Pushed = append(l.Pushed, Pushed{Chat: Chat{p.User, p.From}, Seq: seq, Body: p.Text, At: p.At, Acked: p.Acked})
	}
	return l
}

func takenOf(s wiretest.Send) Taken {
	t := Taken{Chat: Chat{s.User, s.To}, Body: s.Text, At: s.At, Folded: s.Folded}
	for _, report := range s.Fate.Reports {
		t.Delivered = t.Delivered || report.State == wire.StateDelivered || report.State == wire.StateRead
		t.Failed = t.Failed || report.State == wire.StateFailed
	}
	return t
}
