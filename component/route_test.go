package component

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wherry/component/jid"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// An address has one JID, and the JID leads back to it: whatever a network
// allows in names. IRC-B1
func TestRouteRoundTrip(t *testing.T) {
	network := transporttest.NewNetwork()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.RuneFrom([]rune("abcÄß@'\"&/:<>\\%5c20[]{}|^~☃😀ｗ ")), 1, 20, -1).Draw(t, "name")
		if rapid.Bool().Draw(t, "room") {
			name = "#" + name
		}
		addr, err := network.Address(name+"%irc.example.net", transports.Account{})
		if err != nil {
			t.Skip("no address")
		}
		j, err := address("irc.example.org", addr)
		if err != nil {
			t.Fatalf("no JID for %q: %v", addr, err)
		}
		if err := j.Check(); err != nil || j.Domain != "irc.example.org" || j.Resource != "" {
			t.Fatalf("%q has the JID %q: %v", addr, j, err)
		}
		back, err := route(network, j, transports.Account{})
		if err != nil || back.addr != addr || back.nick != "" {
			t.Fatalf("%q went by %q to %q, %v", addr, j, back.addr, err)
		}
		again, err := jid.Parse(strings.ToLower(j.String()))
		if err != nil || again != j {
			t.Fatalf("%q is not folded: %q, %v", j, again, err)
		}
	})
}

// Each kind of address, both ways. IRC-B1, IRC-B2
func TestRoute(t *testing.T) {
	const scope = "irc.example.net"
	network := transporttest.NewNetwork()
	odd, err := jid.Resource("😀")
	if err != nil || odd == "😀" {
		t.Fatalf("the resource of an odd nick is %q, %v", odd, err)
	}
	for _, tt := range []struct {
		jid  string
		addr transports.Address
		nick string
	}{
		{"gw.example", transports.Address{}, ""},
		{"gw.example/gateway", transports.Address{}, ""},
		{"irc.example.net@gw.example", transports.Address{Kind: transports.Network, Scope: scope}, ""},
		{"nurse%irc.example.net@gw.example", transports.Address{Kind: transports.Contact, Scope: scope, Name: "nurse"}, ""},
		{"nurse%irc.example.net@gw.example/gateway", transports.Address{Kind: transports.Contact, Scope: scope, Name: "nurse"}, ""},
		{"#room%irc.example.net@gw.example", transports.Address{Kind: transports.Room, Scope: scope, Name: "#room"}, ""},
		{"#room%irc.example.net@gw.example/Nurse", transports.Address{Kind: transports.Room, Scope: scope, Name: "#room"}, "Nurse"},
		{"#room%irc.example.net@gw.example/" + odd, transports.Address{Kind: transports.Room, Scope: scope, Name: "#room"}, "😀"},
		{`#a\26b%irc.example.net@gw.example`, transports.Address{Kind: transports.Room, Scope: scope, Name: "#a&b"}, ""},
		{`#50%25%irc.example.net@gw.example`, transports.Address{Kind: transports.Room, Scope: scope, Name: "#50%25"}, ""},
	} {
		j := jid.MustParse(tt.jid)
		got, err := route(network, j, transports.Account{})
		if err != nil || got.addr != tt.addr || got.nick != tt.nick {
			t.Errorf("route(%s) = %+v, %v", tt.jid, got, err)
		}
		back, err := address("gw.example", tt.addr)
		if err != nil || back != j.Bare() {
			t.Errorf("address(%v) = %s, %v", tt.addr, back, err)
		}
	}
	for _, bad := range []string{"nurse@gw.example", "%25@gw.example", "#@gw.example"} {
		if got, err := route(network, jid.MustParse(bad), transports.Account{}); err == nil {
			t.Errorf("route(%s) = %+v", bad, got)
		}
	}
	if got := present(jid.MustParse("nurse@gw.example")); got.String() != "nurse@gw.example/gateway" {
		t.Errorf("presence of contacts comes from %s", got)
	}
}
