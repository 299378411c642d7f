package component_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// seat is a resource in a room.
type seat struct{ full, room string }

// client is what Juliet's clients make of what they are sent.
type client struct {
	in       map[seat]bool // rooms on the screen
	outcomes map[string]int
}

// hear takes all that has come.
func (c *client) hear(w *world) {
	w.Helper()
	for _, st := range w.rest(phone) {
		at := seat{st.Head().To.String(), st.Head().From.Bare().String()}
		typ := st.Head().Type
		switch st := st.(type) {
		case *stanza.Presence:
			switch codes := codes(st); {
			case typ == "error":
				c.in[at] = false
			case codes == "303 110": // the old nick
			case len(codes) >= 3 && (codes[:3] == "110" || codes[len(codes)-3:] == "110"):
				c.in[at] = typ == ""
			}
		case *stanza.Message:
			if st.ID != "" && (typ == "error" || typ == "groupchat" && st.Child(nsDelay, "delay") == nil) {
				c.outcomes[st.ID+" "+at.full]++
			}
		}
	}
}

// Whatever happens in whatever order, in the end clients and gateway are of one
// mind on who is in which room, and no line had two outcomes for who said it, or
// none while they stayed.
func TestChaos(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			chaos(t, rand.New(rand.NewPCG(seed, 1)), seed%2 == 0)
		})
	}
}

func chaos(t *testing.T, random *rand.Rand, drops bool) {
	w := newWorld(t, with(func(c *component.Component) { component.ShortenWaits(c, 100*time.Millisecond) }))
	w.AnswerResources(func(jid.JID) bool { return true })
	w.register(network, "pw")
	w.net.SetOccupant(address, transports.Occupant{Nick: "nurse"})
	c := &client{map[seat]bool{}, map[string]int{}}
	rooms := []string{room, "#other%" + network + "@" + domain}
	addresses := []transports.Address{address, {Kind: transports.Room, Scope: network, Name: "#other"}}
	fulls := []string{phone, laptop}
	var seats []seat
	for _, full := range fulls {
		for _, room := range rooms {
			seats = append(seats, seat{full, room})
		}
	}
	streams, said := 1, []string{}
	for i := range 120 {
		s := seats[random.IntN(len(seats))]
		switch n := random.IntN(24); {
		case n < 6:
			w.ask(s.full, s.room, "juliet", "")
		case n < 9:
			w.send("<presence type='unavailable' from='%s' to='%s/juliet'/>", s.full, s.room)
		case n < 15:
			id := fmt.Sprint("m", i)
			said = append(said, id+" "+s.full)
			w.say(s.full, s.room, id, "hello")
			if random.IntN(2) == 0 {
				c.outcome(w, id+" "+s.full)
			}
		case n < 17:
			w.net.RemoveOccupant(addresses[random.IntN(2)], "juliet", transports.Departure(random.IntN(6)), "chaos")
		case n < 18:
			w.net.Refuse(transporttest.OpJoin, &transports.Error{Kind: transports.ErrorKind(random.IntN(8))})
		case n < 19:
			w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.ErrorKind(random.IntN(8))})
		case n < 20:
			w.set(s.full, s.room, "<query xmlns='"+nsAdmin+"'><item nick='juliet' role='none'/></query>")
		case n < 21 && i < 60 && random.IntN(4) == 0:
			for _, session := range w.net.Sessions() {
				session.Break(&transports.Error{Kind: transports.Unreachable})
			}
		case n < 22 && drops && streams < 3:
			c.hear(w)
			w.Server.Drop(domain)
			streams++
			w.connected(streams)
		case n < 23:
			c.hear(w)
		}
	}
	c.agree(w, seats)
	for _, id := range said {
		if n := c.outcomes[id]; n > 1 {
			t.Errorf("%s had %d outcomes", id, n)
		}
	}
}

// outcome waits until a line came back, as its reflection or as an error.
func (c *client) outcome(w *world, id string) {
	w.Helper()
	for deadline := time.Now().Add(within); c.outcomes[id] == 0; {
		if time.Now().After(deadline) {
			w.Fatalf("%s has no outcome", id)
		}
		c.hear(w)
	}
}

// agree waits until self-pings say what the clients believe.
func (c *client) agree(w *world, seats []seat) {
	w.Helper()
	deadline := time.Now().Add(within)
	for {
		c.hear(w)
		wrong := ""
		for _, s := range seats {
			a := w.get(s.full, s.room+"/juliet", "<ping xmlns='"+nsPing+"'/>")
			if in := a.Type == "result"; in != c.in[s] {
				wrong += fmt.Sprintf("%s in %s: the client believes %v, the gateway %v\n", s.full, s.room, c.in[s], in)
			}
		}
		if wrong == "" {
			return
		}
		if time.Now().After(deadline) {
			w.Fatal(wrong)
		}
	}
}
