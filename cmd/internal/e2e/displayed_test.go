package e2e

import (
	"fmt"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/irc/ircv3test"
)

// Up to where a channel was read passes both ways between the network's programs
// and the user's other clients, by the user's own server, which lets the gateway.
// XEP-0490, XEP-0356, IRC-M19
func TestReadElsewhere(t *testing.T) {
	t.Parallel()
	need(t, []string{"prosody"})
	h, sea := cove(t, (*world.World).Prosody, world.XMPPConfig{Privileged: true})
	p, room := h.passenger(t), "#harbour%localhost@"+spareGateway
	p.Await(spareGateway)
	const node = "urn:xmpp:mds:displayed:0"
	publish := func(chat, id string) {
		t.Helper()
		option := func(name, value string) string {
			return fmt.Sprintf(`<field var="%s"><value>%s</value></field>`, name, value)
		}
		answer := p.Ask("set", p.name+"@"+h.xmpp.Domain, fmt.Sprintf(`<pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="%s"><item id="%s"><displayed xmlns="%s">`+
			`<stanza-id xmlns="urn:xmpp:sid:0" by="%s" id="%s"/></displayed></item></publish><publish-options><x xmlns="jabber:x:data" type="submit">`+
			`<field var="FORM_TYPE" type="hidden"><value>http://jabber.org/protocol/pubsub#publish-options</value></field>`, node, chat, node, chat, id)+
			option("pubsub#persist_items", "true")+option("pubsub#max_items", "max")+option("pubsub#send_last_published_item", "never")+
			option("pubsub#access_model", "whitelist")+`</x></publish-options></pubsub>`)
		if answer.Type() != "result" {
			t.Fatalf("not published: %v", answer)
		}
	}
	publish("other@example.test", "x")
	answer := p.Ask("set", p.name+"@"+h.xmpp.Domain, fmt.Sprintf(`<pubsub xmlns="http://jabber.org/protocol/pubsub"><subscribe node="%s" jid="%s@%s"/></pubsub>`, node, p.name, h.xmpp.Domain))
	if answer.Type() != "result" {
		t.Fatalf("not subscribed: %v", answer)
	}

	bert := sea.Puppet("bert")
	bert.Join("#harbour")
	p.join(room, "alice")
	var ids []string
	for _, text := range []string{"one", "two", "three"} {
		bert.Say("#harbour", text)
		ids = append(ids, p.hear(room+"/bert", text).Child("stanza-id").Attr("id"))
	}
	sea.Tell("alice", ":irc.test MARKREAD #harbour timestamp="+time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	p.Expect("what was read by another program", func(e *world.Element) bool {
		item := e.Child("event").Child("items").Child("item")
		return e.Name() == "message" && item.Attr("id") == room && item.Child("displayed").Child("stanza-id").Attr("id") == ids[2]
	})

	bert.Say("#harbour", "four")
	publish(room, p.hear(room+"/bert", "four").Child("stanza-id").Attr("id"))
	sea.Await("alice", "MARKREAD #harbour timestamp=*")
	h.healthy(t)
}

// cove is an XMPP server as wanted, and a gateway there to a network that has all of
// IRCv3.
func cove(t *testing.T, start server, c world.XMPPConfig) (*harbour, *ircv3test.Network) {
	t.Helper()
	w := worldtest.New(t)
	c.Components = map[string]string{spareGateway: spareSecret}
	h := &harbour{world: w}
	var err error
	if h.xmpp, err = start(w, c); err != nil {
		t.Fatal(err)
	}
	sea := ircv3test.Start(t, ircv3test.Config{})
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h.gateway, err = w.Gateway(world.GatewayConfig{
		Name: fresh("cove"), Binary: path, Debug: true,
		Components: []world.Component{{
			Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr, Network: (&world.IRC{Port: sea.Port()}).Plain() + unpaced,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, sea
}
