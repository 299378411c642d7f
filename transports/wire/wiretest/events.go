package wiretest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"wherry/transports/wire"
)

// mostEvents is how many events one answer holds.
const mostEvents = 20

// earlyWithin bounds how long an answer waits for its report to be known.
const earlyWithin = time.Second

// Push makes a message for a user come from one of their contacts, and returns
// its id.
func (n *Network) Push(user, from, text string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := fmt.Sprintf("m%d", len(n.pushes)+1)
	now := time.Now()
	n.pushes = append(n.pushes, Push{User: user, ID: id, From: from, Text: text, At: now})
	e := n.tell(n.accounts[user], wire.Event{Kind: wire.KindMessage, ID: id, From: from, Text: text, Time: now})
	e.push = len(n.pushes) - 1
	return id
}

// PushAgain makes the same event happen once more.
func (n *Network) PushAgain(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, p := range n.pushes {
		if p.ID == id {
			e := n.tell(n.accounts[p.User], wire.Event{Kind: wire.KindMessage, ID: id, From: p.From, Text: p.Text, Time: p.At})
			e.push = i
		}
	}
}

// tell adds to an account's events. It is called with mu held.
func (n *Network) tell(a *account, e wire.Event) *event {
	added := &event{Event: e, acked: make(chan struct{}), push: -1}
	a.events = append(a.events, added)
	close(a.grown)
	a.grown = make(chan struct{})
	n.changed()
	return added
}

// poll answers what happened after a position, as soon as there is something.
func (n *Network) poll(w http.ResponseWriter, r *http.Request, a *account) {
	after, err1 := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	wait, err2 := time.ParseDuration(r.URL.Query().Get("wait"))
	if err1 != nil || err2 != nil || after < 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	cutter := n.begin(a, after)
	defer n.done(a)
	late := time.NewTimer(wait)
	defer late.Stop()
	for {
		news, grown := n.after(a, after)
		if len(news.Events) > 0 {
			answer(w, news)
			return
		}
		select {
		case <-grown:
		case <-late.C:
			answer(w, news)
			return
		case <-cutter:
			cutOff()
		case <-r.Context().Done():
			return
		case <-n.end:
			return
		}
	}
}

// begin notes what a poll acknowledges, and returns what cuts it.
func (n *Network) begin(a *account, after int64) (cutter <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for ; a.acked < min(after, int64(len(a.events))); a.acked++ {
		e := a.events[a.acked]
		close(e.acked)
		if e.push >= 0 && n.pushes[e.push].Acked.IsZero() {
			n.pushes[e.push].Acked = time.Now()
		}
	}
	n.changed()
	a.polls++
	if a.cut {
		a.cut = false
		cut := make(chan struct{})
		close(cut)
		return cut
	}
	return a.cutter
}

func (n *Network) done(a *account) {
	n.mu.Lock()
	defer n.mu.Unlock()
	a.polls--
}

// after returns the events after a position, and what is closed when there are
// more.
func (n *Network) after(a *account, position int64) (wire.Events, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	news := wire.Events{Next: position, Events: []wire.Event{}}
	for position < int64(len(a.events)) && len(news.Events) < mostEvents {
		e := a.events[position]
		if e.push >= 0 {
			n.pushes[e.push].Fetched++
		}
		news.Events = append(news.Events, e.Event)
		position++
		news.Next = position
	}
	n.changed()
	return news, a.grown
}

// awaitAck waits, a little, until an event is acknowledged.
func (n *Network) awaitAck(r *http.Request, e *event) {
	t := time.NewTimer(earlyWithin)
	defer t.Stop()
	select {
	case <-e.acked:
	case <-t.C:
	case <-r.Context().Done():
	case <-n.end:
	}
}
