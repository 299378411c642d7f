package wiretest

import (
	"context"
	"slices"
	"testing"
	"time"
)

// Send is one request to send a message, as the network logged it.
type Send struct {
	Order    int // among all
	User     string
	ID       string // the gateway's
	To, Text string
	At       time.Time
	Fate     Fate
	NetID    string // empty where the network did not take it
	Folded   bool   // it was there already, and is shown once
}

// Push is one message for a user, as the network logged it.
type Push struct {
	User, ID   string
	From, Text string
	At         time.Time
	Fetched    int       // how often it was given out
	Acked      time.Time // zero before that
}

// Sends returns all that was sent so far, also what the network did not take.
func (n *Network) Sends() []Send {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.sends)
}

// Pushes returns all that was pushed so far.
func (n *Network) Pushes() []Push {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.pushes)
}

// Pending counts the events, statuses too, that were not acknowledged yet.
func (n *Network) Pending() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	pending := 0
	for _, a := range n.accounts {
		pending += len(a.events) - int(a.acked)
	}
	return pending
}

// Patience is how long the Await functions wait before they fail a test.
const Patience = 20 * time.Second

// AwaitSend waits for a request to send that fits.
func (n *Network) AwaitSend(tb testing.TB, what string, fits func(Send) bool) Send {
	tb.Helper()
	var found Send
	n.await(tb, what, func() bool {
		i := slices.IndexFunc(n.sends, fits)
		if i >= 0 {
			found = n.sends[i]
		}
		return i >= 0
	})
	return found
}

// AwaitAcked waits until a pushed message is acknowledged.
func (n *Network) AwaitAcked(tb testing.TB, id string) {
	tb.Helper()
	n.await(tb, "the acknowledgement of "+id, func() bool {
		return slices.ContainsFunc(n.pushes, func(p Push) bool { return p.ID == id && !p.Acked.IsZero() })
	})
}

// await waits until a condition holds, which is looked at with mu held.
func (n *Network) await(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	defer cancel()
	for {
		n.mu.Lock()
		ok, news := holds(), n.news
		n.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-news:
		case <-ctx.Done():
			tb.Fatalf("the network waited in vain for %s", what)
		}
	}
}

// changed wakes those who wait. It is called with mu held.
func (n *Network) changed() {
	close(n.news)
	n.news = make(chan struct{})
}
