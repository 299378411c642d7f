package soak

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/component/fault"
	"wherry/transports/sms/twiliotest"
)

// crossing is a gateway that texts, and dies at a point while a message passes.
type crossing struct {
	*exchange
	point   string
	polls   bool // Twilio is asked, and does not call
	conf    world.GatewayConfig
	gateway *world.Gateway
	me      *person
	phone   string

	// Of a message to the phone:
	before, id string        // one of the same text that had arrived, and itself
	gate       chan struct{} // the network delivers it once this is closed
	lists      int           // requests for lists up to its death
}

// again is what a person says twice to the same phone.
const again = "the same again"

// inbound tells whether the point is on the way from the phone.
func (c *crossing) inbound() bool {
	return slices.Contains([]string{fault.BeforeInbox, fault.AfterInbox, fault.AfterWrite}, c.point)
}

// Each point at which the gateway can die between two steps, with Twilio behind
// it. They die side by side, each with a message of its own.
//
// SMS-S2: a text is sent once, or it is told. Only what was read and not stored
// is lost, with no tick. SMS-S10: one of unknown outcome is looked for, and an
// equal text sent before is never taken for it. SMS-D1: no tick comes before the
// network says that the text arrived. SMS-I1, SMS-I2, SMS-I6, SMS-I12: what a phone
// texted is shown once, by whichever of a call and a look it came.
//
// Whether Twilio never got a text is certain only after a minute: see
// TestSoakSMSUnknown.
func TestSMSFaultPoints(t *testing.T) {
	onServers(t, func(t *testing.T, s server) {
		all := cross(t, s, points)
		die(t, all)
		lost := 0
		for _, c := range all {
			switch {
			case c.inbound():
				c.wantShown()
			case c.point == fault.DuringSend:
				c.wantUnknown()
			default:
				lost += c.wantTexted()
			}
		}
		if lost != 1 {
			t.Errorf("%d messages are lost, want the one that was read and not stored", lost)
		}
	})
}

// cross starts a gateway for each point, all on one server, for one user with
// one client; and for those on the way from the phone another one that polls.
func cross(t *testing.T, s server, points []string) []*crossing {
	t.Helper()
	var all []*crossing
	var domains []string
	for _, point := range points {
		c := &crossing{point: point}
		all = append(all, c)
		domains = append(domains, point+".example.test")
		if c.inbound() {
			all = append(all, &crossing{point: point, polls: true})
			domains = append(domains, "poll-"+point+".example.test")
		}
	}
	w := worldtest.New(t)
	x := startServer(t, w, plan{server: s, users: 1}, domains...)
	for i, c := range all {
		c.exchange = newExchange(t, x, domains[i], twiliotest.Config{})
		c.me, c.phone, c.gate = newPerson("u1", c.domain), freshNumber(), make(chan struct{})
	}
	client := worldtest.Client(t, x, world.Login{Name: "u1", Password: password, Journal: func(e world.Entry) {
		for _, c := range all {
			c.me.note(e)
		}
	}})
	for _, c := range all {
		c.me.User = client
		c.start(w)
	}
	for _, c := range all {
		c.signUp(c.me)
		c.me.befriend()
	}
	for _, c := range all {
		// Two looks: what the first one found is committed.
		c.until("the account to be in use", func() bool { return c.twilio.Count(twiliotest.OpList) > 4 })
		if !c.inbound() {
			c.before = c.text(c.me, c.phone, again)
		}
	}
	for _, c := range all {
		if !c.inbound() {
			c.me.ticked(t, c.before)
		}
	}
	return all
}

// start starts the crossing's gateway.
func (c *crossing) start(w *world.World) {
	c.t.Helper()
	path, err := binary()
	c.must(err)
	port, err := world.FreePort("127.0.0.1")
	c.must(err)
	listen := fmt.Sprintf("127.0.0.1:%d", port)
	c.conf = world.GatewayConfig{
		Name: c.domain, Binary: path, Debug: true,
		Lines: fmt.Sprintf("[http]\nlisten = %q\npublic_url = %q\n", listen, "http://"+listen),
	}
	c.conf.Components = c.component("1s")
	c.gateway, err = w.Gateway(c.conf)
	c.must(err)
}

// component returns the gateway's component, which compares with Twilio's list
// at a pace.
func (c *crossing) component(reconcile string) []world.Component {
	mode := "auto"
	if c.polls {
		mode = "poll"
	}
	return []world.Component{{
		Domain: c.domain, Secret: secret(c.domain), Server: c.tap.addr(), Transport: "sms",
		Network: fmt.Sprintf("twilio_url = %q\nallow_private_hosts = true\nwebhook = %q\npoll_every = \"1s\"\nreconcile_every = %q",
			c.twilio.URL, mode, reconcile),
	}}
}

// die has each gateway die while its message passes, and live again.
func die(t *testing.T, all []*crossing) {
	t.Helper()
	for _, c := range all {
		c.must(c.gateway.Stop())
		c.conf.Components = c.component("1h")
		c.must(c.gateway.Configure(c.conf))
		c.lists = c.twilio.Count(twiliotest.OpList)
		c.must(c.gateway.StartWith("WHERRY_CRASH=" + c.point + ":1"))
	}
	for _, c := range all {
		c.me.Await(c.domain)
		c.until("the account to be in use again", func() bool { return c.twilio.Count(twiliotest.OpList) > c.lists+1 })
		if c.inbound() {
			c.receive(c.me, c.phone)
			continue
		}
		if c.point == fault.AfterRead {
			close(c.gate) // it does not get there
		} else {
			c.twilio.Script(c.phone, 1, []twiliotest.Step{{Status: "sending", Silent: true}, {Status: "sent"}, {Status: "delivered", Until: c.gate}})
		}
		c.id = c.text(c.me, c.phone, again)
	}
	for _, c := range all {
		select {
		case <-c.gateway.Done():
		case <-time.After(smsPatience):
			t.Fatalf("%s: the gateway does not die", c.domain)
		}
		c.lists = c.twilio.Count(twiliotest.OpList)
		switch {
		case c.inbound():
			c.receive(c.me, c.phone) // nobody is there to be called
			c.settled()
		case c.point == fault.AfterSent:
			close(c.gate) // the same
			c.settled()
		}
		c.must(c.gateway.Start())
	}
	for _, c := range all {
		c.me.Await(c.domain)
	}
}

// wantTexted wants the message that met the death to be texted and to have its
// tick, and all else too. It returns how many were lost.
func (c *crossing) wantTexted() (lost int) {
	c.t.Helper()
	behind, other := c.text(c.me, c.phone, "behind it"), freshNumber()
	c.me.ticked(c.t, c.text(c.me, other, "beside it"))
	c.until("what was said behind it", func() bool { return slices.Contains(c.texted(c.phone), "behind it") })
	c.me.Sync(c.domain)
	ticks, _ := c.me.told(c.id)
	switch c.point {
	case fault.AfterRead, fault.AfterSent: // the gate is open
	default:
		if ticks > 0 {
			c.t.Errorf("%s: a tick for what is not on the phone yet", c.domain)
		}
		close(c.gate)
	}
	want := []string{again, again, "behind it"}
	c.me.ticked(c.t, behind)
	if c.point == fault.AfterRead {
		// The gateway died of having read it: what the tap saw does not matter, as a
		// gateway can be dead before the tap has noted what it handed over.
		want = want[1:]
		c.me.Sync(c.domain)
		if ticks, noes := c.me.told(c.id); ticks+noes > 0 {
			c.t.Errorf("%s: %d ticks and %d errors for what was read and not stored", c.domain, ticks, noes)
		}
		lost++
	} else {
		c.me.ticked(c.t, c.id)
	}
	c.settled()
	if got := c.texted(c.phone); !slices.Equal(got, want) {
		c.t.Errorf("%s: texted %q, want %q", c.domain, got, want)
	}
	if got := c.texted(other); len(got) != 1 {
		c.t.Errorf("%s: texted %q beside it", c.domain, got)
	}
	for _, id := range []string{c.before, c.id, behind} {
		if _, noes := c.me.told(id); noes > 0 {
			c.t.Errorf("%s: a message was told to have failed", c.domain)
		}
	}
	c.sane()
	return lost
}

// wantUnknown wants a message of which nobody knows yet whether it was sent to
// be looked for, not to be sent again, and not to be told as arrived; and
// another conversation to go on.
func (c *crossing) wantUnknown() {
	c.t.Helper()
	c.me.ticked(c.t, c.text(c.me, freshNumber(), "beside it"))
	c.until("a search", func() bool { return c.twilio.Count(twiliotest.OpList) > c.lists+2 })
	c.me.Sync(c.domain)
	if got := c.texted(c.phone); !slices.Equal(got, []string{again}) {
		c.t.Errorf("%s: texted %q, before it is known whether that was sent", c.domain, got)
	}
	if ticks, noes := c.me.told(c.id); ticks+noes > 0 {
		c.t.Errorf("%s: %d ticks and %d errors, before it is known", c.domain, ticks, noes)
	}
	c.sane()
}

// wantShown wants what the phone texted to be shown, each by one id, in order,
// however often Twilio tells it.
func (c *crossing) wantShown() {
	c.t.Helper()
	bodies := func() (all []string) {
		for _, s := range c.me.shown {
			if !slices.Contains(all, s.Body) {
				all = append(all, s.Body)
			}
		}
		return all
	}
	c.me.until(c.t, "what was texted up to the restart", func() bool { return len(bodies()) >= 2 })
	c.receive(c.me, c.phone)
	c.me.until(c.t, "what was texted after it", func() bool { return len(bodies()) >= 3 })
	ctx, cancel := context.WithTimeout(c.t.Context(), smsPatience)
	defer cancel()
	c.settled()
	for _, call := range c.twilio.Calls() {
		if status, err := c.twilio.Replay(ctx, call); err != nil || status != 200 {
			c.t.Errorf("%s: a call that comes again is answered %d, %v", c.domain, status, err)
		}
	}
	c.me.Sync(c.domain)
	for _, m := range c.me.Received() { // SMS-I6
		missed := m.From() == c.phone+"@"+c.domain && m.Body() == fmt.Sprintf(pushedBody, 2)
		if missed && !m.Has("delay", world.NSDelay) {
			c.t.Errorf("%s: a text that was asked for does not say when it was sent: %v", c.domain, m)
		}
	}
	_, v := Judge(c.logs(), Rules{})
	for _, example := range v.Examples {
		c.t.Errorf("%s: %s", c.domain, example)
	}
	if v.Messages != 3 || v.Arrived != 3 {
		c.t.Errorf("%s: %d of %d messages arrived", c.domain, v.Arrived, v.Messages)
	}
	for _, m := range c.twilio.Messages() {
		if m.Direction != "inbound" {
			c.t.Errorf("%s: %q was texted", c.domain, m.Body)
		}
	}
	c.sane()
}

func (c *crossing) sane() {
	c.t.Helper()
	if log := c.gateway.Tail(1 << 22); strings.Contains(log, "panic") {
		c.t.Errorf("%s: a panic is in the log", c.domain)
	}
}
