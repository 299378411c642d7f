package soak

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/transports/wire"
)

// plan is what a run does.
type plan struct {
	server   server
	mode     wire.Mode
	users    int
	contacts int           // of each user
	pace     time.Duration // between two messages of a user, and two to a user, on average
	seed     uint64
	broken   string // the fault that is put into the gateway; empty: none
}

// random returns a source of its own for each part of a run, so that one does
// not disturb the others.
func (p plan) random(part uint64) *rand.Rand { return rand.New(rand.NewPCG(p.seed, part)) }

// server is a kind of XMPP server and of its store.
type server struct {
	name     string
	programs []string
	start    func(*world.World, world.XMPPConfig) (*world.XMPP, error)
	sql      bool
	forgets  bool // what is new is lost with SIGKILL
}

var (
	prosody     = server{name: "prosody", programs: []string{"prosody"}, start: (*world.World).Prosody}
	ejabberdSQL = server{name: "ejabberd-sql", programs: []string{"erl", "ejabberdctl"}, start: (*world.World).Ejabberd, sql: true}
)

// onServers runs a test with each of the servers that have to pass it.
func onServers(t *testing.T, run func(t *testing.T, s server)) {
	t.Helper()
	t.Parallel()
	for _, s := range []server{prosody, ejabberdSQL} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			run(t, s)
		})
	}
}

// rules returns what may be in a run.
func (p plan) rules() Rules { return Rules{Blind: p.mode == wire.Blind, Forgets: p.server.forgets} }

// seed returns SOAK_SEED, or one of the moment.
func seed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("SOAK_SEED")
	if text == "" {
		return uint64(time.Now().UnixNano()) % 1_000_000
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("SOAK_SEED: %v", err)
	}
	return n
}

// about returns a duration around d: from a half to one and a half of it.
func about(r *rand.Rand, d time.Duration) time.Duration {
	return d/2 + time.Duration(r.Int64N(int64(d)+1))
}
