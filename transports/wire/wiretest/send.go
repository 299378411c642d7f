package wiretest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"wherry/transports/wire"
)

// mostText is how long a message may be.
const mostText = 1000

// send takes a message, or what else is its fate.
func (n *Network) send(w http.ResponseWriter, r *http.Request, user string) {
	var m wire.SendRequest
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	switch {
	case err != nil || m.To == "":
		w.WriteHeader(http.StatusBadRequest)
		return
	case len(m.Text) > mostText:
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	s := n.take(user, m)
	for _, e := range n.report(s, true) {
		n.awaitAck(r, e)
	}
	if s.Fate.Delay > 0 {
		n.pause(r, s.Fate.Delay)
	}
	if s.Fate.Answer == Silence {
		n.report(s, false)
	} else {
		defer n.report(s, false)
	}
	n.reply(w, r, s)
}

// take logs a message, and takes it where that is its fate.
func (n *Network) take(user string, m wire.SendRequest) Send {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := Send{Order: len(n.sends), User: user, ID: m.ID, To: m.To, Text: m.Text, At: time.Now()}
	if n.fate != nil {
		s.Fate = n.fate(s)
	}
	if !s.Fate.Lost {
		s.NetID, s.Folded = n.folded(s)
		if !s.Folded {
			n.minted++
			s.NetID = fmt.Sprintf("n%d", n.minted)
		}
	}
	n.sends = append(n.sends, s)
	n.changed()
	return s
}

// folded returns by which id the network knows a message already. It is called
// with mu held.
func (n *Network) folded(s Send) (id string, ok bool) {
	if !n.fold {
		return "", false
	}
	for _, before := range n.sends {
		if before.NetID != "" && before.User == s.User && before.ID == s.ID {
			return before.NetID, true
		}
	}
	return "", false
}

// report says what is to be said of a message, before or after its answer.
func (n *Network) report(s Send, early bool) []*event {
	if s.NetID == "" || s.Folded {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	var said []*event
	for _, report := range s.Fate.Reports {
		if report.Early == early {
			said = append(said, n.tell(n.accounts[s.User], wire.Event{
				Kind: wire.KindStatus, ID: s.NetID, From: s.To, State: report.State, Error: report.Error, Time: time.Now(),
			}))
		}
	}
	return said
}

// reply answers a message by its fate.
func (n *Network) reply(w http.ResponseWriter, r *http.Request, s Send) {
	switch s.Fate.Answer {
	case Taken:
		answer(w, wire.SendAnswer{IDs: []string{s.NetID}})
	case Refusal:
		if s.Fate.After > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(s.Fate.After/time.Second)))
		}
		w.WriteHeader(s.Fate.Status)
	case Cut:
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"ids":["`)
		_ = http.NewResponseController(w).Flush()
		cutOff()
	case Garbage:
		_, _ = io.WriteString(w, `{"ids":`)
	case Silence:
		select {
		case <-r.Context().Done():
		case <-n.end:
		}
		cutOff()
	}
}

// find answers which messages of that text came since then, oldest first.
func (n *Network) find(w http.ResponseWriter, r *http.Request, user string) {
	q := r.URL.Query()
	since, err := time.Parse(time.RFC3339Nano, q.Get("since"))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	found := wire.Found{IDs: []string{}}
	n.mu.Lock()
	for _, s := range n.sends {
		if s.NetID != "" && !s.Folded && s.User == user && s.To == q.Get("to") && s.Text == q.Get("text") && !s.At.Before(since) {
			found.IDs = append(found.IDs, s.NetID)
		}
	}
	n.mu.Unlock()
	answer(w, found)
}
