//go:build soak

package soak

import (
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
	kills := 40
	if text := os.Getenv("SOAK_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatalf("SOAK_KILLS: %v", err)
		}
	}
	mode := wire.Find
	if text := os.Getenv("SOAK_MODE"); text != "" {
		mode = wire.Mode(text)
	}
	pace := 250 * time.Millisecond
	if text := os.Getenv("SOAK_PACE"); text != "" {
		var err error
		if pace, err = time.ParseDuration(text); err != nil {
			t.Fatalf("SOAK_PACE: %v", err)
		}
	}
	users := 6
	if text := os.Getenv("SOAK_USERS"); text != "" {
		var err error
		if users, err = strconv.Atoi(text); err != nil {
			t.Fatalf("SOAK_USERS: %v", err)
		}
	}
	p := plan{mode: mode, users: users, contacts: 3, pace: pace, seed: seed(t), broken: os.Getenv("SOAK_BROKEN")}
	only := os.Getenv("SOAK_SERVER")
	for _, p.server = range []server{prosody, ejabberdSQL, ejabberdMnesia} {
		if only != "" && only != p.server.name {
			continue
		}
		t.Run(p.server.name, func(t *testing.T) {
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
}
