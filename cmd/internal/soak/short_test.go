package soak

import (
	"testing"
	"time"

	"wherry/transports/wire"
)

// A short run: each process is killed once, and the gateway stopped once.
func TestFewFaults(t *testing.T) {
	onServers(t, func(t *testing.T, s server) {
		p := plan{server: s, mode: wire.Find, users: 3, contacts: 2, pace: 300 * time.Millisecond, seed: seed(t)}
		deeds := []deed{killGateway, killServer, stopGateway}
		run(t, p, func(*stage) deed {
			if len(deeds) == 0 {
				return nil
			}
			do := deeds[0]
			deeds = deeds[1:]
			return do
		})
	})
}
