//go:build soak

package soak

import (
	"testing"
	"time"

	"wherry/component/fault"
)

// TestSoakSMSUnknown has a gateway die while it sends what Twilio then never
// gets: after a minute that is certain, and it is sent, once, behind an equal
// text that had been sent before. SMS-S2, SMS-S10
func TestSoakSMSUnknown(t *testing.T) {
	onServers(t, func(t *testing.T, s server) {
		all := cross(t, s, []string{fault.DuringSend})
		die(t, all)
		for _, c := range all {
			c.patience = 5 * time.Minute
			if lost := c.wantTexted(); lost > 0 {
				t.Errorf("%d messages are lost", lost)
			}
		}
	})
}
