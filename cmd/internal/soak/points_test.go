package soak

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/component/fault"
	"wherry/transports/wire"
	"wherry/transports/wire/wiretest"
)

// doomed is a gateway that dies at a point.
type doomed struct {
	*stage
	point string
}

// inbound tells whether the point is on the way from the network.
func (d doomed) inbound() bool {
	return slices.Contains([]string{fault.BeforeInbox, fault.AfterInbox, fault.AfterWrite}, d.point)
}

// Each point at which the gateway can die between two steps, with each kind of
// network. They die side by side, each with a message of its own.
func TestFaultPoints(t *testing.T) {
	t.Parallel()
	all := doom(t)
	for _, d := range all {
		d.must(d.gateway.Stop())
		d.must(d.gateway.StartWith("WHERRY_CRASH=" + d.point))
	}
	for _, d := range all {
		d.people[0].Await(d.domain)
		if d.inbound() {
			d.people[0].hear(d.net, "c1")
		} else {
			d.people[0].say("c1")
		}
	}
	for _, d := range all {
		select {
		case <-d.gateway.Done():
		case <-time.After(world.DefaultWait):
			t.Fatalf("%s: the gateway does not die at %s", d.plan.mode, d.point)
		}
		d.suffer(Gateway, Kill, time.Now())
		d.must(d.gateway.Start())
	}
	for _, d := range all {
		d.people[0].Await(d.domain)
		d.neighbours()
	}
	stages := make([]*stage, len(all))
	for i, d := range all {
		stages[i] = d.stage
	}
	settle(t, stages...)
	for _, d := range all {
		t.Run(string(d.plan.mode)+"/"+d.point, func(t *testing.T) { d.check(t) })
	}
}

// doom starts a gateway for each point and mode, all on one server, for one user
// with one client.
func doom(t *testing.T) []doomed {
	t.Helper()
	var all []doomed
	var domains []string
	for _, mode := range []wire.Mode{wire.Find, wire.Fold, wire.Blind} {
		for _, point := range points {
			domain := fmt.Sprintf("%s-%s.example.test", mode, point)
			domains = append(domains, domain)
			all = append(all, doomed{&stage{plan: plan{server: prosody, mode: mode, users: 1}, domain: domain}, point})
		}
	}
	w := worldtest.New(t)
	x := startServer(t, w, all[0].plan, domains...)
	var people []*person
	for _, domain := range domains {
		people = append(people, newPerson("u1", domain))
	}
	client := worldtest.Client(t, x, world.Login{Name: "u1", Password: password, Journal: func(e world.Entry) {
		for _, p := range people {
			p.note(e)
		}
	}})
	for i, d := range all {
		people[i].User = client
		*d.stage = *newStage(t, w, x, d.plan, d.domain)
		d.net.Decide(func(wiretest.Send) wiretest.Fate {
			return wiretest.Fate{Reports: []wiretest.Report{wiretest.Delivered}}
		})
	}
	for i, d := range all {
		d.signUp(people[i])
		people[i].befriend()
	}
	return all
}

// neighbours are messages in the same conversation and in another, both ways.
func (d doomed) neighbours() {
	me := d.people[0]
	me.say("c1")
	me.say("c2")
	me.hear(d.net, "c1")
	me.hear(d.net, "c2")
}

// check wants nothing to be lost, doubled or said that is not so; and for the
// message that met the death, what can be had there.
func (d doomed) check(t *testing.T) {
	logs := d.logs()
	toNetwork, toXMPP := Judge(logs, d.plan.rules())
	for _, v := range []*Verdict{&toNetwork, &toXMPP} {
		for _, example := range v.Examples {
			t.Errorf("%s: %s", v.Direction, example)
		}
	}
	if toXMPP.Arrived != toXMPP.Messages {
		t.Errorf("%d of %d messages arrived from the network", toXMPP.Arrived, toXMPP.Messages)
	}
	want := Verdict{Messages: 3, Arrived: 3}
	blind := d.plan.mode == wire.Blind
	switch {
	case d.inbound():
		want = Verdict{Messages: 2, Arrived: 2}
	case d.point == fault.AfterRead:
		want.Arrived, want.InFlight = 2, 1
	case d.point == fault.DuringSend && blind:
		want.Arrived, want.Refused = 2, 1
	case d.point == fault.AfterAnswer && d.plan.mode == wire.Fold:
		want.Repeated = 1
	}
	got := Verdict{
		Messages: toNetwork.Messages, Arrived: toNetwork.Arrived, Refused: toNetwork.Refused,
		InFlight: toNetwork.InFlight, Repeated: toNetwork.Repeated,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what became of the messages (-want +got):\n%s", diff)
	}
	unknown := blind && (d.point == fault.DuringSend || d.point == fault.AfterAnswer)
	ticks := want.Arrived
	if unknown && d.point == fault.AfterAnswer {
		ticks--
	}
	if len(logs.Ticks) < ticks {
		t.Errorf("%d ticks, want %d", len(logs.Ticks), ticks)
	}
	switch {
	case !unknown && len(logs.Noes) > 0:
		t.Errorf("the user was told %q", logs.Noes)
	case unknown && (len(logs.Noes) == 0 || logs.Noes[0].ID != logs.Said[0].ID || !strings.Contains(logs.Noes[0].Text, "not known")):
		t.Errorf("the user was told %q, want that it is not known", logs.Noes)
	}
}
