package e2e

import (
	"fmt"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/irc/ircv3test"
)

// Where the XMPP server lets the gateway send in users' names (XEP-0356), what a
// user said on IRC by another program, while the gateway was not there, is among
// what they said: all their clients get a copy (XEP-0280). It goes nowhere again. IRC-B15
func TestSaidElsewhere(t *testing.T) {
	t.Parallel()
	need(t, []string{"prosody"})
	w := worldtest.New(t)
	sea := ircv3test.Start(t, ircv3test.Config{})
	n := &network{&world.IRC{Port: sea.Port(), Addr: fmt.Sprintf("127.0.0.1:%d", sea.Port())}, "localhost", spareGateway}
	h := &harbour{world: w}
	var err error
	h.xmpp, err = w.Prosody(world.XMPPConfig{Components: map[string]string{spareGateway: spareSecret}, Privileged: true})
	if err != nil {
		t.Fatal(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h.gateway, err = w.Gateway(world.GatewayConfig{Name: fresh("elsewhere"), Binary: path, Debug: true, Components: []world.Component{{
		Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr, Network: n.Plain() + unpaced,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	bert := sea.Puppet("bert")
	p := h.passenger(t)
	p.Await(spareGateway)
	p.Ask("set", p.Bare, `<enable xmlns="urn:xmpp:carbons:2"/>`)
	if answer := p.register(n.jid(), map[string]string{"nick": "alice"}); answer.Type() != "result" {
		t.Fatalf("refused: %v", answer)
	}
	p.tell(n.contact("bert"), "from here")
	sea.AwaitTold(bert, "*from here")
	if err := h.gateway.Stop(); err != nil {
		t.Fatal(err)
	}

	other := sailor(t, n, "alice")
	other.Say("bert", "from my desk")
	sea.AwaitTold(bert, "*from my desk")
	if err := other.Quit(); err != nil {
		t.Fatal(err)
	}
	if err := h.gateway.Start(); err != nil {
		t.Fatal(err)
	}
	e := p.Expect("a copy of what was said elsewhere", func(e *world.Element) bool { return e.Has("sent", "urn:xmpp:carbons:2") })
	said := e.Child("sent").Child("forwarded").Child("message")
	if said.Body() != "from my desk" || said.From() != p.Bare || said.Attr("to") != n.contact("bert") {
		t.Errorf("the copy is %v", e)
	}
	p.tell(n.contact("bert"), "and here")
	sea.AwaitTold(bert, "*and here")
	for _, e := range p.Received() {
		if e.Type() == "error" || e.Has("sent", "urn:xmpp:carbons:2") && e.Child("sent").Child("forwarded").Child("message").Body() != "from my desk" {
			t.Errorf("got %v", e)
		}
	}
	h.healthy(t)
}
