package component_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// limits sets the bounds on what one user may have.
func limits(l component.Limits) build {
	return settings(func(c *component.DomainConfig) { c.Limits = l })
}

// Each bound is told by resource-constraint, and is of one user alone. IRC-B56
func TestLimits(t *testing.T) {
	t.Parallel()
	at := func(i int, network string) string { return fmt.Sprintf("#room%d%%%s@%s", i, network, domain) }
	for name, tt := range map[string]struct {
		limits component.Limits
		second string // what Juliet may not have
	}{
		"rooms":    {component.Limits{Rooms: 1}, at(2, network)},
		"joins":    {component.Limits{Joins: 1}, at(2, network)},
		"networks": {component.Limits{Networks: 1}, at(1, "irc.example.com")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, limits(tt.limits))
			w.join(phone, at(1, network), "juliet")
			w.ask(phone, tt.second, "juliet", "")
			if p := w.presence(tt.second+"/juliet", phone, "error"); fault(p) != "wait/resource-constraint" {
				t.Errorf("told %s", dump(p))
			}
			w.join(romeo, at(1, network), "romeo")
		})
	}
}

// Messages a minute, where there is such a bound. SMS-X6, IRC-B56
func TestMessageLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, limits(component.Limits{Messages: 3}))
	w.join(phone, room, "juliet")
	for i := range 5 {
		w.say(phone, room, fmt.Sprint("m", i), "hello")
	}
	busy := 0
	for _, st := range w.rest(phone) {
		if fault(st) == "wait/resource-constraint" {
			busy++
		}
	}
	if busy != 2 {
		t.Errorf("%d of 5 refused, want 2", busy)
	}
}

// What waits for one network is bounded; one too many comes back with its id. SMS-X7
func TestQueueLimit(t *testing.T) {
	t.Parallel()
	const queue = 10
	w := newWorld(t, limits(component.Limits{Queue: queue}))
	w.join(phone, room, "juliet")
	release := w.net.Stall(transporttest.OpSend)
	for i := range 5 * queue {
		w.say(phone, room, fmt.Sprint("m", i), "hello")
	}
	busy := 0
	for _, st := range w.rest(phone) {
		if fault(st) == "wait/resource-constraint" {
			busy++
		}
	}
	if busy < 2*queue || busy >= 5*queue {
		t.Errorf("%d of %d refused", busy, 5*queue)
	}
	release()
	for range 5*queue - busy {
		w.message(room+"/juliet", phone, "groupchat")
	}
}

// A guest with nothing left to do leaves the network, and nothing of them is
// kept; who is registered stays. IRC-B7
func TestGuestLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(func(c *component.Component) { component.ShortenWaits(c, 100*time.Millisecond) }))
	w.join(phone, room, "juliet")
	w.send("<presence type='unavailable' from='%s' to='%s'/>", phone, room)
	w.presence(room+"/juliet", phone, "unavailable")
	w.gone("juliet")
	all, err := w.domain().Accounts(context.Background(), jid.MustParse(juliet))
	if err != nil || len(all) != 0 {
		t.Errorf("on file: %v, %v", all, err)
	}
	w.join(phone, room, "juliet")
}

// What a guest was told in a room is there when they come back, also when they
// were disconnected.
func TestGuestComesBack(t *testing.T) {
	t.Parallel()
	w := newOperatedWorld(t, recording, with(func(c *component.Component) { component.ShortenWaits(c, 100*time.Millisecond) }))
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.net.Say(address, "nurse", "remember")
	w.sees(phone, "remember")
	w.send("<presence type='unavailable' from='%s' to='%s'/>", phone, room)
	w.presence(room+"/juliet", phone, "unavailable")
	w.gone("juliet")
	w.restart()
	w.join(phone, room, "juliet")
	w.want(w.query(phone, room, ""), "nurse: remember")
	if n := note(w.run(phone, network+"@"+domain, "disconnect")); n != "Disconnected from 1 networks." {
		t.Errorf("disconnect: %s", n)
	}
	w.gone("juliet")
	w.join(phone, room, "juliet")
	w.want(w.query(phone, room, ""), "nurse: remember")
	all, err := w.domain().Accounts(t.Context(), jid.MustParse(juliet))
	if err != nil || len(all) != 1 {
		t.Fatalf("on file: %v, %v", all, err)
	}
}

// gone waits until a nick is in no room and on no session any more.
func (w *world) gone(nick string) {
	w.Helper()
	deadline := time.Now().Add(within)
	for w.gate.Status()[0].Sessions > 0 {
		w.barrier(phone)
		if time.Now().After(deadline) {
			w.Fatalf("%s stays", nick)
		}
	}
}

// Who fell out of a room while the connection stands is put back.
func TestFellOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(func(c *component.Component) { component.ShortenWaits(c, 100*time.Millisecond) }))
	w.join(phone, room, "juliet")
	w.net.RemoveOccupant(address, "juliet", transports.Split, "")
	w.presence(room+"/juliet", phone, "unavailable")
	w.shown(phone)
}

// A room that may stay without its user does. IRC-B36
func TestPersistent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings(func(c *component.DomainConfig) { c.Persistent = true }))
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.send("<presence type='unavailable' from='%s' to='%s'/>", phone, room)
	w.presence(room+"/juliet", phone, "unavailable")
	w.net.Say(address, "nurse", "missed")
	w.settled(phone, "juliet")
	w.silent(phone)
	w.restart()
	w.net.AwaitCall(t, transporttest.OpJoin, 1)
	all := w.join(phone, room, "juliet")
	if len(all) != 3 {
		t.Errorf("shown %d stanzas", len(all))
	}
	if c := w.net.Calls(transporttest.OpLeave); len(c) != 0 {
		t.Errorf("left %v", c)
	}
}

// One user's flood does not delay another's: stanzas go out in turn, and the
// one who floods faster than is kept up with is refused. SMS-X7 IRC-M17
func TestFloodDelaysNobody(t *testing.T) {
	t.Parallel()
	entered, block := make(chan struct{}), make(chan struct{})
	w := newWorld(t, with(func(c *component.Component) {
		c.Handle(component.Endpoint{
			Space: "urn:example:block", Name: "block", On: component.AtGateway,
			Get: func(context.Context, *component.Query) (*stanza.Element, error) {
				close(entered)
				<-block
				return nil, nil
			},
		})
	}))
	w.send("<iq type='get' id='block' from='%s' to='%s'><block xmlns='urn:example:block'/></iq>", phone, domain)
	<-entered
	const n = 20100
	flood := strings.Repeat(fmt.Sprintf("<message type='chat' id='f' from='%s' to='%s'><body>x</body></message>", phone, domain), 100)
	for range n / 100 {
		w.Send(domain, flood)
	}
	w.barrier(romeo) // behind all of it, and answered
	close(block)
	w.answer("block")
	for w.get(phone, domain, "<ping xmlns='"+nsPing+"'/>").Type != "result" {
		// The answer was sent a moment before there was room for more.
	}
	refused := 0
	for _, st := range w.rest(phone) {
		if fault(st) == "wait/resource-constraint" {
			refused++
		}
	}
	if over := n - 20000; refused < over || refused > over+5 { // the gateway's own work waits there, too
		t.Errorf("%d of %d refused", refused, n)
	}
}

// Only those who may use the domain are served; a JID, a domain, or all. IRC-B56
func TestAllow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		allow []string
		yes   []string
		no    []string
	}{
		{nil, []string{phone, romeo}, []string{"a@elsewhere.example/x", "a@sub.example.org/x", "a@example.org.evil.example/x"}},
		{[]string{"elsewhere.example", juliet}, []string{phone, "a@elsewhere.example/x"}, []string{romeo}},
		{[]string{"*"}, []string{phone, "a@elsewhere.example/x"}, nil},
	} {
		w := newWorld(t, settings(func(c *component.DomainConfig) { c.Allow = tt.allow }))
		const card = "<vCard xmlns='vcard-temp'/>"
		for _, full := range tt.yes {
			if a := w.get(full, domain, card); a.Type != "result" {
				t.Errorf("%q: %s is told %s", tt.allow, full, dump(a))
			}
		}
		for _, full := range tt.no {
			if a := w.get(full, domain, card); fault(a) != "auth/forbidden" {
				t.Errorf("%q: %s is told %s", tt.allow, full, dump(a))
			}
			// What it is, anybody may ask.
			if a := w.get(full, domain, "<query xmlns='"+nsInfo+"'/>"); a.Type != "result" {
				t.Errorf("%q: %s is told %s", tt.allow, full, dump(a))
			}
			w.sub(full, domain, "subscribe")
			if p := w.presence(domain, full, "error"); fault(p) != "auth/forbidden" {
				t.Errorf("%q: %s is told %s", tt.allow, full, dump(p))
			}
			w.sub(full, domain, "subscribed")
			w.silent(full)
		}
	}
}

// So are the bytes that wait, however few messages they are in.
func TestQueueBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	release := w.net.Stall(transporttest.OpSend)
	defer release()
	long := strings.Repeat("a ", 25<<10)
	const n = 100
	for i := range n {
		w.say(phone, room, fmt.Sprint("m", i), long)
	}
	busy := 0
	for _, st := range w.rest(phone) {
		if fault(st) == "wait/resource-constraint" {
			busy++
		}
	}
	if taken := n - busy; taken < 75 || taken > 90 {
		t.Errorf("%d messages of 50 KiB were taken", taken)
	}
}
