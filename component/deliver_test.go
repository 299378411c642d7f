package component_test

import (
	"context"
	"fmt"
	"testing"

	"wherry/component/componenttest"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// merging is a network whose sessions send several messages at once.
type merging struct {
	*transporttest.Network
	together chan int // how many went at once, each time
}

func (n *merging) Open(a transports.Account, saved transports.Saved) (transports.Session, error) {
	s, err := n.Network.Open(a, saved)
	if err != nil {
		return nil, err
	}
	return &merged{s.(*transporttest.Session), n}, nil
}

type merged struct {
	*transporttest.Session
	net *merging
}

// SendMany sends up to the first message that must go alone; one that is not
// allowed fails all that go with it.
func (s *merged) SendMany(ctx context.Context, ms []transports.Message) (n int, sent []transports.Sent, err error) {
	for _, m := range ms {
		if m.Text == "alone" {
			break
		}
		n++
	}
	if n < 2 {
		return 0, nil, nil
	}
	s.net.together <- n
	for _, m := range ms[:n] {
		if m.Text == "forbidden" {
			return n, nil, &transports.Error{Kind: transports.Forbidden}
		}
		one, err := s.Send(ctx, m)
		if err != nil {
			return n, nil, err
		}
		sent = append(sent, one)
	}
	return n, sent, nil
}

// What a user says at once goes out at once, in its order, and each line is
// reflected with its own id; those that the network wants alone go alone, and
// where it takes none of them each is told.
func TestSaidTogether(t *testing.T) {
	t.Parallel()
	net := &merging{together: make(chan int, 1000)}
	w := newWorld(t, func(w *world) {
		net.Network = w.net
		w.conf.Transport = net
	})
	w.together()
	const n = 100
	release := w.net.Stall(transporttest.OpSend) // meanwhile the others wait together
	for i := range n {
		text := fmt.Sprint("line ", i)
		if i%10 == 7 {
			text = "alone"
		}
		w.say(phone, room, fmt.Sprint("m", i), text)
	}
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	release()
	for _, full := range []string{phone, romeo} {
		for i := range n {
			m := w.message(room+"/juliet", full, "groupchat")
			if want := fmt.Sprint("line ", i); body(m) != want && (i%10 != 7 || body(m) != "alone") || full == phone && m.ID != fmt.Sprint("m", i) {
				t.Fatalf("%s sees %q as line %d, by the id %s", full, body(m), i, m.ID)
			}
		}
	}
	most := 0
	for len(net.together) > 0 {
		most = max(most, <-net.together)
	}
	if most < 2 {
		t.Error("nothing went out together")
	}

	release = w.net.Stall(transporttest.OpSend)
	w.say(phone, room, "first", "the first")
	w.net.AwaitCall(t, transporttest.OpSend, n)
	const bad = 5
	for i := range bad {
		w.say(phone, room, fmt.Sprint("e", i), "forbidden")
	}
	w.barrier(phone)
	release()
	for _, want := range []string{"first", "e0", "e1", "e2", "e3", "e4"} {
		m := componenttest.Await(w.Server, domain, func(m *stanza.Message) bool { return m.To.String() == phone })
		if got := fault(m); m.ID != want || got != "auth/forbidden" && want != "first" {
			t.Errorf("%s is answered %s", want, dump(m))
		}
	}
}
