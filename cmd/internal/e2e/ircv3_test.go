package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/irc/ircv3test"
)

// What networks with all of IRCv3 have, as other people's programs see it. The
// server is our own, or the Ergo that ERGO is the path of: see "make e2e-ergo".
// IRC-M19
func TestIRCv3(t *testing.T) {
	t.Parallel()
	need(t, []string{"prosody"})
	w := worldtest.New(t)
	server, err := modernServer(t, w)
	if err != nil {
		t.Fatal(err)
	}
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
			Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr, Network: server.Plain() + unpaced,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.passenger(t).Await(spareGateway)
	n := &network{server, "localhost", spareGateway}
	t.Run("gestures", func(t *testing.T) { gesture(t, h, n) })
	t.Run("modern", func(t *testing.T) { beModern(t, h, n) })
	h.healthy(t)
}

func modernServer(t *testing.T, w *world.World) (*world.IRC, error) {
	if path := os.Getenv("ERGO"); path != "" {
		path, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		return w.Ergo(path, world.IRCConfig{})
	}
	port := ircv3test.Start(t, ircv3test.Config{}).Port()
	return &world.IRC{Kind: "ircv3test", IP: "127.0.0.1", Port: port, Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}, nil
}

// beModern: what was said before one came, messages taken back, several lines as
// one message, and who is there by MONITOR.
func beModern(t *testing.T, h *harbour, n *network) {
	t.Helper()
	channel, bert := fresh("#deck"), sailor(t, n, fresh("bert"))
	bert.Send("CAP REQ :message-tags server-time echo-message batch draft/multiline draft/message-redaction")
	bert.Expect("the capabilities", func(l world.Line) bool { return l.Command() == "CAP" && l.Param(1) == "ACK" })
	bert.Join(channel)
	told := func(text string) (id string) {
		t.Helper()
		bert.Say(channel, text)
		return bert.Hear(bert.Nick, channel, text).Tag("msgid")
	}
	told("one")
	told("two")
	p, nick, room := h.passenger(t), fresh("al"), n.room(channel)
	p.join(room, nick)
	if said, _ := p.past(room); !slices.Equal(said, []string{"one", "two"}) {
		t.Errorf("what was said before is %q", said)
	}

	rude := told("rude words")
	shown := p.hear(room+"/"+bert.Nick, "rude words").Child("stanza-id").Attr("id")
	bert.Send("REDACT " + channel + " " + rude + " :sorry")
	e := p.Expect("a retraction", func(e *world.Element) bool { return e.Has("retract") })
	if e.From() != room+"/"+bert.Nick || e.Child("retract").Attr("id") != shown {
		t.Errorf("taken back by %v", e)
	}
	id := p.say(room, "oops")
	oops := bert.Hear(nick, channel, "oops").Tag("msgid")
	e = p.Expect("the reflection", func(e *world.Element) bool { return e.ID() == id && e.Type() == "groupchat" })
	p.Sendf(`<message to="%s" type="groupchat" id="%s"><retract xmlns="urn:xmpp:message-retract:1" id="%s"/></message>`,
		room, world.NewID(), e.Child("stanza-id").Attr("id"))
	bert.Expect("the line taken back", func(l world.Line) bool { return l.Command() == "REDACT" && l.Nick() == nick && l.Param(1) == oops })

	poem := "The sea is calm tonight.\n\nThe tide is full, the moon lies fair"
	id = p.say(room, poem)
	bert.Hear(nick, channel, "The tide is full, the moon lies fair")
	p.Expect("the poem, once", func(e *world.Element) bool { return e.ID() == id && e.Body() == poem })
	bert.Send(fmt.Sprintf("BATCH +b1 draft/multiline %s", channel), "@batch=b1 PRIVMSG "+channel+" :first", "@batch=b1 PRIVMSG "+channel+" :second", "BATCH -b1")
	p.hear(room+"/"+bert.Nick, "first\nsecond")

	carl := fresh("Carl")
	from := func(e *world.Element) bool { return strings.HasPrefix(e.From(), strings.ToLower(carl)+"%") }
	p.Sendf(`<presence to="%s" type="subscribe"/>`, n.contact(strings.ToLower(carl)))
	p.Expect("to be let see Carl", func(e *world.Element) bool { return e.Type() == "subscribed" && from(e) })
	sailor(t, n, carl)
	e = p.Expect("Carl to be there", func(e *world.Element) bool { return e.Name() == "presence" && e.Type() == "" && from(e) })
	if got := e.Child("nick").Text; got != carl { // XEP-0172
		t.Errorf("Carl is called %q", got)
	}

	bert.Send("SETNAME :Bert the Bold")
	bert.Say(channel, "call me that")
	p.hear(room+"/"+bert.Nick, "call me that")
	if card := p.Ask("get", n.contact(bert.Nick), `<vCard xmlns="vcard-temp"/>`).Child("vCard"); card.Child("FN").Text != "Bert the Bold" || card.Child("NICKNAME").Text != bert.Nick {
		t.Errorf("Bert's card is %v", card)
	}
}
