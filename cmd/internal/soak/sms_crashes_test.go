//go:build soak

package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/sms/twiliotest"
)

// TestSoakSMSCrashes kills a gateway that texts again and again, mostly by
// itself at some point between two steps, while people text and are texted and
// requests to send go wrong. Nothing is lost but what was in its hands, nothing
// comes twice or out of order, and ticks are for what arrived. SMS-S2, SMS-S3,
// SMS-S10, SMS-D1, SMS-I1, SMS-I11, SMS-I12
//
//	SOAK_KILLS=N, SOAK_SERVER=NAME, SOAK_USERS=N, SOAK_SEED=N as in TestSoakCrashes
func TestSoakSMSCrashes(t *testing.T) { onEach(t, smsCrashes) }

func smsCrashes(t *testing.T, s server) {
	kills, users := number(t, "SOAK_KILLS", 40), number(t, "SOAK_USERS", 6)
	p := plan{server: s, users: users, contacts: 3, pace: 500 * time.Millisecond, seed: seed(t)}
	t.Logf("SOAK_SEED=%d, %d users with %d phones each", p.seed, p.users, p.contacts)
	c := crowded(t, p)
	ctx, stop := context.WithCancel(t.Context())
	talk := c.talk(ctx, p)
	r := p.random(partDeeds)
	for range kills {
		pause(ctx, about(r, 3*time.Second))
		c.crash(r)
	}
	stop()
	talk()
	c.twilio.Heal()
	c.drained()
	for _, who := range c.people {
		who.Sync(c.domain)
	}
	c.judge(p)
}

// crowded starts everything.
func crowded(t *testing.T, p plan) *crossing {
	t.Helper()
	const domain = "sms.example.test"
	w := worldtest.New(t)
	x := startServer(t, w, p, domain)
	c := &crossing{exchange: newExchange(t, x, domain, twiliotest.Config{Keep: 1 << 20})}
	c.start(w)
	for i := range p.users {
		who := newPerson(userName(i), domain)
		who.User = worldtest.Client(t, x, world.Login{Name: who.name, Password: password, Again: true, Journal: who.note})
		c.signUp(who)
		who.befriend()
	}
	for _, who := range c.people {
		c.called(who)
	}
	c.conf.Components = c.component("10s")
	return c
}

// talk has everybody talk, both ways, and requests to send go wrong, until ctx
// is done. wait returns when that is over.
func (c *crossing) talk(ctx context.Context, p plan) (wait func()) {
	var all sync.WaitGroup
	for i, who := range c.people {
		phones := make([]string, p.contacts)
		for j := range phones {
			phones[j] = freshNumber()
		}
		for way, say := range []func(phone string){who.say, func(phone string) { c.receive(who, phone) }} {
			r := p.random(partPersons + 2*uint64(i) + uint64(way))
			all.Go(func() {
				for pause(ctx, about(r, p.pace)) {
					say(phones[r.IntN(len(phones))])
				}
			})
		}
	}
	var faults []twiliotest.Fault
	for name, some := range troubles() {
		if name != "mixed" && name != "hang" { // an answer is waited for too long
			faults = append(faults, some...)
		}
	}
	all.Go(func() {
		r := p.random(partNetwork)
		for pause(ctx, about(r, time.Second)) {
			c.trouble([]twiliotest.Fault{faults[r.IntN(len(faults))]})
		}
	})
	return all.Wait
}

// crash has the gateway die, and live again.
func (c *crossing) crash(r *rand.Rand) {
	if r.IntN(4) > 0 {
		point := fmt.Sprintf("%s:%d", points[r.IntN(len(points))], 1+r.IntN(10))
		c.must(c.gateway.Stop())
		c.must(c.gateway.Configure(c.conf))
		c.must(c.gateway.StartWith("WHERRY_CRASH=" + point))
		select {
		case <-c.gateway.Done():
		case <-time.After(8 * time.Second): // too little passes there
		}
	}
	begin := time.Now()
	c.gateway.Kill()
	time.Sleep(downtime(r))
	c.must(c.gateway.Start())
	c.faults = append(c.faults, Fault{Gateway, Kill, begin, time.Now()})
}

// drained waits until the gateway has nothing to do any more.
func (c *crossing) drained() {
	c.t.Helper()
	var out string
	for deadline := time.Now().Add(settlesIn); time.Now().Before(deadline); time.Sleep(time.Second) {
		var status int
		var err error
		out, status, err = c.gateway.Run(c.t.Context(), "queue")
		c.must(err)
		if status == 0 && strings.Count(out, "\n") == 1 {
			c.settled()
			return
		}
	}
	c.t.Errorf("this still waits:\n%s", out)
}

// judge shows the table, and fails the test where something was that must not
// be.
func (c *crossing) judge(p plan) {
	c.t.Helper()
	logs := c.logs()
	toNetwork, toXMPP := Judge(logs, Rules{})
	c.t.Logf("after %d kills, SOAK_SEED=%d, %d requests to send:\n%s",
		len(c.faults), p.seed, c.twilio.Count(twiliotest.OpSend), Table(p.server.name, toNetwork, toXMPP))
	for _, v := range []*Verdict{&toNetwork, &toXMPP} {
		for _, example := range v.Examples {
			c.t.Errorf("%s: %s", v.Direction, example)
		}
		if v.Arrived == 0 {
			c.t.Errorf("%s: nothing arrived", v.Direction)
		}
	}
	ticked := byID(logs.Ticks)
	said := make(map[line]Said)
	for _, s := range logs.Said {
		said[line{s.Chat, s.Body}] = s
	}
	for _, taken := range logs.Taken {
		if s := said[line{taken.Chat, taken.Body}]; taken.Delivered && len(ticked[s.ID]) == 0 {
			c.t.Errorf("%q to %s arrived and has no tick", taken.Body, taken.Contact)
		}
	}
	c.sane()
}
