package subscription_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	. "wherry/component/subscription"
)

// The whole machine: every input in every state.
func TestNext(t *testing.T) {
	type row struct {
		from State
		in   Input
		to   State
		out  []Output
	}
	var (
		no, yes = false, true
		granted = []Output{SendSubscribed, SendPresence}
		asking  = []Output{SendSubscribed, SendPresence, SendSubscribe}
		gone    = []Output{SendUnsubscribed, SendUnavailable}
		leave   = []Output{SendUnsubscribe, SendUnsubscribed, SendUnavailable}
	)
	rows := []row{
		{State{None, no}, Subscribe, State{Asked, yes}, asking},
		{State{Asked, no}, Subscribe, State{Asked, yes}, granted},
		{State{Have, no}, Subscribe, State{Have, yes}, granted},
		{State{Denied, no}, Subscribe, State{Denied, yes}, granted},
		{State{None, yes}, Subscribe, State{Asked, yes}, asking},
		{State{Asked, yes}, Subscribe, State{Asked, yes}, granted},
		{State{Have, yes}, Subscribe, State{Have, yes}, granted},
		{State{Denied, yes}, Subscribe, State{Denied, yes}, granted},

		{State{None, no}, Subscribed, State{Have, no}, []Output{SendProbe}},
		{State{Asked, no}, Subscribed, State{Have, no}, []Output{SendProbe}},
		{State{Have, no}, Subscribed, State{Have, no}, nil},
		{State{Denied, no}, Subscribed, State{Have, no}, []Output{SendProbe}},
		{State{None, yes}, Subscribed, State{Have, yes}, []Output{SendProbe}},
		{State{Asked, yes}, Subscribed, State{Have, yes}, []Output{SendProbe}},
		{State{Have, yes}, Subscribed, State{Have, yes}, nil},
		{State{Denied, yes}, Subscribed, State{Have, yes}, []Output{SendProbe}},

		{State{None, no}, Unsubscribe, State{None, no}, []Output{SendUnsubscribed}},
		{State{Asked, no}, Unsubscribe, State{Asked, no}, []Output{SendUnsubscribed}},
		{State{Have, no}, Unsubscribe, State{Have, no}, []Output{SendUnsubscribed}},
		{State{Denied, no}, Unsubscribe, State{Denied, no}, []Output{SendUnsubscribed}},
		{State{None, yes}, Unsubscribe, State{None, no}, gone},
		{State{Asked, yes}, Unsubscribe, State{Asked, no}, gone},
		{State{Have, yes}, Unsubscribe, State{Have, no}, gone},
		{State{Denied, yes}, Unsubscribe, State{Denied, no}, gone},

		{State{None, no}, Unsubscribed, State{None, no}, nil},
		{State{Asked, no}, Unsubscribed, State{Denied, no}, nil},
		{State{Have, no}, Unsubscribed, State{None, no}, nil},
		{State{Denied, no}, Unsubscribed, State{Denied, no}, nil},
		{State{None, yes}, Unsubscribed, State{None, yes}, nil},
		{State{Asked, yes}, Unsubscribed, State{Denied, yes}, nil},
		{State{Have, yes}, Unsubscribed, State{None, yes}, nil},
		{State{Denied, yes}, Unsubscribed, State{Denied, yes}, nil},

		{State{None, no}, Want, State{Asked, no}, []Output{SendSubscribe}},
		{State{Asked, no}, Want, State{Asked, no}, nil},
		{State{Have, no}, Want, State{Have, no}, nil},
		{State{Denied, no}, Want, State{Denied, no}, nil},
		{State{None, yes}, Want, State{Asked, yes}, []Output{SendSubscribe}},
		{State{Asked, yes}, Want, State{Asked, yes}, nil},
		{State{Have, yes}, Want, State{Have, yes}, nil},
		{State{Denied, yes}, Want, State{Denied, yes}, nil},

		{State{None, no}, Drop, State{}, nil},
		{State{Asked, no}, Drop, State{}, leave},
		{State{Have, no}, Drop, State{}, leave},
		{State{Denied, no}, Drop, State{}, leave},
		{State{None, yes}, Drop, State{}, leave},
		{State{Asked, yes}, Drop, State{}, leave},
		{State{Have, yes}, Drop, State{}, leave},
		{State{Denied, yes}, Drop, State{}, leave},
	}
	for _, r := range rows {
		to, out := Next(r.from, r.in)
		if to != r.to {
			t.Errorf("Next(%v, %v) goes to %v, want %v", r.from, r.in, to, r.to)
		}
		if d := cmp.Diff(r.out, out); d != "" {
			t.Errorf("Next(%v, %v) sends (-want +got)\n%s", r.from, r.in, d)
		}
	}
	if want := 4 * 2 * 6; len(rows) != want {
		t.Errorf("%d rows, want every input in every state: %d", len(rows), want)
	}
}

// Whatever comes in, we never ask while an answer stands, and never ask again
// after a refusal.
func TestNeverAsksTwice(t *testing.T) {
	for _, ours := range []Ours{Asked, Have, Denied} {
		for _, theirs := range []bool{false, true} {
			for in := Subscribe; in <= Want; in++ {
				_, out := Next(State{ours, theirs}, in)
				for _, o := range out {
					if o == SendSubscribe {
						t.Errorf("asks again in %v after %v", State{ours, theirs}, in)
					}
				}
			}
		}
	}
}
