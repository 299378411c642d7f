package e2e

import (
	"fmt"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// A server with the limits that public networks have: connections from one
// address come one at a time, who talks too fast is not heard or put out, and so
// is who is away too often. Users of the gateway notice no more than a wait. IRC-M1
func TestStrictNetwork(t *testing.T) {
	t.Parallel()
	need(t, []string{"prosody"})
	w := worldtest.New(t)
	strict, err := w.Hybrid(world.IRCConfig{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	h := &harbour{world: w, hybrid: &network{strict, "localhost", spareGateway}}
	h.xmpp, err = w.Prosody(world.XMPPConfig{Components: map[string]string{spareGateway: spareSecret}})
	if err != nil {
		t.Fatal(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h.gateway, err = w.Gateway(world.GatewayConfig{
		Name: fresh("strict"), Binary: path, Debug: true,
		Components: []world.Component{{
			Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr,
			Network: fmt.Sprintf("tls_ports = []\nplain_ports = [%d]\nallow_private_hosts = true\n", strict.Port),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := h.hybrid
	channel, crew := chatroom(t, n, 1)
	bert, room := crew[0], n.room(channel)
	var all []*passenger
	var nicks []string
	for range 2 {
		p, nick := h.passenger(t), fresh("al")
		p.Await(spareGateway)
		all, nicks = append(all, p), append(nicks, nick)
	}
	for i, p := range all {
		p.knock(room, nicks[i])
	}
	for i, p := range all {
		inTime(t, func() {
			if e := p.Expect("to be in", presenceOf(room+"/"+nicks[i], "")); !e.HasCode("110") {
				t.Errorf("%s is let in by %v", nicks[i], e)
			}
		})
	}

	p, nick := all[0], nicks[0]
	var lines []string
	for i := range 14 {
		lines = append(lines, fmt.Sprintf("%02d %s", i, strings.Repeat("all at once ", 30)))
	}
	id := p.say(room, strings.Join(lines, "\n"))
	for i := range lines {
		if got := said(bert.Expect("a line", spokenBy(nick))); !strings.HasPrefix(got, fmt.Sprintf("%02d ", i)) {
			t.Fatalf("line %d is %q", i, got)
		}
	}
	p.Expect("the reflection", func(e *world.Element) bool { return e.ID() == id && e.Type() == "groupchat" })

	for range 3 {
		p.Sendf(`<presence to="%s"><show>away</show></presence>`, room+"/"+nick)
		p.Sendf(`<presence to="%s"/>`, room+"/"+nick)
	}
	p.say(room, "still here")
	bert.Hear(nick, channel, "still here")
	p.Sync(spareGateway)
	calm(t, "an error", p.count(isError), 0)
	h.healthy(t)
}
