package e2e

import (
	"fmt"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// Where the XMPP server lets the gateway send in users' names (XEP-0356), what a
// user said on IRC by another program, while the gateway was not there, is among
// what they said: all their clients get a copy (XEP-0280). It goes nowhere again.
// Debian's ejabberd 23.01, which speaks the version before (urn:xmpp:privilege:1),
// hands such messages to the gateway, and copies them to nobody. IRC-B15
func TestSaidElsewhere(t *testing.T) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			need(t, s.programs)
			saidElsewhere(t, s.start)
		})
	}
}

func saidElsewhere(t *testing.T, start server) {
	t.Helper()
	h, sea := cove(t, start, world.XMPPConfig{Privileged: true})
	n := &network{&world.IRC{Port: sea.Port(), Addr: fmt.Sprintf("127.0.0.1:%d", sea.Port())}, "localhost", spareGateway}
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
	bert.Say("alice", "so I hear")
	other.Hear("bert", "alice", "so I hear")
	if err := other.Quit(); err != nil {
		t.Fatal(err)
	}
	if err := h.gateway.Start(); err != nil {
		t.Fatal(err)
	}
	copied := func(e *world.Element) bool { return e.Has("sent", "urn:xmpp:carbons:2") }
	p.told(n.contact("bert"), "so I hear") // so it has sent what was before that
	if log := h.gateway.Tail(1 << 20); !strings.Contains(log, "a server says what it grants") {
		t.Errorf("nothing was granted:\n%s", log)
	}
	if h.xmpp.Kind == "prosody" {
		p.Expect("a copy of what was said elsewhere", copied)
	}
	p.tell(n.contact("bert"), "and here")
	sea.AwaitTold(bert, "*and here")
	for _, e := range p.Received() {
		said := e.Child("sent").Child("forwarded").Child("message")
		if e.Type() == "error" || copied(e) && (said.Body() != "from my desk" || said.From() != p.Bare || said.Attr("to") != n.contact("bert")) {
			t.Errorf("got %v", e)
		}
	}
	if told := strings.Join(bert.Told(), "\n"); strings.Count(told, "from my desk") != 1 {
		t.Errorf("bert was told\n%s", told)
	}
	h.healthy(t)
}
