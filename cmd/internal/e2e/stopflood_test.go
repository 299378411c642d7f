package e2e

import (
	"syscall"
	"testing"
	"time"

	"wherry/cmd/internal/world"
)

// SIGTERM in the middle of a flood: each line is either said on IRC or refused
// to who said it, also where most of them wait for their turn.
//
// On Prosody the flood does not even pause while the stream ends. ejabberd
// itself then loses a line now and then, between two of its processes: it never
// writes it to a component.
func TestStopInAFlood(t *testing.T) {
	onEachOwn(t, func(t *testing.T, h *harbour) {
		for _, n := range []*network{h.ng, h.ng.through(plainGateway)} {
			t.Run(n.gateway, func(t *testing.T) {
				stopInAFlood(t, setAfloat(t, h, n))
				if err := h.gateway.Start(); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
}

func stopInAFlood(t *testing.T, a *afloat) {
	const warmUp = 100
	// ejabberd loses some lines by itself where the stream ends while they come: there
	// the flood is over before the gateway gives up waiting for that.
	lines, pause := 250, 100*time.Microsecond
	if a.h.xmpp.Kind == "prosody" {
		lines, pause = 1<<20, time.Millisecond // until the gateway is gone
	}
	ids := make(map[string]string)
	flood := func() string {
		body := fresh("flood ")
		ids[a.p.say(a.room, body)] = body
		return body
	}
	first := flood()
	a.crew.Hear(a.nick, a.channel, first)
	for range warmUp {
		flood()
	}
	if err := a.h.gateway.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	pace := time.NewTicker(pause)
	defer pace.Stop()
	limit := time.After(30 * time.Second)
	for over := false; !over; {
		select {
		case <-pace.C:
			if len(ids) < lines {
				flood()
			}
		case <-a.h.gateway.Done():
			over = true
		case <-limit:
			t.Fatal("the gateway runs 30 s after SIGTERM")
		}
	}
	if code := a.h.gateway.ExitCode(); code != 0 {
		t.Errorf("exit status %d", code)
	}
	a.crew.SeeGone(a.nick, a.channel) // and by then has heard what there was to hear
	heard := make(map[string]bool)
	for _, line := range a.crew.Received() {
		if line.Command() == "PRIVMSG" && line.Param(0) == a.channel {
			heard[line.Param(1)] = true
		}
	}
	said, refused := 0, 0
	for _, body := range ids {
		if heard[body] {
			said++
		}
	}
	// What was not said is refused, by the gateway or, once that is gone, by
	// the server.
	for range len(ids) - said {
		e, err := a.p.Within(world.DefaultWait, "a refusal", func(e *world.Element) bool {
			body, mine := ids[e.ID()]
			return mine && isError(e) && !heard[body]
		})
		if err != nil {
			break
		}
		delete(ids, e.ID())
		refused++
	}
	t.Logf("%d lines were said and %d refused", said, refused)
	if lost := len(ids) - said; lost > 0 {
		t.Errorf("%d lines are lost", lost)
	}
}
