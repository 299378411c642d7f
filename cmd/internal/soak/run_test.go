package soak

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// run has everybody talk through what deeds next gives out, then judges. next
// returns nil at the end.
func run(t *testing.T, p plan, next func(*stage) deed) {
	t.Helper()
	t.Logf("SOAK_SEED=%d, %d users with %d contacts each on %s, mode %s", p.seed, p.users, p.contacts, p.server.name, p.mode)
	s := populate(t, p)
	ctx, stop := context.WithCancel(t.Context())
	wait := s.traffic(ctx)
	defer wait()
	defer stop()
	r := p.random(partStorm)
	for pause(ctx, about(r, 3*time.Second)) {
		do := next(s)
		if do == nil {
			break
		}
		do(s, r)
	}
	stop()
	wait()
	for _, p := range s.people {
		s.there(p)
	}
	settle(t, s)
	s.judge()
}

// populate starts everything, and signs people up. They differ: two of three let
// the gateway see whether they are there, and one of two answers requests for
// receipts.
func populate(t *testing.T, p plan) *stage {
	t.Helper()
	const domain = "wire.example.test"
	w := worldtest.New(t)
	s := newStage(t, w, startServer(t, w, p, domain), p, domain)
	for i := range p.users {
		shy := i%3 == 2
		someone := newPerson(userName(i), domain)
		someone.User = worldtest.Client(t, s.xmpp, world.Login{
			Name: someone.name, Password: password, Resource: "phone",
			Again: true, Ask: shy, Receipts: i%2 == 1, Journal: someone.note,
		})
		s.signUp(someone)
		if !shy {
			someone.befriend()
		}
	}
	if p.server.forgets {
		s.must(s.xmpp.Stop()) // what was set up so far shall last
		s.must(s.xmpp.Start())
	}
	for _, someone := range s.people {
		s.there(someone)
	}
	return s
}

// How long nothing must happen until all counts as settled: where nothing is
// missing; where something may have been lost in flight, or is still being
// looked for by the gateway; and where something is missing for no reason.
const (
	calm       = 4 * time.Second
	calmFlight = 16 * time.Second
	calmLost   = 45 * time.Second
	settlesIn  = 15 * time.Minute // a user whose client cannot be asked is shown no more than 100 in 6 s
)

// settle waits until nothing happens any more. No event tells that.
func settle(t *testing.T, stages ...*stage) {
	t.Helper()
	begin := time.Now()
	changed := begin
	last := countAll(stages)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if now := countAll(stages); now != last {
			last, changed = now, time.Now()
		}
		enough := calm
		switch {
		case last.missing > 0:
			enough = calmLost
		case last.inFlight > 0:
			enough = calmFlight
		}
		if time.Since(changed) > enough {
			t.Logf("%s  settled after %v", clock(time.Now()), changed.Sub(begin).Round(100*time.Millisecond))
			return
		}
		if time.Since(begin) > settlesIn {
			t.Errorf("something still happens %v after the last fault", settlesIn)
			return
		}
	}
}

// counts is how much happened so far, and how much should still.
type counts struct{ noted, sends, inFlight, missing int }

func countAll(stages []*stage) (c counts) {
	for _, s := range stages {
		toNetwork, toXMPP := Judge(s.logs(), s.plan.rules())
		c.missing += toNetwork.Lost + toXMPP.Lost + toXMPP.Pending + s.net.Pending()
		c.inFlight += toNetwork.InFlight
		c.sends += len(s.net.Sends())
		for _, p := range s.people {
			p.mu.Lock()
			c.noted += p.noted
			p.mu.Unlock()
		}
	}
	return c
}

// judge shows the table, and fails the test where something was that must not
// be. Archives are read where something is missing.
func (s *stage) judge() {
	s.t.Helper()
	if _, v := Judge(s.logs(), s.plan.rules()); v.Lost+v.ByStore+v.Reordered > 0 {
		for _, p := range s.people {
			if err := p.readArchive(); err != nil {
				s.t.Errorf("the archive of %s: %v", p.name, err)
			}
		}
	}
	logs := s.logs()
	toNetwork, toXMPP := Judge(logs, s.plan.rules())
	s.t.Logf("after %d kills, SOAK_SEED=%d:\n%s", s.kills(), s.plan.seed, Table(s.plan.server.name, toNetwork, toXMPP))
	for _, v := range []*Verdict{&toNetwork, &toXMPP} {
		if v.Guilty() {
			s.t.Errorf("%s: what must not be:", v.Direction)
			for _, example := range v.Examples {
				s.t.Log("  ", example)
			}
		}
		if v.Arrived == 0 {
			s.t.Errorf("%s: nothing arrived", v.Direction)
		}
	}
	if s.t.Failed() {
		s.keep(logs)
	}
}

// keep saves what both ends noted, and what the programs between them logged.
func (s *stage) keep(logs *Logs) {
	dir, err := os.MkdirTemp("", "wherry-soak-failed-")
	s.must(err)
	text, err := json.MarshalIndent(logs, "", " ")
	s.must(err)
	s.must(os.WriteFile(filepath.Join(dir, "ends.json"), text, 0o600))
	for _, program := range []*world.Server{s.gateway.Server, s.xmpp.Server} {
		s.must(os.WriteFile(filepath.Join(dir, program.Name+".log"), []byte(program.Tail(1<<30)), 0o600))
	}
	s.t.Logf("the logs are in %s", dir)
}
