package e2e

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/irc/ircv3test"
)

// modernHarbour is a gateway to one network with all of IRCv3, by TLS.
func modernHarbour(t *testing.T, cfg ircv3test.Config) (*harbour, *network, *ircv3test.Server) {
	t.Helper()
	need(t, []string{"prosody"})
	w := worldtest.New(t)
	cert, key, err := w.Certify("modern", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := ircv3test.New(cfg)
	go server.Serve(tls.NewListener(l, ircv3test.TLS(pair)))
	t.Cleanup(server.Close)
	irc := &world.IRC{Kind: "ircv3test", IP: "127.0.0.1", TLSPort: l.Addr().(*net.TCPAddr).Port, TLSAddr: l.Addr().String()}
	h := &harbour{world: w}
	h.xmpp, err = w.Prosody(world.XMPPConfig{Components: map[string]string{spareGateway: spareSecret}})
	if err != nil {
		t.Fatal(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h.gateway, err = w.Gateway(world.GatewayConfig{
		Name: fresh("modern"), Binary: path, Debug: true,
		Components: []world.Component{{
			Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr, Network: w.TrustsTLS(irc) + unpaced,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.passenger(t).Await(spareGateway)
	return h, &network{irc, "localhost", spareGateway}, server
}

// Somebody who is in a channel has the network make an account, tells the code
// later, and is logged in by it.
func TestCreateAccount(t *testing.T) {
	t.Parallel()
	h, n, server := modernHarbour(t, ircv3test.Config{Registration: "email-required", VerifyCode: "4711"})
	p, nick, room := h.passenger(t), fresh("al"), n.room(fresh("#deck"))
	p.join(room, nick)
	const list = `<query xmlns="http://jabber.org/protocol/disco#items" node="http://jabber.org/protocol/commands"/>`
	items := p.Ask("get", n.jid(), list)
	if !lists(items, "create-account") || lists(items, "confirm-account") {
		t.Fatalf("the commands are %v", items)
	}
	if e := p.command(n.jid(), "create-account", map[string]string{"email": "al@irc.test", "password": "abc"}); succeeded(e) {
		t.Fatalf("a weak password is taken: %v", e)
	}
	e := p.command(n.jid(), "create-account", map[string]string{"email": "al@irc.test", "password": "pearl-of-al"})
	if e.Child("command").Attr("status") != "executing" || len(e.Child("command").Child("x").All("field")) == 0 {
		t.Fatalf("no code is asked for: %v", e)
	}
	// The network's answer is told to who asked before it is to the rest of the gateway.
	for deadline := time.Now().Add(world.DefaultWait); ; {
		items := p.Ask("get", n.jid(), list)
		if lists(items, "confirm-account") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the commands are %v", items)
		}
	}
	if there, _ := p.registered(n.jid()); there {
		t.Error("registered before the account was confirmed")
	}
	if e := p.command(n.jid(), "confirm-account", map[string]string{"code": "4711"}); !succeeded(e) {
		t.Fatalf("refused: %v", e)
	}
	there, form := p.registered(n.jid())
	if got := form.Field("sasl_username"); !there || len(got) != 1 || got[0] != nick {
		t.Errorf("on file: %v, sasl_username %q", there, got)
	}
	// Its subject ends what is shown of a room: there is no other sign of the new
	// connection, as the account's hat comes on the old one.
	p.Expect("to be back in", func(e *world.Element) bool {
		return e.Name() == "message" && e.Has("subject") && strings.HasPrefix(e.From(), room)
	})
	if got := server.Account(nick); got != nick {
		t.Errorf("logged in as %q", got)
	}
	h.healthy(t)
}
