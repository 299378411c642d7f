package e2e

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// configure sends the form of an address's command, as clients do: with what
// else is in it.
func (p *passenger) configure(to, fields string) {
	p.t.Helper()
	const command = `<command xmlns="http://jabber.org/protocol/commands" node="configure" `
	form := p.Ask("set", to, command+`action="execute"/>`).Child("command")
	answer := p.Ask("set", to, command+`action="complete" sessionid="`+form.Attr("sessionid")+`"><x xmlns="jabber:x:data" type="submit">`+
		fields+`</x></command>`)
	if answer.Type() != "result" || answer.Child("command").Attr("status") != "completed" {
		p.t.Fatalf("%s cannot be configured: %v", to, answer)
	}
}

// Who used biboumi goes on where they were: in the same channel by the same
// address, with what was said there. IRC-B48
func TestComingFromBiboumi(t *testing.T) {
	t.Parallel()
	worldtest.Need(t, "prosody", "ngircd", "biboumi", "/usr/bin/python3")
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		comeFromBiboumi(t, worldtest.New(t), nil)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		w := worldtest.New(t)
		database, err := w.Postgres()
		if err != nil {
			t.Fatal(err)
		}
		comeFromBiboumi(t, w, database)
	})
}

func comeFromBiboumi(t *testing.T, w *world.World, database *world.Postgres) {
	ng, err := w.Ngircd(world.IRCConfig{})
	if err != nil {
		t.Fatal(err)
	}
	h := &harbour{world: w, ng: &network{ng, "localhost", spareGateway}}
	h.xmpp, err = w.Prosody(world.XMPPConfig{Components: map[string]string{spareGateway: spareSecret}})
	if err != nil {
		t.Fatal(err)
	}
	old, err := w.Biboumi(h.xmpp, spareGateway, spareSecret, database)
	if err != nil {
		t.Fatal(err)
	}
	channel, crew := chatroom(t, h.ng, 1)
	bert, room := crew[0], h.ng.room(channel)
	alice, nick := h.passenger(t), fresh("al")
	alice.Await(spareGateway)
	alice.configure(h.ng.jid(), `<field var="tls_ports"/><field var="ports"><value>`+strconv.Itoa(ng.Port)+`</value></field>`+
		`<field var="nick"><value>`+nick+`</value></field>`)
	alice.join(room, nick)
	alice.configure(room, `<field var="persistent"><value>true</value></field><field var="record_history"><value>true</value></field>`)
	alice.say(room, "said by Alice")
	bert.Hear(nick, channel, "said by Alice")
	bert.Say(channel, "said by Bert")
	alice.hear(room+"/"+bert.Nick, "said by Bert")
	if err := old.Stop(); err != nil {
		t.Fatal(err)
	}
	bert.SeeGone(nick, channel)
	alice.Forget()

	g := h.spare(t, nil)
	for _, words := range []string{"1 accounts, 1 channels to stay in, 2 lines", "0 accounts, 0 channels to stay in, 0 lines"} {
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		output, status, err := g.Run(ctx, "import", "biboumi", old.Database)
		cancel()
		if err != nil || status != 0 || !strings.Contains(output, words) {
			t.Fatalf("wherry import: status %d, %v, want %q\n%s", status, err, words, output)
		}
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := world.Component{Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr, Network: ng.Plain()}
	h.gateway, err = w.Resume(g, world.GatewayConfig{Name: fresh("wherry"), Binary: path, Debug: true, Components: []world.Component{c}})
	if err != nil {
		t.Fatal(err)
	}
	bert.SeeJoin(nick, channel) // before she comes back
	alice.Await(spareGateway)
	alice.join(room, nick)
	if said, _ := alice.past(room); !slices.Equal(said, []string{"said by Alice", "said by Bert"}) {
		t.Errorf("Alice reads %q", said)
	}
	h.healthy(t)
}
