//go:build soak

package soak

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"wherry/cmd/internal/world"
)

var ejabberdMnesia = server{name: "ejabberd-mnesia", programs: []string{"erl", "ejabberdctl"}, start: (*world.World).Ejabberd, forgets: true}

// storm is what a long run does in random order, the more often the more times
// it is listed: half of the kills hit the gateway, half the server.
var storm = []deed{
	killGateway, killGateway, crashGateway, crashGateway, crashGateway, freezeAndKill,
	killServer, killServer, freezeAndKillServer, freezeAndKillServer, floodAndKillServer, floodAndKillServer,
	stopGateway, freezeGateway, freezeServer,
}

// crashGateway has the gateway die at some point by itself.
func crashGateway(s *stage, r *rand.Rand) {
	begin := time.Now()
	s.must(s.gateway.Stop())
	point := fmt.Sprintf("%s:%d", points[r.IntN(len(points))], 1+r.IntN(20))
	s.must(s.gateway.StartWith("WHERRY_CRASH=" + point))
	s.suffer(Gateway, Stop, begin)
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	select {
	case <-s.gateway.Done():
		s.t.Logf("%s  it died at %s", clock(time.Now()), point)
	case <-late.C: // too little passes there
	}
	s.killGateway(r)
}

func freezeGateway(s *stage, r *rand.Rand) {
	s.freeze(Gateway, s.gateway.Server, about(r, 2*time.Second))
}

func freezeServer(s *stage, r *rand.Rand) { s.freeze(Server, s.xmpp.Server, about(r, 2*time.Second)) }

func freezeAndKill(s *stage, r *rand.Rand) {
	s.freeze(Gateway, s.gateway.Server, about(r, time.Second))
	s.killGateway(r)
}

// freezeAndKillServer has the server die with all that was sent to it lately.
func freezeAndKillServer(s *stage, r *rand.Rand) {
	begin := time.Now()
	s.must(s.xmpp.Signal(syscall.SIGSTOP))
	time.Sleep(about(r, 2*time.Second))
	s.suffer(Server, Freeze, begin)
	killServer(s, r)
}

// floodAndKillServer has the server die with more in its hands than it passes on
// at once.
func floodAndKillServer(s *stage, r *rand.Rand) {
	const flood = 200 // for each
	for range flood {
		for _, p := range s.people {
			p.hear(s.net, contactName(0))
		}
	}
	time.Sleep(about(r, 500*time.Millisecond))
	killServer(s, r)
}

// freeze stops a process for a while: its connections stay.
func (s *stage) freeze(who Victim, server *world.Server, d time.Duration) {
	begin := time.Now()
	s.must(server.Signal(syscall.SIGSTOP))
	time.Sleep(d)
	s.must(server.Signal(syscall.SIGCONT))
	s.suffer(who, Freeze, begin)
}
