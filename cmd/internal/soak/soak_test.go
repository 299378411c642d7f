//go:build soak

package soak

import (
	"cmp"
	"os"
	"strconv"
	"testing"
	"time"

	"wherry/transports/wire"
)

// TestSoakCrashes breaks everything at random, until enough processes were
// killed on each server.
//
//	SOAK_KILLS=N     on each server; default 40
//	SOAK_SERVER=NAME only prosody, ejabberd-sql or ejabberd-mnesia
//	SOAK_MODE=MODE   of the network: find, fold or blind; default find
//	SOAK_USERS=N     default 6
//	SOAK_PACE=TIME   between two messages of a user; default 250ms
//	SOAK_SEED=N      what a run that failed had printed
//	SOAK_BROKEN=NAME a fault of package fault that is put in; then it must fail
func TestSoakCrashes(t *testing.T) {
	p := plan{
		mode: wire.Mode(cmp.Or(os.Getenv("SOAK_MODE"), string(wire.Find))), users: number(t, "SOAK_USERS", 6), contacts: 3,
		pace: 250 * time.Millisecond, seed: seed(t), broken: os.Getenv("SOAK_BROKEN"),
	}
	if text := os.Getenv("SOAK_PACE"); text != "" {
		var err error
		if p.pace, err = time.ParseDuration(text); err != nil {
			t.Fatalf("SOAK_PACE: %v", err)
		}
	}
	kills := number(t, "SOAK_KILLS", 40)
	onEach(t, func(t *testing.T, s server) {
		p := p
		p.server = s
		shuffle := p.random(partDeeds)
		var deck []int // of deeds to come: each has its turn
		run(t, p, func(s *stage) deed {
			if s.kills() >= kills {
				return nil
			}
			if len(deck) == 0 {
				deck = shuffle.Perm(len(storm))
			}
			next := storm[deck[0]]
			deck = deck[1:]
			return next
		})
	})
}

// onEach runs a soak with one server after the other, or with that of
// SOAK_SERVER only.
func onEach(t *testing.T, run func(t *testing.T, s server)) {
	t.Helper()
	onSome(t, []server{prosody, ejabberdSQL, ejabberdMnesia}, run)
}

func onSome(t *testing.T, servers []server, run func(t *testing.T, s server)) {
	t.Helper()
	only := os.Getenv("SOAK_SERVER")
	for _, s := range servers {
		if only == "" || only == s.name {
			t.Run(s.name, func(t *testing.T) { run(t, s) })
		}
	}
}

// number reads a whole number from the environment.
func number(t *testing.T, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s: not a number above 0", name)
	}
	return n
}
