//go:build soak

package e2e

import (
	"syscall"
	"testing"
	"time"

	"wherry/cmd/internal/world"
)

// SIGTERM in the middle of a flood: each line is either said on IRC or refused
// to who said it, also where most of them wait for their turn.
func TestSoakTermMidFlood(t *testing.T) {
	onEachOwn(t, func(t *testing.T, h *harbour) {
		for _, n := range []*network{h.ng, h.ng.through(plainGateway)} {
			t.Run(n.gateway, func(t *testing.T) {
				termMidFlood(t, setAfloat(t, h, n))
				if err := h.gateway.Start(); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
}

func termMidFlood(t *testing.T, a *afloat) {
	const lines = 300
	ids := make(map[string]string, lines)
	for range lines {
		body := fresh("flood ")
		ids[a.p.say(a.room, body)] = body
		if len(ids) == lines/3 {
			if err := a.h.gateway.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}
	}
	select {
	case <-a.h.gateway.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("the gateway runs 30 s after SIGTERM")
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
	said, refused, lost := 0, 0, 0
	for id, body := range ids {
		switch {
		case heard[body]:
			said++
		case a.p.refusal(id, lost == 0):
			refused++
		default:
			lost++
		}
	}
	t.Logf("of %d lines, %d were said and %d refused", lines, said, refused)
	if lost > 0 {
		t.Errorf("%d lines are lost", lost)
	}
}

// refusal tells whether a message was answered by an error. It waits for the
// first that is missing only.
func (p *passenger) refusal(id string, wait bool) bool {
	limit := time.Millisecond
	if wait {
		limit = world.DefaultWait
	}
	_, err := p.Within(limit, "an error", func(e *world.Element) bool { return e.ID() == id && isError(e) })
	return err == nil
}
