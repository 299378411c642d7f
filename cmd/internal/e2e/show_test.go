package e2e

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// Networks are shown who is who: one that asks for ident is told an id, at the
// gateway's address and port 113; one that takes WEBIRC an address and a host name. IRC-B52, IRC-B53
func TestShownToNetworks(t *testing.T) {
	t.Parallel()
	need(t, []string{"prosody"})
	h, err := open(worldtest.New(t), (*world.World).Prosody)
	if err != nil {
		t.Fatal(err)
	}
	const gate = "pass-through-the-gate"
	ng, err := h.world.Ngircd(world.IRCConfig{IP: "127.0.0.3", Ident: true})
	if err != nil {
		t.Fatal(err)
	}
	web, err := h.world.Ngircd(world.IRCConfig{IP: "127.0.0.4", WebIRC: gate})
	if err != nil {
		t.Fatal(err)
	}
	insp, err := h.world.Inspircd(world.IRCConfig{IP: "127.0.0.5", WebIRC: gate})
	if err != nil {
		t.Fatal(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	// Port 113 of an address that no other run of the tests has.
	here := fmt.Sprintf("127.113.%d.%d", os.Getpid()>>8&0x7f, os.Getpid()&0xff|1)
	watch := h.passenger(t)
	h.gateway, err = h.world.Gateway(world.GatewayConfig{
		Name: "shown", Binary: path, Debug: true,
		Components: []world.Component{{
			Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr,
			Network: fmt.Sprintf("tls_ports = [%d, %d, %d]\nca_file = %q\nallow_private_hosts = true\nidentd_listen = %q\noutgoing_bind = %q\n"+
				"[[component.irc.webirc]]\nhost = %q\npassword = %q\n[[component.irc.webirc]]\nhost = %q\npassword = %q\n",
				ng.TLSPort, web.TLSPort, insp.TLSPort, h.world.CAFile(), here+":113", here+", ::1", web.IP, gate, insp.IP, gate),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	watch.Await(spareGateway)
	seen := map[string][2]string{} // id and address of each user
	p := h.passenger(t)
	for _, user := range []*passenger{p, h.passenger(t), p} {
		line := user.lookedAt(&network{ng, ng.IP, spareGateway})
		id := line.Param(2)
		if !regexp.MustCompile(`^[a-p][a-z2-7]{8}$`).MatchString(id) {
			t.Errorf("ngircd shows %s: %s", user.name, line)
		}
		line = user.lookedAt(&network{web, web.IP, spareGateway})
		if line.Param(3) != id+"."+spareGateway {
			t.Errorf("ngircd, told by WEBIRC, shows %s: %s", user.name, line)
		}
		line = user.lookedAt(&network{insp, insp.IP, spareGateway}) // which takes the address only
		if addr, err := netip.ParseAddr(line.Param(3)); err != nil || !netip.MustParsePrefix("fd00::/8").Contains(addr) {
			t.Errorf("InspIRCd shows %s: %s", user.name, line)
		}
		now := [2]string{id, line.Param(3)}
		if was, ok := seen[user.name]; ok && was != now {
			t.Errorf("%s is %q, and was %q", user.name, now, was)
		}
		for other, also := range seen {
			if other != user.name && (also[0] == now[0] || also[1] == now[1]) {
				t.Errorf("%s and %s are one: %q, %q", user.name, other, now, also)
			}
		}
		seen[user.name] = now
	}
	if log := h.gateway.Tail(1 << 20); strings.Contains(log, gate) {
		t.Error("the password is in the log")
	}
	h.healthy(t)
}

// lookedAt is how a network shows a user to others, the reply RPL_WHOISUSER.
func (p *passenger) lookedAt(n *network) world.Line {
	p.t.Helper()
	channel := fresh("#deck")
	look := sailor(p.t, n, fresh("bert"))
	look.Join(channel)
	_, nick, _ := strings.Cut(p.join(n.room(channel), fresh("al")).self.From(), "/")
	look.Send("WHOIS " + nick)
	line := look.Expect("who it is", func(l world.Line) bool { return l.Command() == "311" && l.Param(1) == nick })
	p.leave(n.room(channel), nick)
	return line
}
