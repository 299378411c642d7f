package e2e

import (
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// afloat is somebody in a channel, talking, whom an outage is to hit.
type afloat struct {
	h       *harbour
	p       *passenger
	crew    *worldtest.Sailor
	channel string
	room    string
	nick    string
}

func setAfloat(t *testing.T, h *harbour, n *network) *afloat {
	t.Helper()
	channel, crew := chatroom(t, n, 1)
	a := &afloat{h: h, p: h.passenger(t), crew: crew[0], channel: channel, room: n.room(channel), nick: fresh("al")}
	a.p.join(a.room, a.nick)
	a.crew.SeeJoin(a.nick, channel)
	a.talks(t)
	return a
}

// talks: words pass both ways.
func (a *afloat) talks(t *testing.T) {
	t.Helper()
	there, back := fresh("there "), fresh("back ")
	a.p.say(a.room, there)
	a.crew.Hear(a.nick, a.channel, there)
	a.crew.Say(a.channel, back)
	a.p.hear(a.room+"/"+a.crew.Nick, back)
}

// settles waits until words from IRC reach the room again. What is said
// meanwhile may be lost: the outage is not over.
func (a *afloat) settles(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for time.Now().Before(deadline) {
		probe := fresh("probe ")
		a.crew.Say(a.channel, probe)
		if _, err := a.p.Within(2*time.Second, "the probe", func(e *world.Element) bool {
			return e.Name() == "message" && e.Type() == "groupchat" && e.Body() == probe
		}); err == nil {
			return
		}
	}
	t.Fatalf("nothing comes from IRC 90 s after the outage; the gateway's log ends:\n%s", a.h.gateway.Tail(6000))
}

// calm: no more stanzas of a kind came than allowed since the start.
func calm(t *testing.T, what string, got []*world.Element, most int) {
	t.Helper()
	if len(got) > most {
		t.Errorf("%d times: %s; at most %d is calm. The last: %v", len(got), what, most, got[len(got)-1])
	}
}

func (p *passenger) count(match func(*world.Element) bool) []*world.Element {
	var found []*world.Element
	for _, e := range p.Received() {
		if match(e) {
			found = append(found, e)
		}
	}
	return found
}

// isError: errors that nobody asked for. Scripts ask by iq.
func isError(e *world.Element) bool { return e.Type() == "error" && e.Name() != "iq" }

// The IRC server dies: the user is told once, and is back when it is. IRC-B36
func TestIRCServerKilled(t *testing.T) {
	onEachOwn(t, func(t *testing.T, h *harbour) {
		a := setAfloat(t, h, h.ng)
		a.p.Forget() // what was said before tells of no outage
		h.ng.Kill()
		told := a.p.Expect("to be told of the outage", func(e *world.Element) bool {
			return e.Name() == "presence" && e.Type() == "unavailable" && e.HasCode("110") && strings.HasPrefix(e.From(), a.room+"/") ||
				e.Name() == "message" && e.Has("body") && strings.HasPrefix(e.From(), a.room)
		})
		id := a.p.say(a.room, "anyone?")
		if e := a.p.Expect("the line's error", func(e *world.Element) bool { return e.ID() == id }); e.Type() != "error" {
			t.Errorf("a line while the network is down: %v", e)
		}
		if err := h.ng.Start(); err != nil {
			t.Fatal(err)
		}
		a.crew = sailor(t, h.ng, fresh("bert"))
		a.crew.Join(a.channel)
		if told.Name() == "presence" {
			a.p.joinAgain(a.room, a.nick)
		} else {
			a.settles(t)
		}
		a.talks(t)
		calm(t, "an error", a.p.count(isError), 1)
	})
}

// joinAgain joins as a client does that was put out: until it is let in.
func (p *passenger) joinAgain(room, nick string) {
	p.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for time.Now().Before(deadline) {
		p.knock(room, nick)
		e := p.Expect("an answer of "+room, func(e *world.Element) bool {
			return e.Name() == "presence" && strings.HasPrefix(e.From(), room+"/") && (e.Type() == "error" || e.HasCode("110") && e.Type() == "")
		})
		if e.Type() == "" {
			return
		}
	}
	p.t.Fatalf("not let into %s within 90 s", room)
}

// The XMPP server dies and comes back: so does the gateway, by itself, and the
// room is there for who comes back to it. IRC-B47
func TestXMPPServerKilled(t *testing.T) {
	onEachOwn(t, func(t *testing.T, h *harbour) {
		a := setAfloat(t, h, h.ng)
		h.xmpp.Kill()
		if err := h.xmpp.Start(); err != nil {
			t.Fatal(err)
		}
		// Of what ejabberd kept in Mnesia lately, SIGKILL leaves nothing.
		if err := h.xmpp.AddUser(a.p.name, password); err != nil {
			t.Fatal(err)
		}
		a.p = h.device(t, a.p.name, "phone")
		a.p.Await(ngGateway)
		a.p.joinAgain(a.room, a.nick)
		a.talks(t)
		calm(t, "an error", a.p.count(isError), 3)
	})
}

// The gateway dies: after its restart the room is put back for the client that
// still believes to be in it. IRC-M13
func TestGatewayKilled(t *testing.T) {
	onEachOwn(t, func(t *testing.T, h *harbour) {
		a := setAfloat(t, h, h.ng)
		if p := a.p.Ask("get", a.room+"/"+a.nick, `<ping xmlns="urn:xmpp:ping"/>`); p.Type() != "result" {
			t.Errorf("self-ping of one who is in: %v", p)
		}
		h.gateway.Kill()
		if err := h.gateway.Start(); err != nil {
			t.Fatal(err)
		}
		a.settles(t)
		a.talks(t)
		calm(t, "an error", a.p.count(isError), 1)
		calm(t, "a private message", a.p.count(func(e *world.Element) bool {
			return e.Name() == "message" && e.Type() != "groupchat" && e.Has("body")
		}), 1)
	})
}
