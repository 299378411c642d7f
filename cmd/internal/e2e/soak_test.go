//go:build soak

package e2e

import (
	"fmt"
	"testing"
	"time"
)

// TestSoakFrozenClient: 60,000 messages to a client that reads nothing do not
// delay another user's by more than 2 s.
func TestSoakFrozenClient(t *testing.T) {
	const flood, limit = 60_000, 2 * time.Second
	onEachOwn(t, func(t *testing.T, h *harbour) {
		channel, crew := chatroom(t, h.ng, 1)
		frozen, other := h.passenger(t), h.passenger(t)
		frozen.join(h.ng.room(channel), fresh("ice"))
		quiet, talkers := chatroom(t, h.ng, 1)
		nick := fresh("al")
		other.join(h.ng.room(quiet), nick)
		if err := frozen.Freeze(); err != nil {
			t.Fatal(err)
		}
		flooded := make(chan struct{})
		go func() {
			defer close(flooded)
			for i := range flood {
				if err := crew[0].IRCUser.Say(channel, fmt.Sprintf("wave %d", i)); err != nil {
					t.Error(err)
					return
				}
			}
			if err := crew[0].IRCUser.Sync(); err != nil {
				t.Error(err)
			}
		}()
		var worst time.Duration
		for after := 0; after < 20; {
			body := fresh("calm ")
			began := time.Now()
			talkers[0].Say(quiet, body)
			other.hear(h.ng.room(quiet)+"/"+talkers[0].Nick, body)
			worst = max(worst, time.Since(began))
			select {
			case <-flooded:
				after++ // the backlog counts as well
			default:
			}
		}
		t.Logf("the slowest of the other user's messages took %v", worst)
		if worst > limit {
			t.Errorf("a message took %v beside the flood; at most %v", worst, limit)
		}
		if err := frozen.Thaw(); err != nil {
			t.Fatal(err)
		}
	})
}
