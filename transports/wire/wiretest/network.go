package wiretest

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wherry/transports/wire"
)

// Network is a scripted network. Its methods are safe for concurrent use.
type Network struct {
	URL string

	fold  bool // repeats of an id are shown once
	dials atomic.Int64

	mu       sync.Mutex // guards what follows, up to news
	accounts map[string]*account
	sends    []Send
	pushes   []Push
	minted   int
	fate     func(Send) Fate
	news     chan struct{} // closed and replaced whenever something changed

	end chan struct{} // closed with the test
}

// account is a user of the network.
type account struct {
	password string
	refused  bool
	events   []*event      // the first has position 1
	acked    int64         // position
	grown    chan struct{} // closed and replaced when there is something new
	polls    int           // that wait
	cut      bool          // the next poll is to be cut
	cutter   chan struct{} // closed and replaced to cut the polls that wait
}

// event is something in an account's line of events.
type event struct {
	wire.Event
	acked chan struct{} // closed when it is acknowledged
	push  int           // its place in pushes, -1 for none
}

// New serves a network until the test ends. With fold it shows repeats of a
// message's id once.
func New(tb testing.TB, fold bool) *Network {
	tb.Helper()
	n := &Network{fold: fold, accounts: make(map[string]*account), news: make(chan struct{}), end: make(chan struct{})}
	server := httptest.NewUnstartedServer(n)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			n.dials.Add(1)
		}
	}
	server.Start()
	n.URL = server.URL
	tb.Cleanup(func() {
		close(n.end)
		server.CloseClientConnections()
		server.Close()
	})
	return n
}

// Dials counts the connections that were made so far.
func (n *Network) Dials() int { return int(n.dials.Load()) }

// Account makes an account, or changes its password.
func (n *Network) Account(user, password string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if a := n.accounts[user]; a != nil {
		a.password = password
		return
	}
	n.accounts[user] = &account{password: password, grown: make(chan struct{}), cutter: make(chan struct{})}
}

// Refuse has a user's credentials refused from now on, or taken again.
func (n *Network) Refuse(user string, refused bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.accounts[user].refused = refused
}

// Drop cuts the connection by which a user waits for events, or the next such.
func (n *Network) Drop(user string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.accounts[user]
	if a.polls == 0 {
		a.cut = true
		return
	}
	close(a.cutter)
	a.cutter = make(chan struct{})
}

// ServeHTTP is the network's interface.
func (n *Network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	n.mu.Lock()
	a := n.accounts[user]
	welcome := a != nil && !a.refused && a.password == password
	n.mu.Unlock()
	if !welcome {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /login":
	case "POST /send":
		n.send(w, r, user)
	case "GET /events":
		n.poll(w, r, a)
	case "GET /find":
		n.find(w, r, user)
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// answer writes an answer. Whoever asked may be gone: that is seen by what they
// ask next.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// cutOff ends the connection without an answer, or in the middle of one.
func cutOff() { panic(http.ErrAbortHandler) }

// pause waits a while, unless who asked is gone or the test ends.
func (n *Network) pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	case <-n.end:
	}
}
