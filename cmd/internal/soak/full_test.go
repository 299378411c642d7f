package soak

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/wire"
	"wherry/transports/wire/wiretest"
)

// A disk that takes nothing: what the gateway had taken stays, new work is
// refused for now, what the network has for the user stays there; and all goes
// on when there is space again, without anybody's doing.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, server := range []server{prosody, ejabberdSQL} {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			p := plan{server: server, mode: wire.Find, users: 1, contacts: 1, seed: seed(t)}
			s := populateOne(t, p)
			me := s.people[0]
			me.say("c1")
			me.hear(s.net, "c1")
			settle(t, s)

			s.limitFiles(0)
			me.say("c1")
			no := me.Expect("to be refused for now", func(e *world.Element) bool { return e.Name() == "message" && e.Type() == "error" })
			if no.Condition() != "resource-constraint" {
				t.Errorf("refused by %v", no)
			}
			me.hear(s.net, "c1")
			me.Await(s.domain) // it lives
			s.limitFiles(unix.RLIM_INFINITY)

			s.recovers(me)
			settle(t, s)
			logs := s.logs()
			toNetwork, toXMPP := Judge(logs, p.rules())
			for _, v := range []*Verdict{&toNetwork, &toXMPP} {
				for _, example := range v.Examples {
					t.Errorf("%s: %s", v.Direction, example)
				}
			}
			if toXMPP.Arrived != 2 || toNetwork.Refused < 1 || toNetwork.Arrived+toNetwork.Refused != toNetwork.Messages {
				t.Errorf("to the user %+v\nto the network %+v", toXMPP, toNetwork)
			}
			if log := s.gateway.Tail(1 << 20); strings.Contains(log, "panic") {
				t.Error("a panic is in the log")
			}
		})
	}
}

// populateOne starts everything for one user, whom the gateway sees.
func populateOne(t *testing.T, p plan) *stage {
	t.Helper()
	const domain = "wire.example.test"
	w := worldtest.New(t)
	s := newStage(t, w, startServer(t, w, p, domain), p, domain)
	s.net.Decide(func(wiretest.Send) wiretest.Fate {
		return wiretest.Fate{Reports: []wiretest.Report{wiretest.Delivered}}
	})
	me := newPerson(userName(0), domain)
	me.User = worldtest.Client(t, s.xmpp, world.Login{Name: me.name, Password: password, Resource: "phone", Journal: me.note})
	s.signUp(me)
	me.befriend()
	s.there(me)
	return s
}

// limitFiles has the gateway's writes beyond a size fail, as those to a full
// disk do.
func (s *stage) limitFiles(size uint64) {
	s.t.Helper()
	limit := unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}
	s.must(unix.Prlimit(s.gateway.PID(), unix.RLIMIT_FSIZE, &limit, nil))
}

// recovers returns when a message is taken again.
func (s *stage) recovers(p *person) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		p.say("c1")
		answer := p.Expect("an answer", func(e *world.Element) bool {
			return e.Name() == "message" && (e.Type() == "error" || e.Child("received", nsReceipts).Attr("id") != "")
		})
		if answer.Type() != "error" {
			return
		}
	}
	s.t.Fatal("the gateway takes nothing a minute after the disk has space again")
}
