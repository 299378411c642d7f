package component_test

import (
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/store"
)

// accounts returns what is on file of Juliet.
func (w *world) accounts() []store.Account {
	w.Helper()
	all, err := w.domain().Accounts(w.Context(), jid.MustParse(juliet))
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// forgotten waits until nothing is on file of Juliet.
func (w *world) forgotten() {
	w.Helper()
	for deadline := time.Now().Add(within); len(w.accounts()) > 0; w.barrier(phone) {
		if time.Now().After(deadline) {
			w.Fatalf("on file: %v", w.accounts())
		}
	}
}

// prune has the gateway forget what it would after a while.
func (w *world) prune(after time.Duration) {
	w.Helper()
	if err := component.PruneAt(w.Context(), w.domain(), time.Now().Add(after)); err != nil {
		w.Fatal(err)
	}
}

// pastGuest is a world in which a guest was in a room, was told something there,
// and is gone. What is said in rooms is kept for a day.
func pastGuest(t *testing.T, register bool) *world {
	t.Helper()
	w := newWorld(t, recording, settings(func(c *component.DomainConfig) { c.HistoryAge = 24 * time.Hour }),
		with(func(c *component.Component) { component.ShortenWaits(c, 100*time.Millisecond) }))
	if register {
		w.register(network, "pw")
	}
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.net.Say(address, "nurse", "remember")
	w.sees(phone, "remember")
	if len(w.accounts()) == 0 { // waits for the store, too
		t.Fatal("not on file")
	}
	w.leave(phone)
	if !register {
		w.gone("juliet")
	}
	return w
}

// An account that was made by mere use goes when what was said in its rooms is too
// old to be kept, and with it all that is left of it, whether the gateway still
// has its user in mind or not. Until then all is there. IRC-B33, IRC-B7
func TestGuestLapses(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"known": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pastGuest(t, false)
			if restart {
				w.restart()
			}
			if all := w.accounts(); len(all) != 1 || all[0].Registered || len(all[0].Secrets) > 0 {
				t.Fatalf("on file: %v", all)
			}
			w.prune(23 * time.Hour)
			w.barrier(phone)
			if all := w.accounts(); len(all) != 1 {
				t.Fatalf("on file an hour before its time: %v", all)
			}
			w.prune(25 * time.Hour)
			w.forgotten()
			w.barrier(phone)
			w.stop() // and writes what it has
			if found := w.remnants("remember"); len(found) > 0 {
				t.Errorf("left behind: %q", found)
			}
			w.Disconnected(domain)
			w.Drain(domain)
			w.start()
			w.connected(w.runs)
			w.join(phone, room, "juliet")
			w.want(w.query(phone, room, ""))
		})
	}
}

// A guest who is in a room, or has come back to it, does not lapse, and neither
// does who registered.
func TestNoLapse(t *testing.T) {
	t.Parallel()
	for name, register := range map[string]bool{"in a room": false, "registered": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pastGuest(t, register)
			if !register {
				w.join(phone, room, "juliet")
			}
			w.prune(1000 * time.Hour)
			w.settled(phone, "juliet")
			if all := w.accounts(); len(all) == 0 {
				t.Error("forgotten")
			}
			if !register {
				w.net.Say(address, "nurse", "still here?")
				w.sees(phone, "still here?")
			}
		})
	}
}

// A guest who takes the gateway off their roster is forgotten at once, with what
// was said in their rooms: nobody else may inherit it.
func TestGuestTakesTheGatewayOff(t *testing.T) {
	t.Parallel()
	w := pastGuest(t, false)
	w.send("<presence type='subscribe' from='%s' to='%s'/>", juliet, domain)
	w.presence(domain, juliet, "subscribed")
	w.join(phone, room, "juliet")
	w.want(w.query(phone, room, ""), "nurse: remember")
	w.send("<presence type='unsubscribe' from='%s' to='%s'/>", juliet, domain)
	w.presence(room+"/juliet", phone, "unavailable")
	w.forgotten()
	w.join(phone, room, "juliet")
	w.want(w.query(phone, room, ""))
}
