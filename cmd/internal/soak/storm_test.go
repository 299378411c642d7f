package soak

import (
	"math/rand/v2"
	"time"

	"wherry/component/fault"
)

// deed is one thing that is done to the gateway or the server. It returns when
// that runs again.
type deed func(*stage, *rand.Rand)

// points are those where the gateway can be made to die.
var points = []string{
	fault.AfterRead, fault.AfterOutbox, fault.DuringSend, fault.AfterAnswer, fault.AfterSent,
	fault.BeforeInbox, fault.AfterInbox, fault.AfterWrite,
}

// kills counts the processes that were killed so far.
func (s *stage) kills() int {
	n := 0
	for _, f := range s.faults {
		if f.Kind == Kill {
			n++
		}
	}
	return n
}

// suffer notes what is done between begin and now.
func (s *stage) suffer(to Victim, kind FaultKind, begin time.Time) {
	s.faults = append(s.faults, Fault{to, kind, begin, time.Now()})
	s.t.Logf("%s  %s: %s, for %v", clock(begin), to, kind, time.Since(begin).Round(time.Millisecond))
}

func (s *stage) killGateway(r *rand.Rand) {
	begin := time.Now()
	s.gateway.Kill()
	time.Sleep(downtime(r))
	s.must(s.gateway.Start())
	s.suffer(Gateway, Kill, begin)
}

// downtime is how long a process stays dead: often hardly at all.
func downtime(r *rand.Rand) time.Duration {
	return time.Duration(max(0, r.Int64N(int64(3*time.Second))-int64(time.Second)))
}

func killGateway(s *stage, r *rand.Rand) { s.killGateway(r) }

func stopGateway(s *stage, r *rand.Rand) {
	begin := time.Now()
	s.must(s.gateway.Stop())
	if code := s.gateway.ExitCode(); code != 0 {
		s.t.Errorf("the gateway's exit status is %d", code)
	}
	time.Sleep(downtime(r))
	s.must(s.gateway.Start())
	s.suffer(Gateway, Stop, begin)
}

func killServer(s *stage, r *rand.Rand) {
	begin := time.Now()
	s.xmpp.Kill()
	time.Sleep(downtime(r))
	s.must(s.xmpp.Start())
	s.suffer(Server, Kill, begin)
}
